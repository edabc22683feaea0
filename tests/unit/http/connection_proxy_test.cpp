#include "connection_fixture.hpp"

#include <gtest/gtest.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace voicehook::http {
namespace {

using namespace std::string_literals;

std::string const header = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n";
std::string const request = "GET / HTTP/1.1\r\n";

/// The test moves the bytes itself, but for TLS.
class ConnectionProxyHeader : public ConnectionFixture {
protected:
    void serve_alone() {
        serve_plain();
        peer_.reset();
    }
    void send(std::string_view bytes) { asio::write(wire_, asio::buffer(bytes)); }

    /// `done`: the header is in `header_`.
    static awaitable<arrival> take(std::shared_ptr<connection> from, deadline until,
                                   std::shared_ptr<proxy_header> into) {
        auto const taken = co_await from->take_proxy_header(until);
        if (!taken) co_return taken.error();
        *into = *taken;
        co_return arrival::done;
    }
    outcome begin_to_take(deadline until = deadline::in(10s)) { return begin(take(served_, until, header_)); }
    arrival take_header() { return finish(begin_to_take()); }
    [[nodiscard]] std::string client() const { return header_->client ? header_->client->to_string() : "none"; }
    /// Everything that the client is sent until the end.
    std::string received_until_end() {
        served_.reset();
        auto all = std::string{};
        auto error = boost::system::error_code{};
        asio::read(wire_, asio::dynamic_buffer(all), error);
        return all;
    }

    std::shared_ptr<proxy_header> header_{std::make_shared<proxy_header>()};
};

TEST_F(ConnectionProxyHeader, IsTakenAndNotAByteMore) {
    serve_alone();
    send(header + request);

    EXPECT_EQ(take_header(), arrival::done);

    EXPECT_EQ(client(), "203.0.113.7");
    EXPECT_EQ(read(request.size()), request);
}

TEST_F(ConnectionProxyHeader, MayComeByteByByte) {
    serve_alone();
    auto const taken = begin_to_take();

    for (auto const byte : header) {
        EXPECT_FALSE(taken->has_value());
        send({&byte, 1});
        step();
    }
    send(request);

    EXPECT_EQ(finish(taken), arrival::done);
    EXPECT_EQ(client(), "203.0.113.7");
    EXPECT_EQ(read(request.size()), request);
}

TEST_F(ConnectionProxyHeader, IsFollowedByTlsAtOnce) {
    serve_tls();
    peer_->work();
    peer_->outbox().insert(0, header);
    peer_->write("hello");

    EXPECT_EQ(take_header(), arrival::done);
    EXPECT_EQ(finish(served_->handshake(deadline::in(10s))), arrival::done);

    EXPECT_EQ(client(), "203.0.113.7");
    peer_->write("hello");
    EXPECT_EQ(read(5), "hello");
}

TEST_F(ConnectionProxyHeader, AndTlsMayBothComeByteByByte) {
    sent_at_once_ = 1;
    read_at_once_ = 1;
    serve_tls();
    peer_->work();
    peer_->outbox().insert(0, header);

    EXPECT_EQ(take_header(), arrival::done);
    EXPECT_EQ(finish(served_->handshake(deadline::in(10s))), arrival::done);
    peer_->write("hello");

    EXPECT_EQ(read(5), "hello");
}

TEST_F(ConnectionProxyHeader, OfTheGreatestLengthIsTakenWhole) {
    serve_alone();
    auto longest = "\r\n\r\n\0\r\nQUIT\n\x20\x00\x0F\xF0"s;
    longest.resize(max_proxy_header, 'x');
    auto const taken = begin_to_take();

    for (auto rest = std::string_view{longest}; !rest.empty(); rest.remove_prefix(std::min(rest.size(), 1000UZ))) {
        EXPECT_FALSE(taken->has_value());
        send(rest.substr(0, 1000));
        step();
    }
    send(request);

    EXPECT_EQ(finish(taken), arrival::done);
    EXPECT_EQ(client(), "none");
    EXPECT_EQ(read(request.size()), request);
}

TEST_F(ConnectionProxyHeader, ThatIsNoneFailsAndIsNotAnswered) {
    for (auto const& bytes : {request, "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"s, "\0"s, "PROXY \r\n"s}) {
        serve_alone();
        send(bytes);

        EXPECT_EQ(take_header(), arrival::failed) << testing::PrintToString(bytes);
        EXPECT_EQ(received_until_end(), "");
    }
}

TEST_F(ConnectionProxyHeader, ThatStallsEndsAtItsDeadlineHoweverManyBytesCome) {
    serve_alone();
    auto const until = deadline::in(50ms);
    auto const taken = begin_to_take(until);

    for (auto rest = std::string_view{header}; !taken->has_value() && rest.size() > 1;) {
        auto const sent = std::chrono::steady_clock::now();
        send(rest.substr(0, 1));
        rest.remove_prefix(1);
        wait_until([&] { return taken->has_value() || std::chrono::steady_clock::now() - sent > 5ms; });
    }

    EXPECT_EQ(finish(taken), arrival::timed_out);
    EXPECT_TRUE(until.passed());
}

TEST_F(ConnectionProxyHeader, ThatIsCutShortIsTheEndAndNoFailure) {
    for (auto count = std::size_t{}; count < header.size(); ++count) {
        serve_alone();
        send(header.substr(0, count));
        wire_.shutdown(asio::ip::tcp::socket::shutdown_send);

        EXPECT_EQ(take_header(), arrival::ended) << count;
    }
}

TEST_F(ConnectionProxyHeader, IsGivenUpAtAnAbort) {
    serve_alone();
    send(header.substr(0, 10));
    auto const taken = begin_to_take();

    served_->abort();

    EXPECT_EQ(finish(taken), arrival::ended);
}

}  // namespace
}  // namespace voicehook::http
