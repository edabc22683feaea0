// What watchers get to see of what happens, however fast it happens.
#include "flows/activity.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <string>

namespace voicehook::flows {
namespace {

constexpr auto noon = instant{1'775'131'200'000ms};

activity_entry event(std::string detail) {
    return {.at = noon, .kind = happening::action, .task = {}, .caller = {}, .sink = {}, .detail = std::move(detail)};
}

class Activity : public ::testing::Test {
protected:
    void happen(int count) {
        for (int i = 0; i < count; ++i) item_.note(event(std::to_string(i)));
    }
    /// Spawns a wait and tells whether it has returned.
    std::shared_ptr<bool> wait(awaitable<void> work) {
        auto done = std::make_shared<bool>(false);
        asio::co_spawn(io_, std::move(work), [done](std::exception_ptr) { *done = true; });
        run_what_is_ready();
        return done;
    }
    void run_what_is_ready() {
        io_.restart();
        io_.poll();
    }

    asio::io_context io_{1};
    activity item_{io_.get_executor(), 1000};
};

TEST_F(Activity, EventsAreNumberedFromTheFirstNumberOn) {
    EXPECT_EQ(item_.newest(), 999u);

    happen(2);

    auto const found = item_.after(999, 50);
    ASSERT_EQ(found.entries.size(), 2u);
    EXPECT_EQ(found.entries[0].seq, 1000u);
    EXPECT_EQ(found.entries[1].seq, 1001u);
    EXPECT_EQ(found.entries[1].detail, "1");
    EXPECT_EQ(found.skipped, 0u);
}

TEST_F(Activity, WhoHasSeenEverythingGetsNothing) {
    happen(2);

    EXPECT_TRUE(item_.after(1001, 50).entries.empty());
    EXPECT_TRUE(item_.after(5000, 50).entries.empty());
}

TEST_F(Activity, OfTooManyEventsTheLatestAreShownAndTheOthersCounted) {
    happen(200);

    auto const found = item_.after(999, 50);

    EXPECT_EQ(found.skipped, 150u);
    ASSERT_EQ(found.entries.size(), 50u);
    EXPECT_EQ(found.entries.back().seq, item_.newest());
}

TEST_F(Activity, WhatTheRingHasForgottenIsCountedToo) {
    happen(2000);

    auto const found = item_.after(999, 5000);

    EXPECT_EQ(found.entries.size(), activity::kept);
    EXPECT_EQ(found.skipped + found.entries.size(), 2000u);
}

TEST_F(Activity, ANewWatcherBeginsWithTheLatestAndHasSkippedNothing) {
    happen(30);

    auto const few = item_.after(item_.before_latest(10), 50);
    auto const all = item_.after(item_.before_latest(50), 50);

    EXPECT_EQ(few.entries.size(), 10u);
    EXPECT_EQ(all.entries.size(), 30u);
    EXPECT_EQ(few.skipped + all.skipped, 0u);
}

TEST_F(Activity, OnlyNumbersOfThisLifeAreItsOwn) {
    happen(2);

    EXPECT_TRUE(item_.numbered(1001));
    EXPECT_FALSE(item_.numbered(999));
    EXPECT_FALSE(item_.numbered(1002));
}

TEST_F(Activity, ALongDetailIsCut) {
    item_.note(event(std::string(5000, 'x')));

    EXPECT_EQ(item_.after(999, 1).entries.front().detail.size(), 200u);
}

TEST_F(Activity, AWatcherWakesWhenSomethingHappens) {
    activity::subscription watching{item_};
    auto const woken = wait(watching.next(999, deadline::in(1h)));
    ASSERT_FALSE(*woken);

    happen(1);
    run_what_is_ready();

    EXPECT_TRUE(*woken);
}

TEST_F(Activity, AWatcherThatIsBehindDoesNotWait) {
    activity::subscription watching{item_};
    happen(1);

    EXPECT_TRUE(*wait(watching.next(999, deadline::in(1h))));
}

TEST_F(Activity, AWatcherThatPausesSleepsThroughWhatHappens) {
    activity::subscription watching{item_};
    auto const woken = wait(watching.pause(deadline::in(1h)));

    happen(1000);
    run_what_is_ready();
    EXPECT_FALSE(*woken);

    item_.interrupt();
    run_what_is_ready();
    EXPECT_TRUE(*woken);
}

TEST_F(Activity, AfterAnInterruptionNobodyWaits) {
    activity::subscription watching{item_};
    item_.interrupt();

    EXPECT_TRUE(*wait(watching.pause(deadline::in(1h))));
    EXPECT_TRUE(*wait(watching.next(999, deadline::in(1h))));
}

}  // namespace
}  // namespace voicehook::flows
