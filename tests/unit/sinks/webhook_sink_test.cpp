#include "sinks/cloud_event.hpp"
#include "sinks/outcome_failure.hpp"
#include "tests/unit/sinks/webhook_fixture.hpp"
#include "wire/webhook_signature.hpp"

namespace voicehook::testing {
namespace {

TEST_F(WebhookSink, PostsTheStoredBytesSigned) {
    auto server = loopback_server{io_, answer_always(http_answer("204 No Content"))};
    auto const sink = http_sink(server.url("http") + "/hooks?a=b", key);
    auto const item = a_delivery();

    auto const outcome = deliver(*sink, item);

    EXPECT_EQ(outcome.failed, std::nullopt);
    EXPECT_EQ(outcome.answer, "HTTP 204");
    auto const& sent = server.requests().at(0);
    EXPECT_THAT(sent, ::testing::StartsWith("POST /hooks?a=b HTTP/1.1\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nwebhook-id: msg_019d4a6b\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nwebhook-timestamp: " + std::string{timestamp} + "\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nwebhook-signature: " + expected_signature(item.body) + "\r\n"));
    EXPECT_THAT(sent, ::testing::EndsWith("\r\n\r\n" + item.body));
    EXPECT_EQ(sink->name().value(), "results");
    EXPECT_EQ(sink->max_in_flight(), 7u);
}

TEST_F(WebhookSink, TellsTheTraceOfTheAttemptAndThatOfItsTask) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const sink = http_sink(server.url("http") + "/");
    auto item = a_delivery();
    item.task = task_id{"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
    item.task_trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    static_cast<void>(deliver(*sink, item));

    auto const& sent = server.requests().at(0);
    EXPECT_THAT(sent, HasSubstr("\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nvoicehook-task-traceparent: "
                                "00-4bf92f3577b34da6a3ce929d0e0e4736-98c4dc0c0c07398f-00\r\n"));
}

TEST_F(WebhookSink, SignsNothingWithoutAKey) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const sink = http_sink(server.url("http") + "/");
    auto const item = a_delivery();

    static_cast<void>(deliver(*sink, item));

    EXPECT_THAT(server.requests().at(0), HasSubstr("webhook-timestamp"));
    EXPECT_THAT(server.requests().at(0), Not(HasSubstr("webhook-signature")));
}

TEST_F(WebhookSink, SignsWithEverySecretOfARotationTheNewestLast) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const sink = http_sink({.url = server.url("http") + "/", .signing_keys = {key, secret{std::string(24, 'n')}}});
    auto const item = a_delivery();

    static_cast<void>(deliver(*sink, item));

    auto const second = wire::sign_webhook(secret{std::string(24, 'n')}, item.id, noon, item.body);
    EXPECT_THAT(server.requests().at(0),
                HasSubstr("\r\nwebhook-signature: " + expected_signature(item.body) + " " + second + "\r\n"));
}

TEST_F(WebhookSink, ShowsItsAuthorizationAndTheOperatorsHeaders) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const sink = http_sink({.url = server.url("http") + "/",
                                 .authorization = secret{"Bearer t0ken"},
                                 .headers = {{"X-Env", secret{"prod"}}, {"X-Key", secret{"k=1; z"}}}});

    static_cast<void>(deliver(*sink, a_delivery()));
    static_cast<void>(run(sink->probe()));

    for (auto const& sent : server.requests()) {
        EXPECT_THAT(sent, HasSubstr("\r\nAuthorization: Bearer t0ken\r\n"));
        EXPECT_THAT(sent, HasSubstr("\r\nX-Env: prod\r\nX-Key: k=1; z\r\n"));
    }
    EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(WebhookSink, SendsNothingWithAHeaderThatBreaksOutOfItsLine) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const headers = std::vector<sinks::extra_header>{
        {"X-A", secret{"1\r\nEvil: 1"}}, {"X-A\r\nEvil", secret{"1"}}, {"Host", secret{"evil.test"}}};
    for (auto const& header : headers) {
        auto const sink = http_sink({.url = server.url("http") + "/", .headers = {header}});

        auto const outcome = deliver(*sink, a_delivery());

        EXPECT_EQ(outcome.failed, delivery_cause::format) << header.name;
    }
    EXPECT_EQ(server.accepted(), 0u);
}

TEST_F(WebhookSink, TellsTheTypeOfAnEventBesideItsBody) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const sink = http_sink(server.url("http") + "/");
    auto item = a_delivery();
    item.event_type = "voice_design.completed";

    static_cast<void>(deliver(*sink, item));

    EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nvoicehook-event-type: voice_design.completed\r\n"));
    EXPECT_THAT(server.requests().at(0), Not(HasSubstr("\r\nce-")));
}

