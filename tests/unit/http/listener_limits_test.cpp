#include "listener_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace voicehook::http {
namespace {

using test::header_of;
using testing::ElementsAre;
using testing::Pair;

class ListenerLimits : public ListenerFixture {};

TEST_F(ListenerLimits, ABodyThatSaysItIsTooLargeIsRefusedBeforeItIsRead) {
    start();

    auto const refused = ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");

    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(header_of(refused, "Connection"), "close");
    EXPECT_EQ(rejected("too_large"), 1U);
    EXPECT_THAT(body_refusals_, ElementsAre(Pair("/echo", 413)));
}

TEST_F(ListenerLimits, AChunkedBodyIsRefusedAsSoonAsItIsTooLarge) {
    start();
    auto const head = std::string{"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"};

    auto const fitting = ask(head + "3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n");
    auto const refused = ask(head + "3e8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n");
    auto const announced = ask(head + "ffffffff\r\nx");

    EXPECT_EQ(fitting.status, 200);
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(announced.status, 413);
}

TEST_F(ListenerLimits, ChunkFramingMayNotOutgrowTheBodyByFar) {
    start();
    auto body = std::string{};
    for (auto count = 0; count < 900; ++count) body += "00000001\r\nx\r\n";
    auto const head = std::string{"POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"};

    auto const frugal = ask(head + "Transfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n");
    for (auto count = 0; count < 600; ++count) body += "00000001\r\nx\r\n";
    auto const wasteful = ask(head + "Transfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n");

    EXPECT_EQ(frugal.status, 200);
    EXPECT_EQ(wasteful.status, 413);
}

TEST_F(ListenerLimits, AClientThatStillSendsGetsIts413) {
    start();
    auto client = connect();
    auto const size = 900 * 1024;

    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    client.send(std::string(size, 'x'));

    EXPECT_EQ(client.read_answer().status, 413);
    EXPECT_EQ(client.read_rest(), "") << "closed in good order, once everything was read";
}

TEST_F(ListenerLimits, AClientThatStillSendsChunksGetsIts413Whole) {
    start();
    auto client = connect();
    auto chunks = std::string{};
    while (chunks.size() < 900 * 1024) chunks += "400\r\n" + std::string(0x400, 'x') + "\r\n";

    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
    auto const refused = client.read_answer();
    client.send("400\r\n" + std::string(0x400, 'x') + "\r\n0\r\n\r\n");
    auto const rest = client.read_rest();

    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(std::to_string(refused.body.size()), header_of(refused, "Content-Length"));
    EXPECT_EQ(rest, "");
    EXPECT_FALSE(client.was_reset()) << "closed before everything was read";
}

TEST_F(ListenerLimits, AClientThatSendsAfterItsRefusalIsNotReset) {
    start();
    auto const refused_bodies = std::vector<std::string>{"7d0\r\nx",         // too large
                                                         "1\r\nx\r\nfalse",  // broken
                                                         "0\r\nX: 1\r\n"};   // a trailer
    for (auto const& refused_body : refused_bodies) {
        auto client = connect();

        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + refused_body);
        auto const refused = client.read_answer();
        for (auto count = 0; count < 10; ++count) client.send(std::string(2000, 'x'));
        auto const rest = client.read_rest();

        EXPECT_EQ(header_of(refused, "Connection"), "close") << refused_body;
        EXPECT_EQ(rest, "") << refused_body;
        EXPECT_FALSE(client.was_reset()) << refused_body;
    }
}

TEST_F(ListenerLimits, AClientThatStaysSilentAfterItsRefusalIsWaitedForBriefly) {
    start();
    auto client = connect();

    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\nx");

    EXPECT_EQ(client.read_answer().status, 413);
    wait_until([&] { return connections_ == 0; });
}

