#include "client/provider_client.hpp"
#include "tests/unit/client/client_fixture.hpp"

#include <gmock/gmock.h>

namespace voicehook::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto noon = instant{1'775'123'456'000ms};

class Provider : public client_test {
protected:
    std::unique_ptr<ports::provider> provider_at(loopback_server const& server) {
        auto endpoint = client::provider_endpoint{};
        endpoint.base_url = server.url("https", "service.test") + "/";
        endpoint.submit_timeout = 500ms;
        endpoint.query_timeout = 500ms;
        endpoint.api_key = [this] { return secret{key_}; };
        endpoint.observe = [this](std::string_view operation, std::string_view status, duration,
                                  trace_id const& trace) {
            observed_.push_back(std::string{operation} + " " + std::string{status});
            observed_traces_.push_back(trace);
        };
        return client::create_provider_client(*http_, clock_, std::move(endpoint));
    }

    loopback_server serve(server_script script) {
        return {io_, std::move(script), authority_.issue("DNS:service.test")};
    }

    static core::task a_task() {
        auto item = core::task{};
        item.id = task_id{"task-019d4a6b-0000-7000-8000-000000000001"};
        item.submit_body = R"({"model":"m",  "n":1e400})";
        return item;
    }

    trace_context const a_trace{trace_id{"4bf92f3577b34da6a3ce929d0e0e4736"}, span_id{"00f067aa0ba902b7"}};
    std::string key_{"sk-evo-first"};
    std::vector<std::string> observed_;
    std::vector<trace_id> observed_traces_;
    fixed_clock clock_{noon};
};

TEST_F(Provider, SubmitsExactlyTheStoredBytesUnderTheTasksOwnKey) {
    auto const body = std::string{R"({"id":"task-unified-1","status":"pending","created":1})"};
    auto server = serve(answer_always(http_answer("200 OK", body, "X-Request-Id: r-1\r\n")));
    auto const provider = provider_at(server);
    auto const item = a_task();

    auto const reply = run(provider->submit(item, a_trace));

    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->body, body);
    EXPECT_EQ(reply->request_id, "r-1");
    EXPECT_EQ(reply->answer.http_status, 200);
    ASSERT_TRUE(reply->answer.task.has_value());
    EXPECT_EQ(reply->answer.task->id.value(), "task-unified-1");
    ASSERT_EQ(server.requests().size(), 1u);
    auto const& sent = server.requests()[0];
    EXPECT_THAT(sent, ::testing::StartsWith("POST /v1/audios/generations HTTP/1.1\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nAuthorization: Bearer sk-evo-first\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\nIdempotency-Key: task-019d4a6b-0000-7000-8000-000000000001\r\n"));
    EXPECT_THAT(sent, HasSubstr("\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"));
    EXPECT_THAT(sent, ::testing::EndsWith("\r\n\r\n" + item.submit_body));
    EXPECT_THAT(observed_, ElementsAre("submit 2xx"));
}

TEST_F(Provider, ReadsTheKeyAtEachRequest) {
    auto server = serve(answer_always(http_answer("200 OK", "{}")));
    auto const provider = provider_at(server);
    auto const item = a_task();

    static_cast<void>(run(provider->submit(item, a_trace)));
    key_ = "sk-evo-second";
    static_cast<void>(run(provider->submit(item, a_trace)));

    EXPECT_THAT(server.requests().at(1), HasSubstr("Bearer sk-evo-second\r\n"));
}

TEST_F(Provider, PassesRefusalsOnWithTheirCodeAndRetryAfter) {
    auto const body = std::string{R"({"error":{"code":"rate_limit_exceeded","message":"slow down","type":"x"}})"};
    auto server = serve(answer_always(http_answer("429 Too Many Requests", body, "Retry-After: 7\r\n")));
    auto const provider = provider_at(server);
    auto const item = a_task();

    auto const reply = run(provider->submit(item, a_trace));

    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->answer.http_status, 429);
    EXPECT_EQ(reply->answer.error_code, "rate_limit_exceeded");
    EXPECT_EQ(reply->answer.retry_after, 7s);
    EXPECT_THAT(observed_, ElementsAre("submit 429"));
}