TEST_F(WebhookSink, CarriesTheAttributesOfABinaryCloudEventAsHeaders) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK"))};
    auto const sink = http_sink(server.url("http") + "/");
    auto item = a_delivery();
    item.encoding = core::delivery_encoding::cloudevents_binary;
    item.task = task_id{"task-017f22e2"};
    item.event_type = "voice_design.completed";
    item.created_at = noon;

    static_cast<void>(deliver(*sink, item));

    EXPECT_THAT(server.requests().at(0),
                HasSubstr("\r\nce-specversion: 1.0\r\nce-id: msg_019d4a6b\r\nce-source: voicehook\r\n"
                          "ce-type: voice_design.completed\r\nce-subject: task-017f22e2\r\nce-time: " +
                          to_rfc3339(noon) + "\r\n"));
    EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(server.requests().at(0), ::testing::EndsWith("\r\n\r\n" + item.body));
}

TEST(CloudEvent, EncodesWhatAHeaderMustNotHave) {
    struct row {
        std::string value;
        std::string encoded;
    };
    auto const rows = std::vector<row>{{"task-1!#$&'()*+,/:;=?@[]^_`{|}~", "task-1!#$&'()*+,/:;=?@[]^_`{|}~"},
                                       {"Euro € \"100%\"", "Euro%20%E2%82%AC%20%22100%25%22"},
                                       {"a\r\nEvil: 1", "a%0D%0AEvil:%201"},
                                       {std::string{"\0\x7f\xff", 3}, "%00%7F%FF"},
                                       {"", ""}};
    for (auto const& row : rows) EXPECT_EQ(sinks::encode_for_header(row.value), row.encoded);
}

TEST_F(WebhookSink, JudgesEveryStatus) {
    struct row {
        std::string status;
        std::string headers;
        std::optional<delivery_cause> failed;
        std::optional<duration> retry_after;
        hint then{hint::none};
    };
    auto const rows = std::vector<row>{
        {"200 OK", "", std::nullopt, std::nullopt},
        {"204 No Content", "", std::nullopt, std::nullopt},
        {"299 Odd", "", std::nullopt, std::nullopt},
        {"301 Moved Permanently", "Location: http://127.0.0.1:1/\r\n", delivery_cause::status_3xx, std::nullopt},
        {"304 Not Modified", "", delivery_cause::status_3xx, std::nullopt},
        {"400 Bad Request", "Retry-After: 9\r\n", delivery_cause::status_4xx, std::nullopt},
        {"404 Not Found", "", delivery_cause::status_4xx, std::nullopt},
        {"408 Request Timeout", "", delivery_cause::status_4xx, std::nullopt, hint::retry},
        {"410 Gone", "", delivery_cause::gone, std::nullopt, hint::pause_sink},
        {"413 Content Too Large", "", delivery_cause::too_large, std::nullopt},
        {"422 Unprocessable Content", "", delivery_cause::status_4xx, std::nullopt},
        {"425 Too Early", "", delivery_cause::status_4xx, std::nullopt, hint::retry},
        {"429 Too Many Requests", "Retry-After: 9\r\n", delivery_cause::status_4xx, 9s, hint::retry},
        {"429 Too Many Requests", "", delivery_cause::status_4xx, std::nullopt, hint::retry},
        {"429 Too Many Requests", "Retry-After: soon\r\n", delivery_cause::status_4xx, std::nullopt, hint::retry},
        {"500 Internal Server Error", "Retry-After: 9\r\n", delivery_cause::status_5xx, std::nullopt},
        {"503 Service Unavailable", "Retry-After: Thu, 02 Apr 2026 09:51:56 GMT\r\n", delivery_cause::status_5xx,
         59'211ms},
    };
    for (auto const& row : rows) {
        auto server = loopback_server{io_, answer_always(http_answer(row.status, "", row.headers))};
        auto const sink = http_sink(server.url("http") + "/");
        auto const item = a_delivery();

        auto const outcome = deliver(*sink, item);

        EXPECT_EQ(outcome.failed, row.failed) << row.status << row.headers;
        EXPECT_EQ(outcome.answer, "HTTP " + row.status.substr(0, 3));
        EXPECT_EQ(outcome.retry_after, row.retry_after) << row.status << row.headers;
        EXPECT_EQ(outcome.then, row.then) << row.status;
        EXPECT_EQ(server.requests().size(), 1u) << row.status;
    }
}

TEST_F(WebhookSink, NamesTheCauseOfAnAttemptWithoutAnAnswer) {
    auto closed_port = std::string{};
    {
        auto const gone = loopback_server{io_, answer_always("")};
        closed_port = std::to_string(gone.port());
    }
    auto resetting = loopback_server{io_, answer_and_reset("")};
    auto silent = loopback_server{io_, answer_and_stall("")};
    auto strange = loopback_server{io_, answer_and_close("hello there\r\n\r\n")};
    auto impostor = loopback_server{io_, answer_always(""), authority_.issue("DNS:other.test")};
    struct row {
        std::string url;
        delivery_cause cause;
    };
    auto const rows = std::vector<row>{
        {"http://127.0.0.1:" + closed_port + "/", delivery_cause::refused},
        {"http://unknown.test/", delivery_cause::dns},
        {resetting.url("http") + "/", delivery_cause::reset},
        {silent.url("http") + "/", delivery_cause::timeout},
        {strange.url("http") + "/", delivery_cause::protocol},
        {impostor.url("https", "service.test") + "/", delivery_cause::tls},
        {"no url", delivery_cause::format},
    };
    for (auto const& row : rows) {
        auto const sink = http_sink(row.url, {}, 150ms);
        auto const item = a_delivery();

        auto const outcome = deliver(*sink, item);

        ASSERT_TRUE(outcome.failed.has_value()) << row.url;
        EXPECT_EQ(to_text(*outcome.failed), to_text(row.cause)) << row.url << ": " << outcome.answer;
        EXPECT_NE(outcome.answer, "");
    }
}

TEST_F(WebhookSink, CountsAnAnswerWithALargeBodyByItsStatus) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK", std::string(200'000, 'x')))};
    auto const sink = http_sink(server.url("http") + "/");
    auto const item = a_delivery();

    EXPECT_EQ(deliver(*sink, item).failed, std::nullopt);
}

