#include "listener_fixture.hpp"

#include <gmock/gmock.h>

namespace voicehook::http {
namespace {

using test::header_of;
using test::wire_client;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

class Listener : public ListenerFixture {};

TEST_F(Listener, AConnectionServesOneRequestAfterTheOther) {
    start();
    auto client = connect();

    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const first = client.read_answer();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    auto const second = client.read_answer();

    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.body, "hello");
    EXPECT_EQ(header_of(first, "Content-Length"), "5");
    EXPECT_THAT(header_of(first, "Date"), EndsWith(" GMT"));
    EXPECT_EQ(header_of(first, "Connection"), "");
    EXPECT_EQ(second.body, "abc");
    EXPECT_EQ(connections_, 1);
    EXPECT_THAT(answered_, ElementsAre("/hello 200", "/echo 200"));
}

TEST_F(Listener, PipelinedRequestsAreAnsweredInTheirOrder) {
    start();
    auto client = connect();

    client.send(
        "GET /values/1 HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n2\r\n0\r\n\r\n"
        "GET /values/3?x=y HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_EQ(client.read_answer().body, "1?");
    EXPECT_EQ(client.read_answer().body, "2");
    EXPECT_EQ(client.read_answer().body, "3?x=y");
}

TEST_F(Listener, HeadHasTheHeadersOfGetAndNoBody) {
    start();
    auto client = connect();

    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /values/next HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const head = client.read_answer(wire_client::body_of::head);
    auto const next = client.read_answer();

    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(header_of(head, "Content-Length"), "5");
    EXPECT_EQ(next.body, "next?");
}

TEST_F(Listener, AChunkedBodyMayComeByteByByte) {
    start();
    auto client = connect();
    auto const bytes = std::string{
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"};

    for (auto const byte : bytes) client.send({&byte, 1});

    EXPECT_EQ(client.read_answer().body, "abcde");
}

TEST_F(Listener, AnEmptyChunkedBodyInThreePacketsIsAnEmptyBody) {
    start();
    auto client = connect();

    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    wait_until([&] { return connections_ == 1; });
    for (auto const* packet : {"0\r\n", "\r", "\n"}) {
        client.send(packet);
        io_.poll();
    }
    auto const empty = client.read_answer();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_EQ(empty.status, 200);
    EXPECT_EQ(empty.body, "");
    EXPECT_EQ(client.read_answer().body, "hello");
}

TEST_F(Listener, ASafeRequestIdIsReturnedAndAnyOtherReplaced) {
    start();

    auto const safe = ask("GET /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-1.2:3_4\r\n\r\n");
    auto const unsafe = ask("GET /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: a b\r\n\r\n");
    auto const missing = ask("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_EQ(header_of(safe, "X-Request-Id"), "abc-1.2:3_4");
    EXPECT_EQ(header_of(unsafe, "X-Request-Id").size(), 36U);
    EXPECT_EQ(header_of(missing, "X-Request-Id").size(), 36U);
    EXPECT_NE(header_of(unsafe, "X-Request-Id"), header_of(missing, "X-Request-Id"));
}

TEST_F(Listener, TheConnectionEndsWhenTheClientAsksForIt) {
    start();
    auto modern = connect();
    auto old = connect();

    modern.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    old.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

    EXPECT_EQ(header_of(modern.read_answer(), "Connection"), "close");
    EXPECT_EQ(modern.read_rest(), "") << "nothing is served after Connection: close";
    EXPECT_EQ(header_of(old.read_answer(), "Connection"), "close");
    EXPECT_EQ(old.read_rest(), "");
}

TEST_F(Listener, RefusalsBeforeTheHandlerKeepTheConnectionWhenThereIsNoBody) {
    start();
    auto client = connect();

    client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const not_found = client.read_answer();
    client.send("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const not_allowed = client.read_answer();
    client.send("GET /guarded/x HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const unauthorized = client.read_answer();
    client.send("POST /admit HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const not_admitted = client.read_answer();
    client.send("GET /values/%00 HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const bad_escape = client.read_answer();

    EXPECT_EQ(not_found.status, 404);
    EXPECT_EQ(header_of(not_found, "Content-Type"), "application/problem+json");
    EXPECT_EQ(not_allowed.status, 405);
    EXPECT_EQ(header_of(not_allowed, "Allow"), "GET, HEAD");
    EXPECT_EQ(unauthorized.status, 401);
    EXPECT_EQ(not_admitted.status, 403);
    EXPECT_EQ(bad_escape.status, 400);
    for (auto const* reason : {"not_found", "method_not_allowed", "unauthorized", "admission", "bad_request"})
        EXPECT_EQ(rejected(reason), 1U) << reason;
    EXPECT_THAT(answered_,
                ElementsAre("unmatched 404", "unmatched 405", "unmatched 401", "/admit 403", "unmatched 400"));
}

TEST_F(Listener, AnExceptionFromAHandlerIs500AndTheConnectionGoesOn) {
    start();
    auto client = connect();

    client.send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const broken = client.read_answer();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_EQ(broken.status, 500);
    EXPECT_THAT(broken.body, Not(HasSubstr("broken"))) << "internals stay inside";
    EXPECT_EQ(rejected("handler_failed"), 1U);
    EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(Listener, AResponseHeaderThatWouldSplitTheResponseIsDroppedAndCounted) {
    start();
    auto client = connect();

    client.send("GET /inject HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    auto const all = client.read_rest();

    EXPECT_THAT(all, Not(HasSubstr("Set-Cookie")));
    EXPECT_THAT(all, HasSubstr("X-Fine: d\r\n"));
    EXPECT_THAT(all, EndsWith("\r\n\r\nsafe"));
    EXPECT_EQ(rejected("response_header"), 1U);
}

TEST_F(Listener, StreamsAreChunkedOnHttp11AndEndWithTheConnectionOnHttp10) {
    start();
    auto modern = connect();

    modern.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const chunked = modern.read_answer();
    auto const until_close = ask("GET /events HTTP/1.0\r\n\r\n");

    EXPECT_EQ(header_of(chunked, "Transfer-Encoding"), "chunked");
    EXPECT_EQ(header_of(chunked, "Content-Type"), "text/event-stream");
    EXPECT_EQ(chunked.body, "data: 1\n\ndata: 2\n\n");
    EXPECT_EQ(modern.read_answer().body, "hello");
    EXPECT_EQ(header_of(until_close, "Transfer-Encoding"), "");
    EXPECT_EQ(until_close.body, "data: 1\n\ndata: 2\n\n");
}

TEST_F(Listener, AnOpenStreamEndsWhenItsClientLeaves) {
    start();
    auto client = connect();
    client.send("GET /open-events HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_through("data: 1\n\n"), HasSubstr("text/event-stream"));

    client.close();

    wait_until([&] {
        released_.cancel();
        return connections_ == 0;
    });
}

TEST_F(Listener, ExpectIsAnsweredWithContinueOnceTheRequestIsAdmitted) {
    start();
    auto client = connect();

    client.send("POST /admit HTTP/1.1\r\nHost: a\r\nX-Ok: 1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    auto const interim = client.read_answer();
    client.send("abc");
    auto const final = client.read_answer();

    EXPECT_EQ(interim.status, 100);
    EXPECT_EQ(final.status, 200);
    EXPECT_EQ(final.body, "abc");
}

TEST_F(Listener, ExpectIsAnsweredWithTheRefusalAlone) {
    start();

    auto const not_admitted =
        ask("POST /admit HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    auto const too_large =
        ask("POST /admit HTTP/1.1\r\nHost: a\r\nX-Ok: 1\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");

    EXPECT_EQ(not_admitted.status, 403);
    EXPECT_EQ(too_large.status, 413);
}

TEST_F(Listener, TheBodyRuleWantsJsonWhereTheRouteSaysSo) {
    start();
    auto const post = [this](std::string const& content_type) {
        return ask("POST /json HTTP/1.1\r\nHost: a\r\n" + content_type + "Content-Length: 2\r\n\r\n{}").status;
    };

    EXPECT_EQ(post("Content-Type: application/json\r\n"), 200);
    EXPECT_EQ(post("Content-Type: application/vnd.x+json; charset=utf-8\r\n"), 200);
    EXPECT_EQ(post("Content-Type: text/plain\r\n"), 415);
    EXPECT_EQ(post(""), 415);
    EXPECT_EQ(rejected("unsupported_media_type"), 2U);
    EXPECT_THAT(body_refusals_, ElementsAre(Pair("/json", 415), Pair("/json", 415)));
}

TEST_F(Listener, WhatIsNoRequestIs400AndNothingAfterItIsServed) {
    start();
    auto client = connect();

    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    auto const refused = client.read_answer();

    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(header_of(refused, "Connection"), "close");
    EXPECT_EQ(client.read_rest(), "");
    EXPECT_EQ(rejected("transfer_encoding"), 1U);
    EXPECT_THAT(answered_, ElementsAre("unmatched 400"));
}

TEST_F(Listener, LinesThatEndInABareLineFeedAreRefusedAtOnce) {
    start();

    auto const refused = ask("GET /hello HTTP/1.1\nHost: a\n\n");

    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(rejected("control_character"), 1U);
}

TEST_F(Listener, HostileChunksAre400AndTheRouteIsTold) {
    start();
    auto const post = [this](std::string const& chunks) {
        return ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks).status;
    };

    EXPECT_EQ(post("1;a=b\r\nx\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(post("1\r\nx\r\n0\r\nX-Trailer: 1\r\n\r\n"), 400);
    EXPECT_EQ(post("1\r\nxyz"), 400);
    for (auto const* reason : {"chunk_extension", "trailers", "chunk_framing"})
        EXPECT_EQ(rejected(reason), 1U) << reason;
    EXPECT_EQ(body_refusals_.size(), 3U);
}

TEST_F(Listener, ABodyThatIsCutShortIsRefusedAndTheRouteIsTold) {
    start();
    auto client = connect();

    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    client.end_sending();

    EXPECT_EQ(client.read_answer().status, 400);
    EXPECT_EQ(rejected("incomplete_body"), 1U);
    EXPECT_THAT(body_refusals_, ElementsAre(Pair("/echo", 400)));
}

TEST_F(Listener, ABodyThatNobodyExpectsIsThrownAway) {
    start();
    auto client = connect();

    client.send(
        "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /values/2 HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_EQ(client.read_answer().body, "hello");
    EXPECT_EQ(client.read_answer().body, "2?");
    EXPECT_THAT(rejected_, IsEmpty());
}

TEST_F(Listener, ForwardedAddressesCountFromTrustedProxiesOnly) {
    constexpr auto bytes =
        "GET /hello HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n";
    start();
    auto const untrusted = ask(bytes);
    stop();
    start({}, {"127.0.0.0/8"});
    auto const trusted = ask(bytes);

    EXPECT_EQ(header_of(untrusted, "X-Client"), "127.0.0.1");
    EXPECT_EQ(header_of(trusted, "X-Client"), "198.51.100.7");
}

}  // namespace
}  // namespace voicehook::http
