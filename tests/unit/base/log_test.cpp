#include "base/log.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace voicehook {
namespace {

constexpr auto noon = from_unix_ms(1775131200123);

TEST(Log, ALineHasTimeLevelEventAndItsFieldsInTheirOrder) {
    auto const line = render_log_line(log_level::info, noon, "callback_received",
                                      {{"task", task_id{"task-1"}},
                                       {"bytes", 17},
                                       {"ratio", 0.5},
                                       {"tls", true},
                                       {"took_ms", duration{1500}},
                                       {"result", "accepted"}});

    EXPECT_EQ(line, R"({"time":"2026-04-02T12:00:00.123Z","level":"info","event":"callback_received",)"
                    R"("task":"task-1","bytes":17,"ratio":0.5,"tls":true,"took_ms":1500,"result":"accepted"})");
}

TEST(Log, HostileTextCannotForgeALineOrBreakTheJson) {
    auto const line =
        render_log_line(log_level::error, noon, "x", {{"text", std::string{"a\"\\\n\r\t\x01\x7f\xff\xc3\xa4"}}});

    EXPECT_TRUE(line.ends_with(R"("text":"a\"\\\n\r\t\u0001\u007f?)"
                               "\xc3\xa4\"}"))
        << line;
}

TEST(Log, WhatWouldNotBeShownAsItIsArrivesEscaped) {
    auto const line = render_log_line(log_level::info, noon, "x",
                                      {{"text",
                                        "\xc2\x9b"
                                        "31m \xe2\x80\xae"
                                        "cba \xe2\x80\xa8 \xe2\x80\x8b \xf3\xa0\x81\x81 \xf0\x9f\x98\x80"}});

    EXPECT_TRUE(line.ends_with(R"("text":"\u009b31m \u202ecba \u2028 \u200b \udb40\udc41 )"
                               "\xf0\x9f\x98\x80\"}"))
        << line;
}

TEST(Log, LongTextIsCutBetweenCodePoints) {
    auto text = std::string(2047, 'a');
    text += "\xc3\xa4 and more";

    auto const line = render_log_line(log_level::info, noon, "x", {{"text", text}});

    EXPECT_TRUE(line.ends_with(std::string(2047, 'a') + "\"}")) << line;
}

TEST(Log, NumbersThatJsonCannotWriteBecomeNull) {
    auto const line = render_log_line(log_level::info, noon, "x",
                                      {{"a", std::numeric_limits<double>::infinity()},
                                       {"b", std::numeric_limits<double>::quiet_NaN()},
                                       {"c", std::numeric_limits<std::int64_t>::min()}});

    EXPECT_TRUE(line.ends_with(R"("a":null,"b":null,"c":-9223372036854775808})")) << line;
}

TEST(Log, AnIdThatIsNotKnownIsNull) {
    auto const line = render_log_line(log_level::info, noon, "x",
                                      {{"a", std::optional<task_id>{}}, {"b", std::optional{task_id{"task-1"}}}});

    EXPECT_TRUE(line.ends_with(R"("a":null,"b":"task-1"})")) << line;
}

TEST(Log, ASecretIsNoField) { EXPECT_FALSE((std::is_constructible_v<log_field, std::string_view, secret const&>)); }

TEST(Log, NothingBelowTheLevelReachesStandardError) {
    set_log_level(log_level::warning);
    testing::internal::CaptureStderr();

    log_info("quiet");
    log_warning("loud");
    ASSERT_TRUE(flush_log(10s));

    auto const written = testing::internal::GetCapturedStderr();
    set_log_level(log_level::info);
    EXPECT_EQ(written.find("quiet"), std::string::npos) << written;
    EXPECT_NE(written.find(R"("level":"warning","event":"loud"})"
                           "\n"),
              std::string::npos)
        << written;
}

}  // namespace
}  // namespace voicehook
