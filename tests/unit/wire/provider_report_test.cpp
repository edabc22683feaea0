#include "wire/provider_messages.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace voicehook::wire {
namespace {

using core::reported_status;

std::string with(std::string_view members) {
    return R"({"id":"task-unified-1","status":"processing",)" + std::string{members} + "}";
}

TEST(ProviderReport, ReadsTheDocumentedBody) {
    auto const report = read_task_report(
        R"({"created":1775123456,"id":"task-unified-1775123456-abcd1234","model":"qwen-voice-design",)"
        R"("object":"audio.generation.task","progress":65,"status":"pending","task_info":{"can_cancel":true,)"
        R"("estimated_time":15,"audio_type":"voice_design"},"type":"audio","usage":{"credits_reserved":2}})");

    ASSERT_TRUE(report);
    EXPECT_EQ(report->id.value(), "task-unified-1775123456-abcd1234");
    EXPECT_EQ(report->status, reported_status::pending);
    EXPECT_EQ(report->progress, 65);
    EXPECT_EQ(report->estimated, 15s);
    EXPECT_EQ(report->error_code, "");
}

TEST(ProviderReport, AMinimalBodyIsEnough) {
    auto const report = read_task_report(R"({"id":"t","status":"completed"})");

    ASSERT_TRUE(report);
    EXPECT_EQ(report->status, reported_status::completed);
    EXPECT_EQ(report->progress, std::nullopt);
    EXPECT_EQ(report->estimated, std::nullopt);
}

TEST(ProviderReport, EveryStatusIsReadAndCanceledIsCancelled) {
    constexpr std::array<std::pair<std::string_view, reported_status>, 10> rows{{
        {"pending", reported_status::pending},
        {"processing", reported_status::processing},
        {"completed", reported_status::completed},
        {"failed", reported_status::failed},
        {"cancelled", reported_status::cancelled},
        {"canceled", reported_status::cancelled},
        {"archived", reported_status::other},
        {"unknown", reported_status::other},
        {"COMPLETED", reported_status::other},
        {"", reported_status::other},
    }};

    for (auto const& [text, expected] : rows) {
        auto const report = read_task_report(R"({"id":"t","status":")" + std::string{text} + "\"}");
        ASSERT_TRUE(report) << text;
        EXPECT_EQ(report->status, expected) << text;
    }
}

TEST(ProviderReport, WhatIsNotJsonIsToldFromWhatIsNotATask) {
    for (auto const body :
         {"", "<html>", "{", R"({"id":"t","status":"completed")", R"({"id":"t","status":completed})",
          R"({"id":"t","status":"completed"}x)", "{\"id\":\"t\",\"status\":\"completed\",\"x\":\"\xff\"}"})
        EXPECT_EQ(read_task_report(body).error(), report_error::not_json) << body;
    for (auto const body :
         {"[]", "null", "1", "\"x\"", "{}", R"({"id":"t"})", R"({"status":"completed"})",
          R"({"id":1,"status":"completed"})", R"({"id":"","status":"completed"})", R"({"id":"t","status":null})",
          R"({"id":"t","status":3})", R"({"id":null,"status":"failed"})", R"({"id":"a b","status":"completed"})",
          R"({"id":"a\n","status":"completed"})", R"({"id":"\u00e4","status":"completed"})",
          R"({"id":"\ud800","status":"completed"})"})
        EXPECT_EQ(read_task_report(body).error(), report_error::not_a_task) << body;
}

TEST(ProviderReport, AnIdIsAtMost256Characters) {
    auto const body = [](std::size_t length) {
        return R"({"status":"failed","id":")" + std::string(length, 'x') + "\"}";
    };

    EXPECT_TRUE(read_task_report(body(256)));
    EXPECT_FALSE(read_task_report(body(257)));
}