TEST_F(ListenerLimits, AClientThatSendsForEverIsReadForAWhileOnly) {
    start();
    auto client = connect();

    client.send_meanwhile("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n" +
                          std::string(50'000'000, 'x'));

    EXPECT_EQ(client.read_answer().status, 413);
    wait_until([&] { return connections_ == 0; });
}

TEST_F(ListenerLimits, AHeaderThatIsTooLargeIs431) {
    start({.max_header_bytes = 1024});

    auto const refused = ask("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(1024, 'x'));

    EXPECT_EQ(refused.status, 431);
    EXPECT_EQ(rejected("header_too_large"), 1U);
}

TEST_F(ListenerLimits, ASlowHeaderIs408HoweverSteadilyItDrips) {
    start({.header = 200ms});
    auto stalled = connect();
    auto dripping = connect();

    stalled.send("GET /hello HTTP/1.1\r\nHost:");
    dripping.send_slowly("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(4000, 'x'));

    EXPECT_EQ(stalled.read_answer().status, 408);
    EXPECT_EQ(dripping.read_answer().status, 408);
    EXPECT_EQ(rejected("timeout_header"), 2U);
}

TEST_F(ListenerLimits, ASlowBodyIs408HoweverSteadilyItDrips) {
    start({.body = 200ms});
    auto client = connect();

    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");
    client.send_slowly(std::string(900, 'x'));

    EXPECT_EQ(client.read_answer().status, 408);
    EXPECT_EQ(rejected("timeout_body"), 1U);
    EXPECT_THAT(body_refusals_, ElementsAre(Pair("/echo", 408)));
}

TEST_F(ListenerLimits, AnIdleConnectionIsClosedWithoutAWord) {
    start({.header = 200ms, .idle = 200ms});
    auto silent = connect();
    auto idle = connect();
    idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(idle.read_answer().status, 200);

    EXPECT_EQ(silent.read_rest(), "");
    EXPECT_EQ(idle.read_rest(), "");
    EXPECT_TRUE(rejected_.empty());
}

TEST_F(ListenerLimits, AHandlerThatTakesTooLongIs503) {
    start({.handler = 20ms});

    auto const refused = ask("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(header_of(refused, "Retry-After"), "1");
    EXPECT_EQ(rejected("timeout_handler"), 1U);
}

TEST_F(ListenerLimits, AClientThatDoesNotReadIsGivenUp) {
    start({.write = 200ms});
    auto client = connect();

    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");

    wait_until([&] { return rejected("timeout_write") == 1; });
    wait_until([&] { return connections_ == 0; });
}

/// Leaves this process no free file descriptor while it lives.
class no_descriptors_left {
public:
    no_descriptors_left() {
        getrlimit(RLIMIT_NOFILE, &before_);
        auto const next = dup(STDERR_FILENO);
        close(next);
        auto const none = rlimit{.rlim_cur = static_cast<rlim_t>(next), .rlim_max = before_.rlim_max};
        setrlimit(RLIMIT_NOFILE, &none);
    }
    ~no_descriptors_left() { setrlimit(RLIMIT_NOFILE, &before_); }
    no_descriptors_left(no_descriptors_left const&) = delete;
    no_descriptors_left& operator=(no_descriptors_left const&) = delete;

private:
    rlimit before_{};
};

#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer) || __has_feature(thread_sanitizer)
constexpr auto sanitizer_needs_descriptors = true;
#else
constexpr auto sanitizer_needs_descriptors = false;
#endif

TEST_F(ListenerLimits, AcceptingPausesWhileThereAreNoDescriptorsAndGoesOnAfterwards) {
    if (sanitizer_needs_descriptors) GTEST_SKIP() << "the sanitizer opens descriptors of its own";
    start();
    auto client = connect();
    auto turns = std::size_t{};
    {
        auto const exhausted = no_descriptors_left{};
        turns = io_.run_for(250ms);
    }

    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");

    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_LT(turns, 50U) << "it must not spin";
    EXPECT_GT(turns, 0U);
}

}  // namespace
}  // namespace voicehook::http
