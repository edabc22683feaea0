#include "listener_fixture.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>

namespace voicehook::http {
namespace {

using test::header_of;
using test::wire_client;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr auto smuggled = std::string_view{"GET /values/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"};
constexpr auto pipelined = std::string_view{"GET /values/next HTTP/1.1\r\nHost: a\r\n\r\n"};

std::string chunk_size(std::size_t size) {
    auto line = std::array<char, 16>{};
    auto const length = std::snprintf(line.data(), line.size(), "%zx\r\n", size);
    return {line.data(), static_cast<std::size_t>(length)};
}

std::string chunk(std::size_t size) { return chunk_size(size) + std::string(size, 'x') + "\r\n"; }

std::string one_byte_chunks(std::size_t count) {
    auto chunks = std::string{};
    for (; count != 0; --count) chunks += "00000001\r\nx\r\n";
    return chunks;
}

/// A body in two packets. The first ends inside a chunk, so that all of it is parsed before the second comes; the
/// second begins with the smuggled request as that chunk's data, breaks a rule and ends the body.
struct split_body {
    std::string before;
    std::string after;
};

split_body too_large(std::size_t limit) {
    auto const size = limit - 100;
    return {chunk_size(size) + std::string(size - smuggled.size(), 'x'),
            std::string{smuggled} + "\r\n" + chunk(0x200) + "0\r\n\r\n"};
}

split_body mostly_framing() {
    return {one_byte_chunks(11'300) + chunk_size(smuggled.size()),
            std::string{smuggled} + "\r\n" + one_byte_chunks(60) + "0\r\n\r\n"};
}

class ListenerSmuggling : public ListenerFixture {
protected:
    /// Everything the server says to `head` and `body` before it closes the connection.
    std::string converse(std::string const& head, split_body const& body) {
        auto client = connect();
        client.send(head + "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        settle();
        client.send(body.before);
        settle();
        client.send(body.after + std::string{pipelined});
        return client.read_rest();
    }
};

TEST_F(ListenerSmuggling, ARefusedBodyEndsTheConnectionEvenIfItsEndHasBeenSeen) {
    struct row {
        char const* what;
        std::string head;
        split_body body;
        char const* answered;
    };
    auto const rows = std::vector<row>{
        {"a body that nobody expects, of 65436 bytes and then 512", "GET /hello HTTP/1.1\r\n", too_large(65'536),
         "/hello 413"},
        {"the same to HEAD", "HEAD /hello HTTP/1.1\r\n", too_large(65'536), "/hello 413"},
        {"a body beyond its route's limit", "POST /echo HTTP/1.1\r\n", too_large(1000), "/echo 413"},
        {"a body that was asked for by 100 Continue", "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\n",
         too_large(1000), "/echo 413"},
        {"more framing than a body may have", "GET /hello HTTP/1.1\r\n", mostly_framing(), "/hello 413"},
        {"a body refused by a route that throws when it is told", "POST /throw HTTP/1.1\r\n", too_large(1000),
         "/throw 500"},
    };
    start();

    for (auto const& [what, head, body, answered] : rows) {
        answered_.clear();

        auto const said = converse(head, body);

        EXPECT_THAT(said, HasSubstr("Connection: close\r\n")) << what;
        EXPECT_THAT(said, Not(HasSubstr("200 OK"))) << what;
        EXPECT_THAT(answered_, ElementsAre(answered)) << what;
    }
}

TEST_F(ListenerSmuggling, ABrokenBodyEndsTheConnectionWhereverItBreaks) {
    auto const breaks = std::vector<std::string>{"\r\n0\r\nX: 1\r\n\r\n",   // a trailer
                                                 "\r\n0;a\r\n\r\n",         // an extension
                                                 "x\r\n0\r\n\r\n",          // data beyond its size
                                                 "\r\n000000000\r\n\r\n"};  // too many digits
    start();

    for (auto const& broken : breaks) {
        answered_.clear();

        auto const said =
            converse("POST /echo HTTP/1.1\r\n", {chunk_size(smuggled.size()), std::string{smuggled} + broken});

        EXPECT_THAT(said, HasSubstr("Connection: close\r\n")) << broken;
        EXPECT_THAT(answered_, ElementsAre("/echo 400")) << broken;
    }
}

TEST_F(ListenerSmuggling, ABodyRefusedByItsRequestsHeadIsNeverReadAsARequest) {
    struct row {
        char const* what;
        std::string head;
        char const* answered;
    };
    auto const rows = std::vector<row>{
        {"not found", "POST /nowhere HTTP/1.1\r\n", "unmatched 404"},
        {"not found, HEAD", "HEAD /nowhere HTTP/1.1\r\n", "unmatched 404"},
        {"not found, Expect", "POST /nowhere HTTP/1.1\r\nExpect: 100-continue\r\n", "unmatched 404"},
        {"not admitted", "POST /admit HTTP/1.1\r\n", "/admit 403"},
        {"not admitted, Expect", "POST /admit HTTP/1.1\r\nExpect: 100-continue\r\n", "/admit 403"},
        {"unauthorized", "GET /guarded HTTP/1.1\r\n", "unmatched 401"},
        {"not JSON", "POST /json HTTP/1.1\r\n", "/json 415"},
    };
    start();

    for (auto const& [what, head, answered] : rows) {
        answered_.clear();
        auto client = connect();

        client.send(head + "Host: a\r\nContent-Length: " + std::to_string(smuggled.size()) + "\r\n\r\n" +
                    std::string{smuggled} + std::string{pipelined});
        auto const said = client.read_rest();

        EXPECT_THAT(said, HasSubstr("Connection: close\r\n")) << what;
        EXPECT_THAT(answered_, ElementsAre(answered)) << what;
    }
}

TEST_F(ListenerSmuggling, AWholeBodyThatLooksLikeARequestIsABodyAndTheNextRequestIsServed) {
    start();
    for (auto const* head : {"POST /echo HTTP/1.1\r\n", "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\n"}) {
        auto client = connect();
        auto const body = chunk_size(smuggled.size()) + std::string{smuggled} + "\r\n0\r\n\r\n";
        answered_.clear();

        client.send(std::string{head} + "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body +
                    std::string{pipelined});

        EXPECT_EQ(client.read_answer().body, smuggled);
        EXPECT_EQ(client.read_answer().body, "next?");
        EXPECT_THAT(answered_, ElementsAre("/echo 200", "/values/{a} 200"));
    }
}

TEST_F(ListenerSmuggling, AnAnswerThatMayHaveNoBodyHasNone) {
    start();
    auto client = connect();

    client.send("GET /no-content HTTP/1.1\r\nHost: a\r\n\r\n" + std::string{pipelined});
    auto const empty = client.read_answer(wire_client::body_of::head);
    auto const next = client.read_answer();

    EXPECT_EQ(empty.status, 204);
    EXPECT_EQ(header_of(empty, "Content-Length"), "");
    EXPECT_EQ(next.body, "next?") << "what a handler wrote would be read as the next answer";
}

}  // namespace
}  // namespace voicehook::http