TEST_F(WebhookSink, KeepsTheBeginningOfAnAnswerForPeopleButNoCookie) {
    auto const headers = std::string{"Content-Type: text/plain\r\nSet-Cookie: session=secret\r\n"};
    auto server =
        loopback_server{io_, answer_always(http_answer("500 Oops", "no database" + std::string(5'000, 'x'), headers))};
    auto const sink = http_sink(server.url("http") + "/");
    auto const item = a_delivery();

    auto const outcome = deliver(*sink, item);

    EXPECT_THAT(outcome.head, ::testing::StartsWith("HTTP 500\n"));
    EXPECT_THAT(outcome.head, HasSubstr("Content-Type: text/plain\n"));
    EXPECT_THAT(outcome.head, HasSubstr("\n\nno databasexxx"));
    EXPECT_THAT(outcome.head, Not(HasSubstr("secret")));
    EXPECT_LE(outcome.head.size(), 1024U);
}

TEST_F(WebhookSink, KeepsLittleOfAnAnswerThatSaysThatAllIsWell) {
    auto server = loopback_server{io_, answer_always(http_answer("200 OK", std::string(5'000, 'x')))};
    auto const sink = http_sink(server.url("http") + "/");
    auto const item = a_delivery();

    auto const outcome = deliver(*sink, item);

    EXPECT_THAT(outcome.head, ::testing::StartsWith("HTTP 200\n"));
    EXPECT_EQ(outcome.head.size(), 256U);
}

TEST_F(WebhookSink, ProbesWithAnyAnswer) {
    auto server = loopback_server{io_, answer_always("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 10\r\n\r\n")};
    auto const there = http_sink(server.url("http") + "/");
    auto const absent = http_sink("http://unknown.test/");

    EXPECT_TRUE(run(there->probe()).has_value());
    EXPECT_THAT(server.requests().at(0), ::testing::StartsWith("HEAD / "));
    EXPECT_EQ(run(absent->probe()).error().code, errc::dns);
}

TEST_F(WebhookSink, ProbesWhetherItIsKnownThere) {
    auto server = loopback_server{io_, answer_always("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")};
    auto const sink = http_sink(server.url("http") + "/");

    auto const probed = run(sink->probe());

    ASSERT_FALSE(probed);
    EXPECT_THAT(probed.error().doing, HasSubstr("results: HTTP 401: set or correct bearer_token or basic"));
}

TEST(WebhookAttempt, GivesEveryFailureACause) {
    struct row {
        errc code;
        delivery_cause cause;
    };
    auto const rows = std::vector<row>{
        {errc::timeout, delivery_cause::timeout},
        {errc::refused, delivery_cause::refused},
        {errc::reset, delivery_cause::reset},
        {errc::dns, delivery_cause::dns},
        {errc::tls, delivery_cause::tls},
        {errc::protocol, delivery_cause::protocol},
        {errc::too_large, delivery_cause::too_large},
        {errc::forbidden, delivery_cause::forbidden},
        {errc::invalid, delivery_cause::format},
        {errc::stopping, delivery_cause::reset},
        {errc::unreadable, delivery_cause::io},
    };
    for (auto const& row : rows) EXPECT_EQ(sinks::cause_of(row.code), row.cause) << to_text(row.code);
}

}  // namespace
}  // namespace voicehook::testing