TEST(ProviderReport, DeepNestingIsRefusedAndNotFollowed) {
    EXPECT_FALSE(read_task_report(with(R"("x":)" + std::string(100'000, '['))));
    EXPECT_EQ(read_task_report(std::string(100'000, '{')).error(), report_error::not_json);
}

TEST(ProviderReport, StrangeMembersSpoilNothing) {
    for (auto const members : {R"("progress":1e400)",
                               R"("progress":-1)",
                               R"("progress":101)",
                               R"("progress":12345678901234567890)",
                               R"("progress":"50")",
                               R"("progress":null)",
                               R"("progress":[])",
                               R"("progress":1e99999999999999999999)",
                               R"("task_info":null)",
                               R"("task_info":[])",
                               R"("task_info":{"estimated_time":1e400})",
                               R"("task_info":{"estimated_time":-1})",
                               R"("task_info":{"estimated_time":86401})",
                               R"("task_info":{"estimated_time":"15"})",
                               R"("task_info":{"estimated_time":-1e400})",
                               R"("error":null)",
                               R"("error":[])",
                               R"("error":"text")",
                               R"("error":{})",
                               R"("error":{"code":null})",
                               R"("error":{"code":{}})",
                               R"("result_data":{"voice":"x"})",
                               R"("result_data":[{"audio_url":"x"}])",
                               R"("result_data":null)",
                               R"("results":null)",
                               R"("results":{})",
                               R"("usage":{"credits_used":1.75})",
                               R"("created":12345678901234567890)",
                               R"("created":"yesterday")",
                               R"("new_field":{"a":[1,{"b":null}]})"}) {
        auto const report = read_task_report(with(members));
        ASSERT_TRUE(report) << members;
        EXPECT_EQ(report->status, reported_status::processing) << members;
        EXPECT_EQ(report->progress, std::nullopt) << members;
        EXPECT_EQ(report->estimated, std::nullopt) << members;
        EXPECT_EQ(report->error_code, "") << members;
    }
}

TEST(ProviderReport, NumbersInRangeAreTakenHoweverTheyAreWritten) {
    auto const report = read_task_report(with(R"("progress":65.9,"task_info":{"estimated_time":1.5e1})"));
    auto const bounds = read_task_report(with(R"("progress":1e2,"task_info":{"estimated_time":86400})"));
    auto const fraction = read_task_report(with(R"("progress":0,"task_info":{"estimated_time":0.25})"));

    EXPECT_EQ(report->progress, 65);
    EXPECT_EQ(report->estimated, 15s);
    EXPECT_EQ(bounds->progress, 100);
    EXPECT_EQ(bounds->estimated, 24h);
    EXPECT_EQ(fraction->progress, 0);
    EXPECT_EQ(fraction->estimated, 250ms);
}

TEST(ProviderReport, AnErrorCodeIsTextWhateverItsType) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> rows{{
        {R"("error":{"code":"request_cancelled"})", "request_cancelled"},
        {R"("error":{"code":413})", "413"},
        {R"("error":{"code":413.0})", "413"},
        {R"("error":{"code":12345678901234567890})", "12345678901234567890"},
        {R"("error":{"code":1e400})", "1e400"},
        {R"("error":{"code":"a","code":"b"})", "b"},
    }};

    for (auto const& [members, expected] : rows) EXPECT_EQ(read_task_report(with(members))->error_code, expected);
}

TEST(ProviderReport, OfDuplicateMembersTheLastCounts) {
    auto const report = read_task_report(R"({"id":"a","status":"failed","id":"b","\u0073tatus":"completed"})");

    ASSERT_TRUE(report);
    EXPECT_EQ(report->id.value(), "b");
    EXPECT_EQ(report->status, reported_status::completed);
}

TEST(PreviewUrl, IsLookedForInTheOrderOfTheProvidersOwnClient) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> rows{{
        {R"({"results":["r"],"result_data":{"songs":[{"audio_url":"s"}],"audio":"a","audio_url":"u"}})", "u"},
        {R"({"results":["r"],"result_data":{"songs":[{"audio_url":"s"}],"audio":"a"}})", "a"},
        {R"({"results":["r"],"result_data":{"songs":[{"audio_url":"s"}]}})", "s"},
        {R"({"results":["r"],"result_data":{"songs":[],"audio":null,"audio_url":""}})", "r"},
        {R"({"results":["r","q"],"result_data":[{"audio_url":"x"}]})", "r"},
        {R"({"results":["r"]})", "r"},
    }};

    for (auto const& [body, expected] : rows) EXPECT_EQ(preview_url(body), expected) << body;
}

TEST(PreviewUrl, MayBeMissing) {
    for (auto const body : {"", "[]", "{}", R"({"results":[]})", R"({"results":[1]})", R"({"results":[""]})",
                            R"({"result_data":{"songs":["x"]}})", R"({"result_data":"x","results":"y"})"})
        EXPECT_EQ(preview_url(body), std::nullopt) << body;
}

}  // namespace
}  // namespace voicehook::wire
