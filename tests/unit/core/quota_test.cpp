#include "core/quota.hpp"

#include <gtest/gtest.h>

namespace voicehook::core {
namespace {

constexpr instant noon = instant{std::chrono::sys_days{std::chrono::year{2026} / 4 / 2}} + 12h;

/// How many of `tries` requests at one moment are let through.
int taken_at(token_bucket& bucket, instant now, int tries) {
    auto taken = 0;
    for (int count = 0; count < tries; ++count) taken += bucket.take(now) ? 0 : 1;
    return taken;
}

TEST(TokenBucket, LetsThroughWhatTheTableSays) {
    struct {
        unsigned per_second;
        duration after_burst;
        int let_through;
    } constexpr rows[] = {{1, 0ms, 0},    {1, 999ms, 0}, {1, 1s, 1},    {1, 1h, 1},    {10, 99ms, 0},  {10, 100ms, 1},
                          {10, 250ms, 2}, {10, 1s, 10},  {10, 60s, 10}, {100, 5ms, 0}, {100, 10ms, 1}, {100, 1s, 100}};
    for (auto const& [per_second, after_burst, let_through] : rows) {
        auto bucket = token_bucket{per_second, noon};

        auto const burst = taken_at(bucket, noon, 1000);
        auto const later = taken_at(bucket, noon + after_burst, 1000);

        EXPECT_EQ(burst, static_cast<int>(per_second));
        EXPECT_EQ(later, let_through) << per_second << "/s after " << after_burst.count() << " ms";
    }
}

TEST(TokenBucket, SaysWhenTheNextOneGoesThrough) {
    auto bucket = token_bucket{2, noon};
    static_cast<void>(taken_at(bucket, noon, 2));

    auto const wait = bucket.take(noon);

    ASSERT_EQ(wait, 500ms);
    EXPECT_NE(bucket.take(noon + *wait - 1ms), std::nullopt);
    EXPECT_EQ(bucket.take(noon + *wait), std::nullopt);
}

TEST(TokenBucket, NeverAsksToWaitLessThanAMillisecond) {
    auto bucket = token_bucket{5000, noon};
    static_cast<void>(taken_at(bucket, noon, 5000));

    EXPECT_EQ(bucket.take(noon), 1ms);
}

TEST(TokenBucket, AClockThatWentBackRefillsNothingAndGoesOnFromThere) {
    auto bucket = token_bucket{10, noon};
    static_cast<void>(taken_at(bucket, noon, 10));

    EXPECT_EQ(taken_at(bucket, noon - 1h, 10), 0);
    EXPECT_EQ(taken_at(bucket, noon - 1h + 500ms, 10), 5);
}

TEST(TokenBucket, AZeroRateIsTakenForOne) {
    auto bucket = token_bucket{0, noon};

    EXPECT_EQ(taken_at(bucket, noon, 5), 1);
}

TEST(TokenBucket, TakesSeveralAtOnceAndGivesUnusedOnesBack) {
    auto bucket = token_bucket{10, noon};

    EXPECT_EQ(bucket.take_up_to(7, noon), 7u);
    EXPECT_EQ(bucket.take_up_to(7, noon), 3u);
    EXPECT_EQ(bucket.take_up_to(7, noon), 0u);
    EXPECT_EQ(bucket.until_next(noon), 100ms);
    bucket.give_back(4);
    EXPECT_EQ(bucket.take_up_to(7, noon), 4u);
}

}  // namespace
}  // namespace voicehook::core
