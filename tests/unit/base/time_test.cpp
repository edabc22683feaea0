#include "base/time.hpp"
#include "base/deadline.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace voicehook {
namespace {

TEST(Time, IsShownInUtcWithMilliseconds) {
    EXPECT_EQ(to_rfc3339(from_unix_ms(1775124672345)), "2026-04-02T10:11:12.345Z");
    EXPECT_EQ(to_rfc3339(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(to_rfc3339(from_unix_ms(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Time, IsShownRightOnBothSidesOfASecondAndBackwards) {
    constexpr auto midnight = std::int64_t{1775174400000};

    EXPECT_EQ(to_rfc3339(from_unix_ms(midnight - 1)), "2026-04-02T23:59:59.999Z");
    EXPECT_EQ(to_rfc3339(from_unix_ms(midnight)), "2026-04-03T00:00:00.000Z");
    EXPECT_EQ(to_rfc3339(from_unix_ms(midnight + 7)), "2026-04-03T00:00:00.007Z");
    EXPECT_EQ(to_rfc3339(from_unix_ms(midnight - 1000)), "2026-04-02T23:59:59.000Z");
}

TEST(Time, Rfc3339IsReadWithAnyOffsetAndFraction) {
    constexpr auto moment = std::int64_t{1775124672000};
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 9> rows{{
        {"2026-04-02T10:11:12Z", moment},
        {"2026-04-02t10:11:12z", moment},
        {"2026-04-02T10:11:12.3Z", moment + 300},
        {"2026-04-02T10:11:12.3456789Z", moment + 345},
        {"2026-04-02T10:11:12.000999999Z", moment},
        {"2026-04-02T12:11:12+02:00", moment},
        {"2026-04-02T04:41:12.5-05:30", moment + 500},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2016-12-31T23:59:60Z", 1483228800000},
    }};

    for (auto const& [text, expected] : rows) EXPECT_EQ(parse_rfc3339(text), from_unix_ms(expected)) << text;
}

TEST(Time, WhatIsNotRfc3339IsRefused) {
    for (auto const text : {"",
                            "2026-04-02",
                            "2026-04-02T10:11Z",
                            "2026-04-02T10:11:12",
                            "2026-04-02 10:11:12Z",
                            "2026-4-02T10:11:12Z",
                            "2026-02-30T10:11:12Z",
                            "2026-13-01T10:11:12Z",
                            "2026-00-01T10:11:12Z",
                            "2026-04-02T24:11:12Z",
                            "2026-04-02T10:60:12Z",
                            "2026-04-02T10:11:61Z",
                            "2026-04-02T10:11:12.Z",
                            "2026-04-02T10:11:12.1234567890Z",
                            "2026-04-02T10:11:12+0200",
                            "2026-04-02T10:11:12+24:00",
                            "2026-04-02T10:11:12+02:60",
                            "2026-04-02T10:11:12Z ",
                            " 2026-04-02T10:11:12Z",
                            "2026-04-02T10:11:12,5Z",
                            "-026-04-02T10:11:12Z",
                            "+026-04-02T10:11:12Z"})
        EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(Time, TheHttpDateOfTheRfcIsRead) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), from_unix_ms(784111777000));
}

TEST(Time, WhatIsNotThePreferredHttpDateIsRefused) {
    for (auto const text :
         {"", "120", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT+1"})
        EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(Time, SecondsAreRoundedDown) {
    EXPECT_EQ(to_unix_seconds(from_unix_ms(1999)), 1);
    EXPECT_EQ(to_unix_seconds(from_unix_ms(-1)), -1);
}

TEST(Deadline, APassedOneHasNothingLeft) {
    auto const past = deadline::at(deadline::clock::now() - std::chrono::seconds{5});

    EXPECT_TRUE(past.passed());
    EXPECT_EQ(past.left(), duration::zero());
}

TEST(Deadline, APhaseNeverOutlivesTheOperation) {
    auto const operation = deadline::in(1h);

    EXPECT_EQ(operation.within(2h).moment(), operation.moment());
    EXPECT_LT(operation.within(1s).moment(), operation.moment());
    EXPECT_FALSE(operation.passed());
}

}  // namespace
}  // namespace voicehook
