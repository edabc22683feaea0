// Out by a proxy: what it is asked, what its answers mean, and that nobody else gets its connections.
#include "base/encoding.hpp"
#include "client/request_head.hpp"
#include "tests/unit/client/client_fixture.hpp"

#include <gmock/gmock.h>

namespace voicehook::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

auto const established = std::string{"HTTP/1.1 200 Connection established\r\n\r\n"};

class Proxy : public client_test {
protected:
    client::outbound_request through(loopback_server const& proxy, client::outbound_request request,
                                     std::string authorization = "") {
        auto& chosen = request.proxy.emplace();
        EXPECT_EQ(core::split_url(proxy.url("http"), chosen.url), core::url_error::none);
        chosen.authorization = secret{std::move(authorization)};
        request.timeouts.tunnel = 300ms;
        return request;
    }

    std::string failure_of(answer_type const& answer) { return answer ? "none" : answer.error().why.doing; }
};

/// Grants the tunnel, then answers in it as the target would, with TLS if it has a certificate.
awaitable<void> run_proxy(server_peer& peer, std::string answer, std::optional<issued_certificate> certificate) {
    auto const asked = co_await peer.read_request();
    if (!asked) co_return;
    co_await peer.send(established);
    if (certificate) {
        auto const shaken = co_await peer.start_tls(*certificate);
        if (!shaken) co_return;
    }
    for (;;) {
        auto const request = co_await peer.read_request();
        if (!request) co_return;
        co_await peer.send(answer);
    }
}

server_script be_proxy_and_target(std::string answer, std::optional<issued_certificate> certificate = {}) {
    return [=](server_peer& peer, std::size_t) { return run_proxy(peer, answer, certificate); };
}

TEST_F(Proxy, IsAskedForATunnelAndResolvesTheNameItself) {
    auto proxy = loopback_server{io_, be_proxy_and_target(http_answer("200 OK", "hello"))};

    auto const answer = send(through(proxy, get("http://only.the.proxy.knows:8080/x"), "Basic dTpw"));

    ASSERT_EQ(verdict(answer), "HTTP 200");
    EXPECT_EQ(answer->body, "hello");
    ASSERT_EQ(proxy.requests().size(), 2u);
    EXPECT_EQ(proxy.requests()[0],
              "CONNECT only.the.proxy.knows:8080 HTTP/1.1\r\nHost: only.the.proxy.knows:8080\r\n"
              "User-Agent: voicehook\r\nProxy-Authorization: Basic dTpw\r\n\r\n");
    EXPECT_THAT(proxy.requests()[1], StartsWith("GET /x HTTP/1.1\r\nHost: only.the.proxy.knows:8080\r\n"));
    EXPECT_THAT(proxy.requests()[1], ::testing::Not(HasSubstr("Proxy-Authorization")));
}

TEST_F(Proxy, PassesTlsThroughThatIsVerifiedWithTheTarget) {
    auto target =
        loopback_server{io_, be_proxy_and_target(http_answer("200 OK"), authority_.issue("DNS:service.test"))};
    auto impostor =
        loopback_server{io_, be_proxy_and_target(http_answer("200 OK"), authority_.issue("DNS:other.test"))};

    EXPECT_EQ(verdict(send(through(target, get("https://service.test/")))), "HTTP 200");
    auto const refused = send(through(impostor, get("https://service.test/")));

    EXPECT_EQ(verdict(refused), "tls, not_sent") << failure_of(refused);
    EXPECT_THAT(target.requests(), ElementsAre(StartsWith("CONNECT service.test:443 HTTP/1.1\r\n"),
                                               StartsWith("GET / HTTP/1.1\r\nHost: service.test\r\n")));
    EXPECT_THAT(impostor.requests(), ElementsAre(StartsWith("CONNECT service.test:443 HTTP/1.1\r\n")));
}

