#include "core/retry_budget.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace voicehook::core {
namespace {

constexpr instant noon = instant{std::chrono::sys_days{std::chrono::year{2026} / 4 / 2}} + 12h;
constexpr retry_budget_policy usual{};

/// Plays `seconds` of `per_second` first tries of which `failing` in a hundred fail, each retry failing again; how many
/// retries fall due in the second half of that time, per first try in it.
double retries_per_first_try(int per_second, int failing, int seconds) {
    auto budget = retry_budget{usual, noon};
    auto due = std::vector<instant>{};
    auto const schedule = [&](instant now) { due.push_back(now + std::max(duration{1s}, budget.take(now))); };
    auto firsts = 0;
    auto retries = 0;
    for (int tick = 0; tick < seconds * per_second; ++tick) {
        auto const now = noon + duration{tick * 1000 / per_second};
        auto const counts = tick >= seconds * per_second / 2;
        budget.note_first_try(now);
        firsts += counts ? 1 : 0;
        if (tick % 100 < failing) schedule(now);
        auto const waiting = std::exchange(due, {});
        for (auto const at : waiting) {
            if (at > now) {
                due.push_back(at);
                continue;
            }
            retries += counts ? 1 : 0;
            schedule(now);
        }
    }
    return static_cast<double>(retries) / firsts;
}

TEST(RetryBudget, RetriesStayAFifthOfFirstTriesHoweverManyFail) {
    EXPECT_LE(retries_per_first_try(50, 30, 120), 0.21);
    EXPECT_LE(retries_per_first_try(50, 100, 60), 0.21);
}

TEST(RetryBudget, FewFailuresAreNotPutOff) {
    auto budget = retry_budget{usual, noon};
    auto put_off = duration::zero();
    for (int tick = 0; tick < 1000; ++tick) {
        auto const now = noon + tick * 10ms;
        budget.note_first_try(now);
        if (tick % 10 == 0) put_off += budget.take(now);
    }

    EXPECT_EQ(put_off, duration::zero());
}

TEST(RetryBudget, WhenFirstTriesStopTheirRoomIsForRetries) {
    auto budget = retry_budget{usual, noon};
    for (int tick = 0; tick < 6000; ++tick) {
        budget.note_first_try(noon + tick * 10ms);
        if (tick % 2 == 0) static_cast<void>(budget.take(noon + tick * 10ms));
    }
    auto const over = noon + 60s;
    EXPECT_GT(budget.take(over), 30s) << "as long as they go on: half of them fail, a fifth may come again";

    EXPECT_LT(budget.take(over + 10s), 60s);
    EXPECT_LT(budget.take(over + 40s), 5s);
}

TEST(RetryBudget, LittleTrafficMayRetryOncePerSecond) {
    auto budget = retry_budget{usual, noon};
    for (int spent = 0; spent < 20; ++spent) EXPECT_EQ(budget.take(noon), 0s);

    EXPECT_EQ(budget.take(noon), 1s);
    EXPECT_EQ(budget.take(noon), 2s);
    EXPECT_EQ(budget.take(noon + 10s), 0s);
}

TEST(RetryBudget, QuietTimeSavesNoMoreThanTheBurst) {
    auto budget = retry_budget{usual, noon};
    static_cast<void>(budget.take(noon));
    auto const later = noon + 24h;

    for (int spent = 0; spent < 20; ++spent) EXPECT_EQ(budget.take(later), 0s);

    EXPECT_GT(budget.take(later), 0s);
}

TEST(RetryBudget, ASinkThatRefusedEverythingForHoursHasPaidForItAnHourAfterItIsWell) {
    auto budget = retry_budget{usual, noon};
    auto now = noon;
    auto const first_try = [&](std::string_view outcome) {
        now += 100ms;
        budget.note_first_try(now);
        return outcome == "failed" ? budget.take(now) : duration::zero();
    };
    for (int tick = 0; tick < 5 * 36'000; ++tick) EXPECT_LE(first_try("failed"), 1h);

    for (int tick = 0; tick < 36'100; ++tick) first_try("delivered");

    EXPECT_LT(first_try("failed"), 1s);
}

TEST(RetryBudget, NothingIsOwedAfterAQuietNight) {
    auto budget = retry_budget{usual, noon};
    for (int tick = 0; tick < 6000; ++tick) {
        budget.note_first_try(noon + tick * 10ms);
        static_cast<void>(budget.take(noon + tick * 10ms));
    }

    EXPECT_EQ(budget.take(noon + 8h), 0s);
}

TEST(RetryBudget, AClockThatGoesBackFillsNothing) {
    auto budget = retry_budget{usual, noon};
    for (int spent = 0; spent < 20; ++spent) static_cast<void>(budget.take(noon));

    EXPECT_EQ(budget.take(noon - 1h), 1s);
}

}  // namespace
}  // namespace voicehook::core
