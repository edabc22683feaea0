#include "core/retry_schedule.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace voicehook::core {
namespace {

TEST(RetrySchedule, TheWaitIsWhatTheTableSays) {
    auto const usual = retry_schedule{1s, 1h};
    struct {
        retry_schedule schedule;
        std::uint32_t failed;
        double unit;
        duration expected;
    } const rows[] = {
        {usual, 1, 0.5, 500ms},
        {usual, 2, 0.5, 1s},
        {usual, 3, 0.5, 2s},
        {usual, 1, 0.0, 10ms},
        {usual, 3, 0.0, 40ms},
        {usual, 1, 0.001, 10ms},
        {usual, 12, 0.5, 1024s},
        {usual, 13, 0.5, 30min},
        {usual, 100, 0.5, 30min},
        {usual, 100, 0.0, 36s},
        {usual, std::numeric_limits<std::uint32_t>::max(), 0.5, 30min},
        {usual, 0, 0.5, 500ms},
        {usual, 1, -1.0, 10ms},
        {usual, 1, 2.0, 1s},
        {{5min, 1min}, 1, 0.5, 30s},
        {{1ms, 1h}, 1, 0.0, 1ms},
    };
    for (auto const& [schedule, failed, unit, expected] : rows) {
        EXPECT_EQ(next_wait(schedule, failed, unit), expected) << failed << " failures, draw " << unit;
    }
}

TEST(RetrySchedule, NoDrawExceedsTheLongestWait) {
    auto const schedule = retry_schedule{1s, 30s};

    for (std::uint32_t failed = 1; failed < 200; ++failed) {
        EXPECT_LE(next_wait(schedule, failed, 0.999999999), 30s);
        EXPECT_GT(next_wait(schedule, failed, 0.0), 0ms);
    }
}

}  // namespace
}  // namespace voicehook::core
