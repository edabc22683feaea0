#include "base/encoding.hpp"
#include "sinks/create.hpp"
#include "sinks/webhook_attempt.hpp"
#include "tests/unit/client/client_fixture.hpp"
#include "wire/digest.hpp"

#include <gmock/gmock.h>

namespace voicehook::testing {
namespace {

using core::delivery_cause;
using hint = core::attempt_outcome::hint;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto noon = instant{1'775'123'456'789ms};
constexpr auto timestamp = std::string_view{"1775123456"};
auto const key = secret{std::string(32, 'k')};
auto const attempt_trace = trace_context{trace_id{"0af7651916cd43dd8448eb211c80319c"}, span_id{"b7ad6b7169203331"}};

core::delivery a_delivery(std::string destination = "") {
    auto item = core::delivery{};
    item.id = delivery_id{"msg_019d4a6b"};
    item.caller = caller_name{"tts-web"};
    item.content_type = "application/json";
    item.body = R"({"type":"voice_design.completed",  "n":1e400})";
    if (!destination.empty()) item.destination = std::move(destination);
    return item;
}

/// What the specification says the signature is, computed without the code under test.
std::string expected_signature(std::string_view body) {
    auto const signed_text = "msg_019d4a6b." + std::string{timestamp} + "." + std::string{body};
    return "v1," + to_base64(wire::hmac_sha256(key.reveal(), signed_text));
}

class WebhookSink : public client_test {
protected:
    std::unique_ptr<ports::sink> http_sink(std::string url, secret signing_key = {}, duration timeout = 5s) {
        return sinks::create_http_sink(*http_, clock_,
                                       {sink_name{"results"}, std::move(url), std::move(signing_key), timeout, 7});
    }

    std::unique_ptr<ports::sink> callback_sink(client::address_guard guard = client::address_guard::allow_internal) {
        auto settings = sinks::callback_url_settings{};
        settings.key_of = [](caller_name const& caller) { return caller.value() == "tts-web" ? key : secret{}; };
        settings.guard = guard;
        return sinks::create_callback_url_sink(*http_, clock_, std::move(settings));
    }

    core::attempt_outcome deliver(ports::sink& sink, core::delivery const& item) {
        return run(sink.deliver(item, attempt_trace));
    }

    /// The service's own time lags behind, as after a suspend: receivers must not see it.
    fixed_clock clock_{noon - 7min, noon};
};

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
        {"410 Gone", "", delivery_cause::gone, std::nullopt, hint::pause_sink},
        {"429 Too Many Requests", "Retry-After: 9\r\n", delivery_cause::status_4xx, 9s},
        {"429 Too Many Requests", "", delivery_cause::status_4xx, std::nullopt},
        {"429 Too Many Requests", "Retry-After: soon\r\n", delivery_cause::status_4xx, std::nullopt},
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
