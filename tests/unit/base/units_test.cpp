#include "base/units.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <utility>

namespace voicehook {
namespace {

TEST(Units, DurationsAreReadAsPeopleWriteThem) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("30s"), 30s);
    EXPECT_EQ(parse_duration("10m"), 10min);
    EXPECT_EQ(parse_duration("24h"), 24h);
    EXPECT_EQ(parse_duration("30d"), 30 * 24h);
    EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Units, AnythingElseIsNoDuration) {
    for (auto const text : {"", "s", "30", "30 s", " 30s", "30s ", "-1s", "+1s", "1.5s", "1S", "1min", "1e3s", "1w",
                            "36501d", "99999999999999999999s", "9223372036854775807d"})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    EXPECT_TRUE(parse_duration("36500d"));
}

TEST(Units, DurationsAreShownInTheShortestExactForm) {
    constexpr std::array<std::pair<duration, std::string_view>, 8> rows{{
        {0ms, "0s"},
        {1ms, "1ms"},
        {1500ms, "1500ms"},
        {30s, "30s"},
        {90s, "90s"},
        {60s, "1m"},
        {90min, "90m"},
        {24h, "1d"},
    }};

    for (auto const& [span, text] : rows) {
        EXPECT_EQ(to_text(span), text);
        EXPECT_EQ(parse_duration(text), span) << text;
    }
}

TEST(Units, SizesAreReadAndShownExactly) {
    constexpr std::array<std::pair<std::string_view, std::size_t>, 6> rows{{
        {"0B", 0},
        {"1B", 1},
        {"1025B", 1025},
        {"64KiB", 65536},
        {"256MiB", 268435456},
        {"1GiB", 1073741824},
    }};

    for (auto const& [text, bytes] : rows) {
        EXPECT_EQ(parse_size(text), bytes) << text;
        EXPECT_EQ(size_to_text(bytes), text);
    }
}

TEST(Units, AnythingElseIsNoSize) {
    for (auto const text :
         {"", "64", "KiB", "64 KiB", "64kib", "64KB", "-1B", "1.5KiB", "1025GiB", "99999999999999999999B"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
    EXPECT_TRUE(parse_size("1024GiB"));
}

}  // namespace
}  // namespace voicehook
