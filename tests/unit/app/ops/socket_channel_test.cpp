#include "app/ops/socket_channel.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <csignal>
#include <string>
#include <thread>

namespace voicehook::app::ops {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Listens on loopback. The system accepts for it; nothing answers unless a test does.
class local_listener {
public:
    [[nodiscard]] place where(protection how = protection::plain) const {
        return {.host = "127.0.0.1",
                .port = std::to_string(acceptor_.local_endpoint().port()),
                .how = how,
                .ca_file = {},
                .token = secret{"the token"}};
    }

    /// Takes one request and sends the pieces; gives back the request's head.
    std::string answer(std::vector<std::string> const& pieces) {
        auto peer = acceptor_.accept();
        std::string request;
        asio::read_until(peer, asio::dynamic_buffer(request), "\r\n\r\n");
        for (auto const& piece : pieces) asio::write(peer, asio::buffer(piece));
        return request;
    }

    /// Takes one request, sends the pieces, and keeps the connection until the peer ends it.
    void stream(std::string const& text) {
        auto peer = acceptor_.accept();
        std::string request;
        asio::read_until(peer, asio::dynamic_buffer(request), "\r\n\r\n");
        asio::write(peer, asio::buffer(text));
        boost::system::error_code ended;
        asio::read(peer, asio::dynamic_buffer(request), ended);
    }

private:
    asio::io_context io_{1};
    tcp::acceptor acceptor_{io_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
};

TEST(SocketChannel, GivesUpOnAListenerThatAcceptsAndNeverAnswers) {
    auto const listener = local_listener{};
    auto const api = open_channel(listener.where()).value();
    auto const began = std::chrono::steady_clock::now();

    auto const got = api->ask({.path = "/livez", .limit = 50ms});

    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST(SocketChannel, GivesUpOnAListenerThatNeverShakesHands) {
    auto const listener = local_listener{};
    auto const api = open_channel(listener.where(protection::encrypted)).value();

    auto const got = api->ask({.path = "/livez", .limit = 50ms});

    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::timeout);
}

TEST(SocketChannel, AsksAsTheOperatorAndReadsTheAnswerToItsEnd) {
    auto listener = local_listener{};
    auto const api = open_channel(listener.where()).value();
    std::string request;
    auto server = std::jthread{[&] {
        request = listener.answer({"HTTP/1.1 404 Not Found\r\nConnection: close\r\n", "\r\nno such", " task"});
    }};

    auto const got = api->ask({.method = "POST", .path = "/ops/v1/x", .body = "{}"});
    server.join();

    ASSERT_TRUE(got.has_value()) << got.error().doing;
    EXPECT_EQ(got->status, 404);
    EXPECT_EQ(got->body, "no such task");
    EXPECT_TRUE(request.starts_with("POST /ops/v1/x HTTP/1.1\r\nHost: 127.0.0.1:")) << request;
    EXPECT_NE(request.find("\r\nAuthorization: Bearer the token\r\n"), std::string::npos);
}

TEST(SocketChannel, SaysWhereNobodyListens) {
    auto where = place{};
    {
        auto const gone = local_listener{};
        where = gone.where();
    }

    auto const got = open_channel(where).value()->ask({.path = "/livez"});

    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::refused);
    EXPECT_NE(got.error().doing.find(where.text()), std::string::npos) << got.error().doing;
}

TEST(SocketChannel, AnAnswerThatBreaksOffIsNone) {
    auto listener = local_listener{};
    auto const api = open_channel(listener.where()).value();
    auto server = std::jthread{[&] { listener.answer({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"half"}); }};

    auto const got = api->ask({.path = "/ops/v1/summary"});

    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::reset);
}

TEST(SocketChannel, AStreamIsHandedOutAsItComesAndResumedByItsLastId) {
    auto listener = local_listener{};
    auto const api = open_channel(listener.where()).value();
    std::string request;
    auto server = std::jthread{[&] {
        request = listener.answer(
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n", "3\r\n, a\r\n0\r\n\r\n"});
    }};
    auto received = std::string{};

    auto const got = api->follow("/ops/v1/events", "41", [&](std::string_view bytes) {
        received += bytes;
        return result<void>{};
    });
    server.join();

    ASSERT_TRUE(got.has_value()) << got.error().doing;
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(received, "hello, a");
    EXPECT_NE(request.find("\r\nLast-Event-ID: 41\r\n"), std::string::npos);
}

TEST(SocketChannel, ARefusedStreamIsAnAnswer) {
    auto listener = local_listener{};
    auto const api = open_channel(listener.where()).value();
    auto server = std::jthread{[&] { listener.answer({"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"}); }};

    auto const got = api->follow("/ops/v1/events", "", [](std::string_view) { return result<void>{}; });

    ASSERT_TRUE(got.has_value()) << got.error().doing;
    EXPECT_EQ(got->status, 401);
    EXPECT_EQ(got->body, "{}");
}

TEST(SocketChannel, CtrlCEndsAStreamAndEveryPauseAfterIt) {
    auto listener = local_listener{};
    auto const api = open_channel(listener.where()).value();
    auto server = std::jthread{[&] { listener.stream("HTTP/1.1 200 OK\r\n\r\nhello"); }};
    api->heed_interrupts();

    auto const got = api->follow("/ops/v1/events", "", [](std::string_view) {
        std::raise(SIGINT);
        return result<void>{};
    });

    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::stopping);
    EXPECT_FALSE(api->pause(1h));
}

}  // namespace
}  // namespace voicehook::app::ops
