#include "app/ops/phrases.hpp"

#include <gtest/gtest.h>

namespace voicehook::app::ops {
namespace {

constexpr auto noon = instant{1'775'131'200'000ms};  // 2026-04-02T12:00:00Z

TEST(Phrases, WhatIsNotKnownIsADashAndNeverZero) {
    for (auto const& text : {count({}), span({}), when({}, noon), age({}, noon), clock_time({}), bytes({}), share({}),
                             text_or_dash(json_part{"null"}), text_or_dash(json_part{})})
        EXPECT_EQ(text, "–");
}

TEST(Phrases, NumbersAreGrouped) {
    EXPECT_EQ(count(0), "0");
    EXPECT_EQ(count(999), "999");
    EXPECT_EQ(count(1000), "1,000");
    EXPECT_EQ(count(1234567), "1,234,567");
    EXPECT_EQ(count(-1234), "-1,234");
}

TEST(Phrases, SpansHaveOneUnit) {
    EXPECT_EQ(span(0), "0 s");
    EXPECT_EQ(span(59.9), "59 s");
    EXPECT_EQ(span(60), "1 min");
    EXPECT_EQ(span(3599), "59 min");
    EXPECT_EQ(span(3600), "1 h");
    EXPECT_EQ(span(47 * 3600), "47 h");
    EXPECT_EQ(span(48 * 3600), "2 d");
    EXPECT_EQ(span(-5), "0 s") << "clocks differ a little";
}

TEST(Phrases, MomentsAreAgoOrAhead) {
    EXPECT_EQ(when(noon - 3min, noon), "3 min ago");
    EXPECT_EQ(when(noon + 2h, noon), "in 2 h");
    EXPECT_EQ(age(noon - 90s, noon), "1 min");
    EXPECT_EQ(clock_time(noon + 345ms), "2026-04-02 12:00:00.345");
}

TEST(Phrases, SizesAndSharesHaveUnits) {
    EXPECT_EQ(bytes(0), "0 B");
    EXPECT_EQ(bytes(1023), "1023 B");
    EXPECT_EQ(bytes(1536), "1.5 KiB");
    EXPECT_EQ(bytes(3.0 * 1024 * 1024 * 1024), "3.0 GiB");
    EXPECT_EQ(share(0.031), "3.1 %");
}

TEST(Phrases, OneIsNotMany) {
    EXPECT_EQ(counted(1, "delivery", "deliveries"), "1 delivery");
    EXPECT_EQ(counted(1200, "delivery", "deliveries"), "1,200 deliveries");
}

TEST(Phrases, TextIsMadeFitForATerminal) { EXPECT_EQ(text_or_dash(json_part{R"("a\u001b[31m")"}), "a?[31m"); }

}  // namespace
}  // namespace voicehook::app::ops
