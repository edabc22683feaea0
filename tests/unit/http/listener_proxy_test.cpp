#include "async/tls_context.hpp"
#include "listener_fixture.hpp"
#include "run_coroutine.hpp"
#include "test_certificate.hpp"

#include <gmock/gmock.h>

namespace voicehook::http {
namespace {

using test::header_of;
using testing::IsEmpty;
using testing::StartsWith;
using namespace std::string_literals;

constexpr auto hello = std::string_view{"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"};

std::string text(std::string_view client) { return "PROXY TCP4 " + std::string{client} + " 192.0.2.1 4711 443\r\n"; }

/// Version 2; without a client it is the balancer's own.
std::string binary(std::string_view address = {}) {
    auto const signature = "\r\n\r\n\0\r\nQUIT\n"s;
    return address.empty()
               ? signature + "\x20\x00\x00\x00"s
               : signature + "\x21\x11\x00\x0C"s + std::string{address} + "\xC0\x00\x02\x01\x12\x67\x01\xBB"s;
}

class ListenerProxyProtocol : public ListenerFixture {
protected:
    void start_behind(std::vector<std::string> trusted, listener_limits limits = {}, tls_source tls = {}) {
        start(limits, std::move(trusted), std::move(tls), proxy_protocol::required);
    }
    /// Who the client is, for a connection that begins with `header`.
    std::string seen_behind(std::string_view header, std::string_view more_fields = {}) {
        auto client = connect();
        client.send(std::string{header} + "GET /hello HTTP/1.1\r\nHost: a\r\n" + std::string{more_fields} + "\r\n");
        return header_of(client.read_answer(), "X-Client");
    }
    /// Everything that is answered to these bytes and nothing more, until the listener closes.
    std::string all_behind(std::string_view bytes) {
        auto client = connect();
        client.send(bytes);
        return client.read_rest();
    }
};

TEST_F(ListenerProxyProtocol, TheHeaderTellsTheClient) {
    start_behind({"127.0.0.1"});

    EXPECT_EQ(seen_behind(text("203.0.113.7")), "203.0.113.7");
    EXPECT_EQ(seen_behind("PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n"), "2001:db8::7");
    EXPECT_EQ(seen_behind(binary("\xCB\x00\x71\x08"s)), "203.0.113.8");
    EXPECT_TRUE(rejected_.empty());
}

TEST_F(ListenerProxyProtocol, AHeaderWithoutAClientLeavesTheBalancersOwnAddress) {
    start_behind({"127.0.0.1"});

    EXPECT_EQ(seen_behind("PROXY UNKNOWN\r\n"), "127.0.0.1");
    EXPECT_EQ(seen_behind(binary()), "127.0.0.1");
    EXPECT_TRUE(rejected_.empty());
}

TEST_F(ListenerProxyProtocol, AllRequestsOfAConnectionAreTheSameClients) {
    start_behind({"127.0.0.1"});
    auto client = connect();
    client.send(text("203.0.113.7"));

    for (auto i = 0; i < 3; ++i) {
        client.send(hello);
        EXPECT_EQ(header_of(client.read_answer(), "X-Client"), "203.0.113.7");
    }
}

TEST_F(ListenerProxyProtocol, ForwardedForCountsOnlyWhenTheHeadersClientIsTrustedItself) {
    start_behind({"127.0.0.1", "198.51.100.0/24"});
    auto const forwarded = "X-Forwarded-For: 192.0.2.99\r\n";

    EXPECT_EQ(seen_behind(text("203.0.113.7"), forwarded), "203.0.113.7");
    EXPECT_EQ(seen_behind(text("198.51.100.5"), forwarded), "192.0.2.99");
    EXPECT_EQ(seen_behind("PROXY UNKNOWN\r\n", forwarded), "127.0.0.1") << "whoever is behind it may have sent that";
    EXPECT_EQ(seen_behind(binary(), forwarded), "127.0.0.1");
}

TEST_F(ListenerProxyProtocol, ATrustedPeerWithoutAHeaderIsClosedWithoutAWord) {
    start_behind({"127.0.0.1"});

    for (auto const& bytes :
         {std::string{hello}, "\x16\x03\x01\x02\x00"s, "PROXY TCP4 nonsense\r\n"s + std::string{hello},
          std::string(200, 'P'), text("203.0.113.07") + std::string{hello}, "\r\n\r\n"s + "GET"})
        EXPECT_THAT(all_behind(bytes), IsEmpty()) << testing::PrintToString(bytes);

    EXPECT_EQ(rejected("proxy_header"), 6U);
    EXPECT_EQ(rejected_.size(), 1U);
    EXPECT_THAT(answered_, IsEmpty());
    EXPECT_EQ(connections_, 0);
}

TEST_F(ListenerProxyProtocol, AnUntrustedPeerIsServedUnderItsOwnAddress) {
    start_behind({"192.0.2.1"});

    EXPECT_EQ(seen_behind(""), "127.0.0.1");
    EXPECT_EQ(seen_behind("", "X-Forwarded-For: 192.0.2.99\r\n"), "127.0.0.1");
    EXPECT_TRUE(rejected_.empty());
}

TEST_F(ListenerProxyProtocol, AHeaderOfAnUntrustedPeerIsABadRequest) {
    start_behind({"192.0.2.1"});

    EXPECT_THAT(all_behind(text("203.0.113.7") + std::string{hello}), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(all_behind(binary("\xCB\x00\x71\x08"s) + std::string{hello}), StartsWith("HTTP/1.1 400 "));

    EXPECT_THAT(answered_, testing::ElementsAre("unmatched 400", "unmatched 400"));
    EXPECT_EQ(rejected("proxy_header"), 0U);
}

TEST_F(ListenerProxyProtocol, SwitchedOffAHeaderIsABadRequest) {
    start({}, {"127.0.0.1"});

    EXPECT_EQ(seen_behind(""), "127.0.0.1");
    EXPECT_THAT(all_behind(text("203.0.113.7") + std::string{hello}), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ListenerProxyProtocol, OneHeaderIsEnough) {
    start_behind({"127.0.0.1"});

    EXPECT_THAT(all_behind(text("203.0.113.7") + text("203.0.113.8") + std::string{hello}),
                StartsWith("HTTP/1.1 400 "));
}

TEST_F(ListenerProxyProtocol, AHeaderThatStallsIsCountedAndItsPlaceIsFreeAgain) {
    start_behind({"127.0.0.1"}, {.max_connections = 1, .handshake = 20ms});
    auto client = connect();
    client.send("PROXY TCP4 ");

    EXPECT_EQ(client.read_rest(), "");

    EXPECT_EQ(rejected("timeout_proxy_header"), 1U);
    wait_until([&] { return connections_ == 0; });
    EXPECT_EQ(seen_behind(text("203.0.113.7")), "203.0.113.7");
}

TEST_F(ListenerProxyProtocol, ABalancerThatConnectsAndLeavesIsNotCounted) {
    start_behind({"127.0.0.1"});
    auto client = connect();
    wait_until([&] { return connections_ == 1; });

    client.close();

    wait_until([&] { return connections_ == 0; });
    EXPECT_TRUE(rejected_.empty());
}

TEST_F(ListenerProxyProtocol, ConnectionsAreCappedByTheClientTheHeaderTells) {
    start_behind({"127.0.0.1"}, {.max_connections_per_address = 1});
    auto first = connect();
    first.send(text("203.0.113.7") + std::string{hello});
    EXPECT_EQ(first.read_answer().status, 200);

    EXPECT_THAT(all_behind(text("203.0.113.7") + std::string{hello}), IsEmpty());
    EXPECT_EQ(seen_behind(text("203.0.113.8")), "203.0.113.8") << "another client";
    EXPECT_EQ(seen_behind("PROXY UNKNOWN\r\n"), "127.0.0.1") << "a health check";
    EXPECT_EQ(rejected("address_cap"), 1U);

    first.close();
    wait_until([&] { return connections_ == 0; });
    EXPECT_EQ(seen_behind(text("203.0.113.7")), "203.0.113.7") << "a closed connection makes room";
}

TEST_F(ListenerProxyProtocol, ShutdownEndsAConnectionThatStillOwesItsHeader) {
    start_behind({"127.0.0.1"});
    auto client = connect();
    client.send("PROXY TCP4 ");
    wait_until([&] { return connections_ == 1; });

    test::run(io_, listener_->drained(deadline::in(20ms)));

    EXPECT_EQ(connections_, 0);
    EXPECT_EQ(client.read_rest(), "");
}

TEST_F(ListenerProxyProtocol, ComesBeforeTls) {
    auto const scratch = test::scratch_directory{};
    auto const files = test::make_certificate(scratch.path() / "server", "localhost");
    auto const server = async::make_server_tls({files.certificate, files.key, {}}).value().context;
    auto const trust = async::make_client_tls(files.certificate).value();
    start_behind({"127.0.0.1"}, {}, [&] { return server; });

    auto client = connect();
    client.send(binary("\xCB\x00\x71\x08"s));
    ASSERT_TRUE(client.start_tls(*trust));
    client.send(hello);
    auto without = connect();

    EXPECT_EQ(header_of(client.read_answer(), "X-Client"), "203.0.113.8");
    EXPECT_FALSE(without.start_tls(*trust));
    EXPECT_EQ(rejected("proxy_header"), 1U);
}

TEST_F(ListenerProxyProtocol, WithoutTrustedProxiesTheListenerDoesNotStart) {
    auto const other = create_listener(io_.get_executor(),
                                       {.name = "public", .address = "127.0.0.1:0", .proxy = proxy_protocol::required},
                                       *routes_, {}, {});

    auto const started = other->start();

    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().code, errc::invalid);
    EXPECT_THAT(started.error().doing, StartsWith("public.proxy_protocol: needs trusted_proxies"));
}

}  // namespace
}  // namespace voicehook::http