TEST_F(Provider, SaysOfSilenceWhetherTheRequestMayHaveLeft) {
    using request = core::provider_silence::request;
    struct row {
        std::string what;
        server_script script;
        issued_certificate certificate;
        errc code;
        request sent;
    };
    auto const good = authority_.issue("DNS:service.test");
    auto const rows = std::vector<row>{
        {"wrong name", answer_always(""), authority_.issue("DNS:other.test"), errc::tls, request::not_sent},
        {"reset after the request", answer_and_reset(""), good, errc::reset, request::perhaps_sent},
        {"half an answer", answer_and_close("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), good, errc::reset,
         request::perhaps_sent},
        {"no answer in time", answer_and_stall(""), good, errc::timeout, request::perhaps_sent},
        {"an answer that is too large", answer_and_close("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"), good,
         errc::too_large, request::perhaps_sent},
    };
    for (auto const& row : rows) {
        auto server = loopback_server{io_, row.script, row.certificate};
        auto const provider = provider_at(server);
        auto const item = a_task();

        auto const reply = run(provider->submit(item, a_trace));

        ASSERT_FALSE(reply.has_value()) << row.what;
        EXPECT_EQ(to_text(reply.error().code), to_text(row.code)) << row.what;
        EXPECT_EQ(reply.error().sent, row.sent) << row.what;
    }
    EXPECT_THAT(observed_, ::testing::Each("submit none"));
}

TEST_F(Provider, QueriesWithTheIdEncoded) {
    auto server = serve(answer_always(http_answer("404 Not Found", R"({"error":{"code":"task_not_found"}})")));
    auto const provider = provider_at(server);

    auto const reply = run(provider->query(provider_task_id{"a/../b?c d"}, a_trace));

    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->answer.http_status, 404);
    EXPECT_EQ(reply->answer.error_code, "task_not_found");
    EXPECT_THAT(server.requests().at(0), ::testing::StartsWith("GET /v1/tasks/a%2F..%2Fb%3Fc%20d HTTP/1.1\r\n"));
    EXPECT_THAT(server.requests().at(0), Not(HasSubstr("Idempotency-Key")));
    EXPECT_THAT(server.requests().at(0), HasSubstr("\r\ntraceparent: " + write_traceparent(a_trace) + "\r\n"));
    EXPECT_THAT(observed_, ElementsAre("query 4xx"));
    EXPECT_THAT(observed_traces_, ElementsAre(a_trace.trace));
}

TEST_F(Provider, ReadsWhatTheAccountHasLeft) {
    auto const body = std::string{
        R"({"data":{"token":{"remaining_credits":12.5,"unlimited_credits":false},"user":{"remaining_credits":900}},"success":true})"};
    auto server = serve(answer_always(http_answer("200 OK", body)));
    auto const provider = provider_at(server);

    auto const credits = run(provider->credits());

    ASSERT_TRUE(credits.has_value());
    EXPECT_EQ(credits->token_remaining, 12.5);
    EXPECT_EQ(credits->user_remaining, 900.0);
    EXPECT_EQ(credits->remaining(), 12.5);
}

TEST_F(Provider, KnowsAKeyWithoutALimitOfItsOwn) {
    auto with_balance = serve(answer_always(http_answer(
        "200 OK",
        R"({"data":{"token":{"remaining_credits":0,"unlimited_credits" : true },"user":{"remaining_credits":900}}})")));
    auto without = serve(
        answer_always(http_answer("200 OK", R"({"data":{"token":{"remaining_credits":0,"unlimited_credits":true}}})")));

    auto const limited = run(provider_at(with_balance)->credits());
    auto const unlimited = run(provider_at(without)->credits());

    ASSERT_TRUE(limited && unlimited);
    EXPECT_EQ(limited->remaining(), 900.0) << "the account limits it all the same";
    EXPECT_EQ(unlimited->remaining(), std::numeric_limits<double>::infinity());
}

TEST_F(Provider, CallsCreditsThatCannotBeReadAFailureOrUnknown) {
    auto refused = serve(answer_always(http_answer("401 Unauthorized", "{}")));
    auto strange = serve(answer_always(http_answer("200 OK", "<html>")));
    auto partial = serve(answer_always(http_answer("200 OK", R"({"data":{"token":{"remaining_credits":"many"}}})")));

    EXPECT_EQ(run(provider_at(refused)->credits()).error().code, errc::protocol);
    EXPECT_EQ(run(provider_at(strange)->credits()).error().code, errc::protocol);
    auto const unknown = run(provider_at(partial)->credits());
    ASSERT_TRUE(unknown.has_value());
    EXPECT_EQ(unknown->token_remaining, std::nullopt);
    EXPECT_EQ(unknown->user_remaining, std::nullopt);
    EXPECT_EQ(unknown->remaining(), std::nullopt);
}

TEST_F(Provider, RefusesToWorkWithABrokenBaseUrlInsteadOfThrowing) {
    auto endpoint = client::provider_endpoint{.base_url = "not a url", .api_key = [] { return secret{"k"}; }};
    auto const provider = client::create_provider_client(*http_, clock_, std::move(endpoint));
    auto const item = a_task();

    auto const reply = run(provider->submit(item, a_trace));

    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().code, errc::invalid);
    EXPECT_EQ(reply.error().sent, core::provider_silence::request::not_sent);
}

}  // namespace
}  // namespace voicehook::testing
