#include "tests/unit/client/client_fixture.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace voicehook::testing {
namespace {

class Reuse : public client_test {
protected:
    std::string post_to(loopback_server const& server) { return verdict(send(post(server.url("http") + "/"))); }
    std::string get_from(loopback_server const& server) { return verdict(send(get(server.url("http") + "/"))); }
};

/// This process's socket whose peer is the server; -1: there is none.
int socket_to(loopback_server const& server) {
    constexpr auto highest = 1024;
    for (auto descriptor = 0; descriptor < highest; ++descriptor) {
        auto peer = sockaddr_in{};
        auto size = socklen_t{sizeof peer};
        auto const known = ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
        if (known && peer.sin_family == AF_INET && ntohs(peer.sin_port) == server.port()) return descriptor;
    }
    return -1;
}

int option_of(int descriptor, int level, int name) {
    auto value = 0;
    auto size = socklen_t{sizeof value};
    EXPECT_EQ(::getsockopt(descriptor, level, name, &value, &size), 0);
    return value;
}

TEST_F(Reuse, AnIdleConnectionShowsThatItStillIsOne) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    ASSERT_EQ(post_to(server), "HTTP 200");

    auto const idle = socket_to(server);

    EXPECT_NE(option_of(idle, SOL_SOCKET, SO_KEEPALIVE), 0);
    EXPECT_LE(option_of(idle, IPPROTO_TCP, TCP_KEEPIDLE), 60);
}

TEST_F(Reuse, SendsManyRequestsOverOneConnection) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK", "hi"))};

    for (auto count = 0; count < 10; ++count) ASSERT_EQ(post_to(server), "HTTP 200");

    EXPECT_EQ(server.accepted(), 1u);
    EXPECT_EQ(server.requests().size(), 10u);
}

TEST_F(Reuse, ClosesWhenTheAnswerLeavesNoOtherChoice) {
    auto const rows = std::vector<std::string>{
        http_answer("200 OK", "hi", "Connection: close\r\n"),
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        http_answer("200 OK", "hi") + "HTTP/1.1 408 Request Timeout\r\n\r\n",
    };
    for (auto const& row : rows) {
        auto server = loopback_server{io_, answer_always(row)};

        ASSERT_EQ(post_to(server), "HTTP 200") << row;
        ASSERT_EQ(post_to(server), "HTTP 200") << row;

        EXPECT_EQ(server.accepted(), 2u) << row;
    }
}

TEST_F(Reuse, ReplacesAConnectionThatThePeerClosedMeanwhile) {
    auto server = loopback_server{io_, answer_and_close(http_answer("200 OK"))};
    ASSERT_EQ(post_to(server), "HTTP 200");
    run_until([&] { return server.finished() == 1; });

    EXPECT_EQ(post_to(server), "HTTP 200");
    EXPECT_EQ(server.accepted(), 2u);
    EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(Reuse, ReplacesAConnectionThatThePeerResetMeanwhile) {
    auto server = loopback_server{io_, answer_and_reset(http_answer("200 OK"))};
    ASSERT_EQ(post_to(server), "HTTP 200");
    run_until([&] { return server.finished() == 1; });

    EXPECT_EQ(post_to(server), "HTTP 200");
    EXPECT_EQ(server.requests().size(), 2u);
}

awaitable<void> answer_then_chatter(server_peer& peer, bool& chattered) {
    static_cast<void>(co_await peer.read_request());
    co_await peer.send(http_answer("200 OK"));
    auto const executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    chattered = true;
    co_await peer.wait_for_close();
}

TEST_F(Reuse, NeverTakesBytesThatCameUnaskedForAnAnswer) {
    auto chattered = false;
    auto server =
        loopback_server{io_, [&](server_peer& peer, std::size_t) { return answer_then_chatter(peer, chattered); }};
    ASSERT_EQ(post_to(server), "HTTP 200");
    run_until([&] { return chattered; });

    EXPECT_EQ(post_to(server), "HTTP 200");
    EXPECT_EQ(server.accepted(), 2u);
    EXPECT_EQ(server.requests().size(), 2u);
}

/// The first connection answers once and drops the next request without an answer; later ones answer.
awaitable<void> drop_second_request(server_peer& peer, std::size_t number) {
    static_cast<void>(co_await peer.read_request());
    co_await peer.send(http_answer("200 OK"));
    if (number > 0)
        co_await peer.wait_for_close();
    else
        static_cast<void>(co_await peer.read_request());
}

TEST_F(Reuse, RepeatsAGetButNeverAPostThatAKeptConnectionLost) {
    auto for_post = loopback_server{io_, drop_second_request};
    auto for_get = loopback_server{io_, drop_second_request};
    ASSERT_EQ(post_to(for_post), "HTTP 200");
    ASSERT_EQ(get_from(for_get), "HTTP 200");

    EXPECT_EQ(post_to(for_post), "reset, perhaps_sent");
    EXPECT_EQ(for_post.requests().size(), 2u);
    EXPECT_EQ(for_post.accepted(), 1u);

    EXPECT_EQ(get_from(for_get), "HTTP 200");
    EXPECT_EQ(for_get.requests().size(), 3u);
    EXPECT_EQ(for_get.accepted(), 2u);
}

TEST_F(Reuse, ForgetsConnectionsAfterTheirTimeAndOnRequest) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    make_client({.idle_for = 0ms});
    ASSERT_EQ(post_to(server), "HTTP 200");
    ASSERT_EQ(post_to(server), "HTTP 200");
    EXPECT_EQ(server.accepted(), 2u);

    make_client({});
    ASSERT_EQ(post_to(server), "HTTP 200");
    http_->close_idle();
    ASSERT_EQ(post_to(server), "HTTP 200");
    EXPECT_EQ(server.accepted(), 4u);
}

TEST_F(Reuse, KeepsNoMoreConnectionsThanItMay) {
    make_client({.max_idle_per_host = 4, .max_idle = 2});
    auto servers = std::vector<std::unique_ptr<loopback_server>>{};
    for (auto count = 0; count < 3; ++count)
        servers.push_back(std::make_unique<loopback_server>(io_, answer_always(http_answer("200 OK"))));
    for (auto const& server : servers) ASSERT_EQ(post_to(*server), "HTTP 200");

    run_until([&] { return servers[0]->finished() == 1; });
    EXPECT_EQ(servers[1]->finished(), 0u);
    EXPECT_EQ(servers[2]->finished(), 0u);
}

}  // namespace
}  // namespace voicehook::testing
