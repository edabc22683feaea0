#include "tests/unit/sinks/webhook_fixture.hpp"

namespace voicehook::testing {
namespace {

TEST_F(WebhookSink, SendsACallersDeliveryToItsOwnUrlSignedWithItsOwnKey) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK")), authority_.issue("DNS:service.test")};
    auto const sink = callback_sink();
    auto item = a_delivery(server.url("https", "service.test") + "/mine");
    auto stranger = item;
    stranger.caller = caller_name{"unsigned"};

    EXPECT_EQ(deliver(*sink, item).failed, std::nullopt);
    EXPECT_EQ(deliver(*sink, stranger).failed, std::nullopt);

    EXPECT_EQ(sink->name().value(), "callback_url");
    EXPECT_THAT(server.requests().at(0), ::testing::StartsWith("POST /mine "));
    EXPECT_THAT(server.requests().at(0), HasSubstr("webhook-signature: " + expected_signature(item.body) + "\r\n"));
    EXPECT_THAT(server.requests().at(1), Not(HasSubstr("webhook-signature")));
}

TEST_F(WebhookSink, NeverReachesAnInternalAddressOnACallersWord) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK")),
                                  authority_.issue("DNS:mixed.test,DNS:service.test,IP:127.0.0.1")};
    auto const sink = callback_sink(client::address_guard::refuse_internal);
    for (auto const* host : {"service.test", "mixed.test", "127.0.0.1", "localhost", "[::ffff:127.0.0.1]"}) {
        auto const item = a_delivery(server.url("https", host) + "/");

        auto const outcome = deliver(*sink, item);

        EXPECT_EQ(outcome.failed, delivery_cause::forbidden) << host << ": " << outcome.answer;
    }
    EXPECT_EQ(server.accepted(), 0u);
}

TEST_F(WebhookSink, ParksWhatCanNeverBeDelivered) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const sink = callback_sink();
    auto const items = std::vector{a_delivery(), a_delivery("no url"), a_delivery(server.url("http") + "/"),
                                   a_delivery("https://user:pass@service.test/")};
    for (auto const& item : items) {
        auto const outcome = deliver(*sink, item);

        EXPECT_EQ(outcome.failed, delivery_cause::format) << item.destination.value_or("none");
        EXPECT_EQ(outcome.then, hint::park) << item.destination.value_or("none");
    }
    EXPECT_EQ(server.accepted(), 0u);
}

TEST_F(WebhookSink, ParksADeliveryThatIsGoneInsteadOfPausingEveryCallers) {
    auto server = loopback_server{io_, answer_always(http_answer("410 Gone")), authority_.issue("DNS:service.test")};
    auto const sink = callback_sink();
    auto const item = a_delivery(server.url("https", "service.test") + "/");

    auto const outcome = deliver(*sink, item);

    EXPECT_EQ(outcome.failed, delivery_cause::gone);
    EXPECT_EQ(outcome.then, hint::park);
}

TEST_F(WebhookSink, ParksAtOnceWhatMustNotBeReached) {
    auto const sink = callback_sink(client::address_guard::refuse_internal);

    auto const outcome = deliver(*sink, a_delivery("https://private.test/"));

    EXPECT_EQ(outcome.failed, delivery_cause::forbidden) << outcome.answer;
    EXPECT_EQ(outcome.then, hint::park);
}

TEST_F(WebhookSink, ReachesOnlyHostsThatTheOperatorAllows) {
    auto server =
        loopback_server{io_, answer_always(http_answer("200 OK")), authority_.issue("DNS:service.test,DNS:other.test")};
    auto const sink = callback_sink(client::address_guard::allow_internal, {"service.test", "*.elsewhere.test"});

    auto const allowed = deliver(*sink, a_delivery(server.url("https", "service.test") + "/"));
    auto const other = deliver(*sink, a_delivery(server.url("https", "other.test") + "/"));

    EXPECT_EQ(allowed.failed, std::nullopt);
    EXPECT_EQ(other.failed, delivery_cause::forbidden);
    EXPECT_EQ(other.then, hint::park);
    EXPECT_EQ(other.answer, "callback_url.allowed_hosts does not allow other.test");
    EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(WebhookSink, NamesTheHostAsItsDestination) {
    struct row {
        std::string url;
        std::string destination;
    };
    auto const rows = std::vector<row>{{"https://Hooks.Example.com/a?b", "hooks.example.com"},
                                       {"https://hooks.example.com.:443/", "hooks.example.com"},
                                       {"https://hooks.example.com:8443/", "hooks.example.com:8443"},
                                       {"https://[2001:DB8::1]/", "[2001:db8::1]"},
                                       {"https://[2001:db8::1]:444/", "[2001:db8::1]:444"},
                                       {"no url", ""},
                                       {"", ""}};
    auto const sink = callback_sink();
    for (auto const& row : rows) EXPECT_EQ(sink->destination_of(a_delivery(row.url)), row.destination) << row.url;
    EXPECT_EQ(http_sink("http://a.test/")->destination_of(a_delivery("https://b.test/")), "");
}

}  // namespace
}  // namespace voicehook::testing