TEST_F(Proxy, KeepsItsConnectionsForThoseWhoUseItThatWay) {
    auto proxy = loopback_server{io_, be_proxy_and_target(http_answer("200 OK"))};
    auto direct = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const url = direct.url("http") + "/";

    for (auto round = 0; round < 2; ++round) {
        EXPECT_EQ(verdict(send(through(proxy, get(url)))), "HTTP 200");
        EXPECT_EQ(verdict(send(through(proxy, get(url), "Basic other"))), "HTTP 200");
        EXPECT_EQ(verdict(send(get(url))), "HTTP 200");
    }

    EXPECT_EQ(proxy.accepted(), 2u);
    EXPECT_EQ(direct.accepted(), 1u);
}

TEST_F(Proxy, SaysWhyThereIsNoTunnel) {
    struct row {
        std::string answer;
        std::string verdict;
        std::string says;
    };
    auto const rows = std::vector<row>{
        {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno", "refused, not_sent",
         "HTTP 407, unauthorized: set or correct proxy_username and proxy_password"},
        {"HTTP/1.0 403 Forbidden\r\n\r\n", "refused, not_sent", "HTTP 403: its rules do not allow this target"},
        {"HTTP/1.1 502 Bad Gateway\r\n\r\n", "refused, not_sent", "HTTP 502: it does not reach the target"},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", "refused, not_sent", "HTTP 302"},
        {"HTTP/1.1 100 Continue\r\n\r\n", "refused, not_sent", "HTTP 100"},
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "protocol, not_sent", "not HTTP"},
        {"HTTP/1.1 2000 OK\r\n\r\n", "protocol, not_sent", "not HTTP"},
        {"HTTP/2 200\r\n\r\n", "protocol, not_sent", "not HTTP"},
        {established + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "protocol, not_sent", "bytes after its answer"},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x'), "protocol, not_sent", "a long answer"},
        {"HTTP/1.1 200 OK\r\n", "timeout, not_sent", "open a tunnel to service.test through the proxy 127.0.0.1:"},
    };
    for (auto const& row : rows) {
        auto proxy = loopback_server{io_, answer_and_stall(row.answer)};

        auto const answer = send(through(proxy, get("https://service.test/")));

        EXPECT_EQ(verdict(answer), row.verdict) << row.answer.substr(0, 60);
        EXPECT_THAT(failure_of(answer), HasSubstr(row.says));
        EXPECT_EQ(proxy.requests().size(), 1u);
    }
}

TEST_F(Proxy, ThatIsGoneIsNamed) {
    auto request = get("http://service.test/");
    {
        auto const gone = loopback_server{io_, answer_always("")};
        request = through(gone, std::move(request));
    }
    auto const answer = send(std::move(request));

    EXPECT_EQ(verdict(answer), "refused, not_sent");
    EXPECT_THAT(failure_of(answer), StartsWith("reach the proxy 127.0.0.1:"));
}

TEST_F(Proxy, NeverCarriesWhatMustNotBeInternal) {
    auto proxy = loopback_server{io_, be_proxy_and_target(http_answer("200 OK"))};
    auto request = through(proxy, get("https://service.test/"));
    request.guard = client::address_guard::refuse_internal;

    EXPECT_EQ(verdict(send(std::move(request))), "forbidden, not_sent");
    EXPECT_EQ(proxy.accepted(), 0u);
}

TEST(ConnectHead, RefusesWhatCouldBreakOutOfItsLine) {
    auto target = core::url_parts{"https", "a.test", "", "/"};
    auto const refused = [](core::url_parts const& url, std::string_view authorization) {
        return !client::render_connect(url, authorization, "");
    };

    EXPECT_TRUE(refused(target, "Basic a\r\nEvil: 1"));
    target.host = "a.test\r\nEvil: 1";
    EXPECT_TRUE(refused(target, ""));
    target = {"https", "::1", "8443", "/"};
    EXPECT_EQ(client::render_connect(target, "", ""), "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n");
}

}  // namespace
}  // namespace voicehook::testing
