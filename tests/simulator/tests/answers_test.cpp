#include "tests/simulator/answers.hpp"

#include "tests/simulator/refusals.hpp"

#include <gmock/gmock.h>
#include <boost/json/parse.hpp>

#include <string>

namespace simulator {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

task announcer() {
    auto item = task{};
    item.number = 1;
    item.id = "task-unified-1775123456-abcd1234";
    item.created = 1775123456;
    item.voice = "qwen-tts-vd-announcer-voice-20260402-a1b2";
    item.request.preferred_name = "announcer";
    item.plan.work = 10s;
    item.accepted_at = steady::time_point{} + 1h;
    return item;
}

// Expected bytes: provider page, "What the simulator must do".
TEST(SimulatorAnswers, AnAcceptedTaskHasTheBytesOfTheContract) {
    auto const body = accepted_body(announcer(), task_view{.status = "pending"}, 15s, id_member::present);

    EXPECT_EQ(body,
              R"({"created":1775123456,"id":"task-unified-1775123456-abcd1234","model":"qwen-voice-design",)"
              R"("object":"audio.generation.task","progress":0,"status":"pending","task_info":{"can_cancel":true,)"
              R"("estimated_time":15,"audio_type":"voice_design"},"type":"audio","usage":{"credits_reserved":2}})");
}

TEST(SimulatorAnswers, AProcessingTaskHasTheDocumentedBytes) {
    auto const body = query_body(announcer(), task_view{.status = "processing", .progress = 65});

    EXPECT_EQ(body, R"({"created":1775123456,"id":"task-unified-1775123456-abcd1234","model":"qwen-voice-design",)"
                    R"("object":"audio.generation.task","progress":65,"status":"processing",)"
                    R"("task_info":{"can_cancel":true},"type":"audio"})");
}

TEST(SimulatorAnswers, ACompletedTaskHasTheDocumentedBytes) {
    auto const body = ended_body(announcer(), outcome::completed, std::nullopt);

    EXPECT_EQ(
        body,
        R"({"created":1775123456,"id":"task-unified-1775123456-abcd1234","model":"qwen-voice-design",)"
        R"("object":"audio.generation.task","progress":100,"results":["https://files.evolink.ai/sim/preview.wav"],)"
        R"("result_data":{"voice":"qwen-tts-vd-announcer-voice-20260402-a1b2",)"
        R"("target_model":"qwen3-tts-vd-2026-01-26","audio_url":"https://files.evolink.ai/sim/preview.wav",)"
        R"("sample_rate":24000,"response_format":"wav"},"status":"completed","task_info":{"can_cancel":false},)"
        R"("type":"audio","usage":{"credits_reserved":2,"credits_used":2}})");
}

TEST(SimulatorAnswers, AFailedTaskHasTheDocumentedBytes) {
    auto const body = ended_body(announcer(), outcome::failed, std::nullopt);

    EXPECT_EQ(
        body,
        R"({"created":1775123456,"id":"task-unified-1775123456-abcd1234","model":"qwen-voice-design",)"
        R"("object":"audio.generation.task","progress":0,"status":"failed",)"
        R"("error":{"code":"content_policy_violation","message":"Content policy violation.","type":"task_error"},)"
        R"("task_info":{"can_cancel":false},"type":"audio"})");
}

TEST(SimulatorAnswers, CancelledHasTwoSpellingsAndAnotherForm) {
    auto const item = announcer();

    EXPECT_THAT(ended_body(item, outcome::cancelled, {}),
                HasSubstr(R"("progress":0,"status":"cancelled","task_info")"));
    EXPECT_THAT(ended_body(item, outcome::canceled, {}), HasSubstr(R"("status":"canceled")"));
    EXPECT_THAT(ended_body(item, outcome::request_cancelled, {}),
                HasSubstr(R"("status":"failed","error":{"code":"request_cancelled")"));
}

TEST(SimulatorAnswers, EachBodyShapeIsUnusualInItsOwnWay) {
    struct row {
        body_shape shape;
        std::string_view present;
        std::string_view absent;
    };
    auto const rows = std::vector<row>{
        {body_shape::minimal, R"("status":"completed")", "created"},
        {body_shape::no_error, R"("status":"failed")", "error"},
        {body_shape::no_results, "result_data", R"("results")"},
        {body_shape::result_array, R"("result_data":[{"voice")", R"("result_data":{)"},
        {body_shape::result_absent, R"("results":[)", "result_data"},
        {body_shape::unknown_status, R"("status":"archived")", "completed"},
        {body_shape::unknown_fields, R"("later_addition":{"nested":[1,2.50,{"deep":null}],"flag":true})", "archived"},
        {body_shape::integer_code, R"("error":{"code":500,)", "content_policy_violation"},
        {body_shape::fractional_credits, R"("credits_reserved":2.5,"credits_used":1.75)", R"("credits_used":2)"},
        {body_shape::huge_number, R"("credits_used":1e400)", R"("credits_used":2)"},
        {body_shape::twenty_digits, R"("credits_used":12345678901234567890)", R"("credits_used":2)"},
        {body_shape::duplicate_keys, R"("progress":99,"object":"audio.generation.task","progress":100)", "archived"},
        {body_shape::long_voice, R"("voice":"qwen-tts-vd-announcer-voice-20260402000000001")", "a1b2"},
    };

    for (auto const& [shape, present, absent] : rows) {
        auto const body = ended_body(announcer(), outcome::completed, shape);
        EXPECT_THAT(body, HasSubstr(std::string{present})) << text_of(shape);
        EXPECT_THAT(body, Not(HasSubstr(std::string{absent}))) << text_of(shape);
    }
    EXPECT_EQ(rows.size(), kind_table<body_shape>::texts.size());
}

TEST(SimulatorAnswers, AnAnswerWithoutIdLacksNothingElse) {
    auto const body = accepted_body(announcer(), task_view{.status = "pending"}, 15s, id_member::missing);

    EXPECT_THAT(body, HasSubstr(R"({"created":1775123456,"model":"qwen-voice-design")"));
    EXPECT_THAT(body, Not(HasSubstr(R"("id")")));
}

TEST(SimulatorAnswers, CreditsHaveTheDocumentedBytes) {
    EXPECT_EQ(credits_body(98, 2),
              R"({"data":{"token":{"remaining_credits":98,"used_credits":2,"unlimited_credits":false},)"
              R"("user":{"remaining_credits":98,"used_credits":2}},"message":"","success":true})");
}

TEST(SimulatorAnswers, WithoutALimitNoBalanceIsTold) {
    EXPECT_EQ(credits_body(std::nullopt, 2),
              R"({"data":{"token":{"remaining_credits":0,"used_credits":2,"unlimited_credits":true},)"
              R"("user":{"used_credits":2}},"message":"","success":true})");
}

TEST(SimulatorAnswers, ProgressGrowsAndNeverReachesHundredBeforeTheEnd) {
    auto item = announcer();
    auto const at = [&](steady::duration elapsed) { return view_of(item, item.accepted_at + elapsed); };

    EXPECT_EQ(at(0s).status, "pending");
    EXPECT_EQ(at(999ms).status, "pending");
    EXPECT_EQ(at(1s).status, "processing");
    EXPECT_EQ(at(1s).progress, 10);
    EXPECT_EQ(at(6500ms).progress, 65);
    EXPECT_EQ(at(1h).progress, 99);
}

TEST(SimulatorAnswers, ALaggingQuerySaysProcessingUntilTheLagIsOver) {
    auto item = announcer();
    item.plan.manner = callback_manner::query_lags;
    item.plan.query_lag = 3s;
    item.ended = outcome::completed;
    item.ended_at = item.accepted_at + 10s;

    EXPECT_EQ(view_of(item, item.ended_at + 2s).status, "processing");
    EXPECT_EQ(view_of(item, item.ended_at + 3s).status, "completed");
}

// Rows: provider page, "Submit" and "Query".
TEST(SimulatorRefusals, EverySubmitErrorHasItsStatusAndCode) {
    struct row {
        submit_error kind;
        unsigned status;
        std::string_view part;
    };
    auto const rows = std::vector<row>{
        {submit_error::invalid_request, 400, R"("code":"invalid_request")"},
        {submit_error::no_available_channel, 400, R"("code":"no_available_channel")"},
        {submit_error::unauthorized, 401, R"("code":"unauthorized")"},
        {submit_error::key_disabled, 401, R"("code":"KEY_DISABLED")"},
        {submit_error::key_expired, 401, R"("code":"key_expired")"},
        {submit_error::insufficient_quota, 402, R"("code":"insufficient_quota")"},
        {submit_error::insufficient_user_quota, 402, R"("code":"insufficient_user_quota")"},
        {submit_error::model_access_denied, 403, R"("code":"model_access_denied")"},
        {submit_error::permission_denied, 403, R"("code":"permission_denied")"},
        {submit_error::idempotency_conflict, 409, R"("code":"idempotency_conflict")"},
        {submit_error::paid_outcome_unknown, 409, R"("code":"paid_outcome_unknown")"},
        {submit_error::request_too_large_error, 413, R"("code":413)"},
        {submit_error::rate_limit_exceeded, 429, R"("code":"rate_limit_exceeded")"},
        {submit_error::rate_limit_retry_after, 429, R"("code":"rate_limit_exceeded")"},
        {submit_error::internal_error, 500, R"("code":"internal_error")"},
        {submit_error::bad_gateway_html, 502, "<html>"},
        {submit_error::unavailable, 503, R"("code":"service_unavailable")"},
        {submit_error::legacy_envelope, 500, R"({"success":false,"code":)"},
        {submit_error::oauth_envelope, 500, R"("error_description":)"},
    };

    for (auto const& [kind, status, part] : rows) {
        auto const made = refusal_for(kind, "req-1");
        EXPECT_EQ(made.status, status) << text_of(kind);
        EXPECT_THAT(made.body, HasSubstr(std::string{part})) << text_of(kind);
        EXPECT_EQ(made.retry_after, kind == submit_error::rate_limit_retry_after ? "1" : "") << text_of(kind);
    }
    EXPECT_EQ(rows.size(), kind_table<submit_error>::texts.size());
}

TEST(SimulatorRefusals, TheEnvelopeKeepsTheOrderOfTheProvider) {
    EXPECT_EQ(invalid_request("language must be one of zh, en", "language").body,
              R"({"error":{"code":"invalid_request","message":"language must be one of zh, en",)"
              R"("type":"invalid_request_error","param":"language"}})");
}

TEST(SimulatorRefusals, EveryQueryErrorHasItsStatus) {
    struct row {
        query_error kind;
        unsigned status;
    };
    for (auto const& [kind, status] :
         {row{query_error::rate_limited, 429}, row{query_error::error_500, 500}, row{query_error::not_found, 404},
          row{query_error::bad_gateway_html, 502}, row{query_error::invalid_task_id, 400},
          row{query_error::unauthorized, 401}, row{query_error::quota_exceeded, 402},
          row{query_error::permission_denied, 403}}) {
        EXPECT_EQ(refusal_for(kind, "req-1").status, status) << text_of(kind);
    }
}

}  // namespace
}  // namespace simulator
