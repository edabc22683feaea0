#include "app/local_request.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <string>
#include <thread>

namespace voicehook::app {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Listens on loopback. The system accepts for it; nothing answers unless a test does.
class local_listener {
public:
    [[nodiscard]] config::settings settings() const {
        config::settings made;
        made.ops.listen = "0.0.0.0:" + std::to_string(acceptor_.local_endpoint().port());
        made.ops.token = secret{"the token"};
        return made;
    }

    /// Takes one request, answers and closes; gives back the request's head.
    std::string answer(std::string const& text) {
        auto peer = acceptor_.accept();
        std::string request;
        asio::read_until(peer, asio::dynamic_buffer(request), "\r\n\r\n");
        asio::write(peer, asio::buffer(text));
        return request;
    }

private:
    asio::io_context io_{1};
    tcp::acceptor acceptor_{io_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
};

TEST(LocalRequest, GivesUpOnAListenerThatAcceptsAndNeverAnswers) {
    auto const listener = local_listener{};
    auto const began = std::chrono::steady_clock::now();

    auto const answer = ask_ops(listener.settings(), "GET", "/livez", {}, 50ms);

    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, errc::timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST(LocalRequest, GivesUpOnAListenerThatNeverShakesHands) {
    auto const listener = local_listener{};
    auto settings = listener.settings();
    settings.ops.tls.certificate = "ops.crt";

    auto const answer = ask_ops(settings, "GET", "/livez", {}, 50ms);

    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, errc::timeout);
}

TEST(LocalRequest, ReachesAWildcardAddressByLoopbackAndReadsTheAnswerToItsEnd) {
    auto listener = local_listener{};
    std::string request;
    auto server = std::jthread{
        [&] { request = listener.answer("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\nno such task"); }};

    auto const answer = ask_ops(listener.settings(), "POST", "/ops/v1/x", "{}");
    server.join();

    ASSERT_TRUE(answer.has_value()) << answer.error().doing;
    EXPECT_EQ(answer->status, 404);
    EXPECT_EQ(answer->body, "no such task");
    EXPECT_TRUE(request.starts_with("POST /ops/v1/x HTTP/1.1\r\nHost: 127.0.0.1:")) << request;
    EXPECT_NE(request.find("\r\nAuthorization: Bearer the token\r\n"), std::string::npos);
}

TEST(LocalRequest, SaysWhereNobodyListens) {
    auto settings = config::settings{};
    {
        auto const gone = local_listener{};
        settings = gone.settings();
    }

    auto const answer = ask_ops(settings, "GET", "/livez", {});

    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, errc::refused);
}

}  // namespace
}  // namespace voicehook::app
