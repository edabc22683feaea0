#include "tests/unit/client/client_fixture.hpp"

namespace voicehook::testing {
namespace {

class Tls : public client_test {};

TEST_F(Tls, TalksToATrustedPeerByNameAndByAddress) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK", "secret talk")),
                                  authority_.issue("DNS:service.test,IP:127.0.0.1")};

    auto const by_name = send(post(server.url("https", "service.test") + "/"));
    auto const by_address = send(post(server.url("https", "127.0.0.1") + "/"));

    ASSERT_EQ(verdict(by_name), "HTTP 200");
    EXPECT_EQ(by_name->body, "secret talk");
    EXPECT_EQ(verdict(by_address), "HTTP 200");
}

TEST_F(Tls, SendsNothingToAPeerItCannotVerify) {
    auto const stranger = test_authority{};
    struct row {
        std::string what;
        issued_certificate certificate;
        std::string host;
    };
    auto const rows = std::vector<row>{
        {"an authority we do not trust", stranger.issue("DNS:service.test"), "service.test"},
        {"another name", authority_.issue("DNS:other.test"), "service.test"},
        {"a name that only begins alike", authority_.issue("DNS:service.test.evil.test"), "service.test"},
        {"a wildcard for another level", authority_.issue("DNS:*.service.test"), "service.test"},
        {"a part of a label as wildcard", authority_.issue("DNS:serv*.test"), "service.test"},
        {"another address", authority_.issue("IP:127.0.0.2"), "127.0.0.1"},
        {"an address written as a name", authority_.issue("DNS:127.0.0.1"), "127.0.0.1"},
        {"a certificate that has ended", authority_.issue_expired("DNS:service.test"), "service.test"},
    };
    for (auto const& row : rows) {
        auto server = loopback_server{io_, answer_always(http_answer("200 OK")), row.certificate};

        auto const answer = send(post(server.url("https", row.host) + "/"));

        EXPECT_EQ(verdict(answer), "tls, not_sent") << row.what;
        EXPECT_TRUE(server.requests().empty()) << row.what;
    }
}

TEST_F(Tls, SaysWhatIsWrongWithTheCertificate) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK")), authority_.issue("DNS:other.test")};

    auto const answer = send(get(server.url("https", "service.test") + "/"));

    ASSERT_FALSE(answer.has_value());
    EXPECT_NE(answer.error().why.doing.find("hostname mismatch"), std::string::npos) << answer.error().why.doing;
}

awaitable<void> speak_plainly(server_peer& peer) {
    co_await peer.send(http_answer("400 Bad Request"));
    co_await peer.wait_for_close();
}

TEST_F(Tls, CallsAnAnswerThatIsNoTlsATlsFailure) {
    auto server = loopback_server{io_, [](server_peer& peer, std::size_t) { return speak_plainly(peer); }};

    EXPECT_EQ(verdict(send(post(server.url("https") + "/"))), "tls, not_sent");
}

TEST_F(Tls, GivesUpAHandshakeAtItsDeadline) {
    auto server = loopback_server{io_, answer_and_stall("")};
    auto request = post(server.url("https") + "/");
    request.timeouts.handshake = 50ms;

    EXPECT_EQ(verdict(send(request)), "timeout, not_sent");
}

awaitable<void> reset_at_once(server_peer& peer) {
    peer.reset();
    co_return;
}

TEST_F(Tls, CallsAHandshakeThatIsCutATlsFailure) {
    auto server = loopback_server{io_, [](server_peer& peer, std::size_t) { return reset_at_once(peer); }};

    EXPECT_EQ(verdict(send(post(server.url("https") + "/"))), "tls, not_sent");
}

awaitable<void> answer_and_say_goodbye(server_peer& peer, std::string answer) {
    static_cast<void>(co_await peer.read_request());
    co_await peer.send(std::move(answer));
    co_await peer.say_goodbye();
}

TEST_F(Tls, BelievesTheEndOfABodyWithoutLengthOnlyAfterAGoodbye) {
    auto const certificate = authority_.issue("DNS:service.test");
    auto const without_length = std::string{"HTTP/1.1 200 OK\r\n\r\nwhole?"};
    auto polite = loopback_server{
        io_, [=](server_peer& peer, std::size_t) { return answer_and_say_goodbye(peer, without_length); }, certificate};
    auto rude = loopback_server{io_, answer_and_close(without_length), certificate};

    EXPECT_EQ(verdict(send(get(polite.url("https", "service.test") + "/"))), "HTTP 200");
    EXPECT_EQ(verdict(send(get(rude.url("https", "service.test") + "/"))), "reset, perhaps_sent");
}

TEST_F(Tls, NeedsNoGoodbyeAfterABodyWithLength) {
    auto server =
        loopback_server{io_, answer_and_close(http_answer("200 OK", "whole")), authority_.issue("DNS:service.test")};

    EXPECT_EQ(verdict(send(get(server.url("https", "service.test") + "/"))), "HTTP 200");
}

TEST_F(Tls, CallsEveryEndAfterTheRequestPerhapsSent) {
    auto const certificate = authority_.issue("DNS:service.test");
    auto resetting = loopback_server{io_, answer_and_reset(""), certificate};
    auto closing = loopback_server{io_, answer_and_close(""), certificate};
    auto silent = loopback_server{io_, answer_and_stall(""), certificate};
    auto patient = post(silent.url("https", "service.test") + "/");
    patient.timeouts.total = 200ms;

    EXPECT_EQ(verdict(send(post(resetting.url("https", "service.test") + "/"))), "reset, perhaps_sent");
    EXPECT_EQ(verdict(send(post(closing.url("https", "service.test") + "/"))), "reset, perhaps_sent");
    EXPECT_EQ(verdict(send(patient)), "timeout, perhaps_sent");
}

TEST_F(Tls, ReplacesAKeptConnectionThatSaidGoodbye) {
    auto const answer = http_answer("200 OK", "hi");
    auto server =
        loopback_server{io_, [=](server_peer& peer, std::size_t) { return answer_and_say_goodbye(peer, answer); },
                        authority_.issue("DNS:service.test")};
    ASSERT_EQ(verdict(send(post(server.url("https", "service.test") + "/"))), "HTTP 200");

    EXPECT_EQ(verdict(send(post(server.url("https", "service.test") + "/"))), "HTTP 200");
    EXPECT_EQ(server.accepted(), 2u);
}

TEST_F(Tls, KeepsConnections) {
    auto server =
        loopback_server{io_, answer_always(http_answer("200 OK", "hi")), authority_.issue("DNS:service.test")};

    for (auto count = 0; count < 5; ++count)
        ASSERT_EQ(verdict(send(post(server.url("https", "service.test") + "/"))), "HTTP 200");

    EXPECT_EQ(server.accepted(), 1u);
    EXPECT_EQ(server.requests().size(), 5u);
}

TEST_F(Tls, LendsNoConnectionToAnotherName) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK")), authority_.issue("DNS:service.test")};
    ASSERT_EQ(verdict(send(get(server.url("https", "service.test") + "/"))), "HTTP 200");

    EXPECT_EQ(verdict(send(get(server.url("https", "other.test") + "/"))), "tls, not_sent");
}

}  // namespace
}  // namespace voicehook::testing
