#include "core/poll_plan.hpp"

#include "core/canary.hpp"

#include "lifecycle_kit.hpp"

namespace voicehook::core {
namespace {

using namespace kit;

constexpr poll_policy usual{};
constexpr double middle = 0.5;

learned_durations learned_from(std::initializer_list<duration> observations) {
    auto learned = learned_durations{};
    for (auto const took : observations) learned.observe(took);
    return learned;
}

learned_durations eight_times(duration took) { return learned_from({took, took, took, took, took, took, took, took}); }

TEST(LearnedDurations, SayNothingBeforeEightObservations) {
    EXPECT_EQ(learned_from({}).typical(), std::nullopt);
    EXPECT_EQ(learned_from({1s, 1s, 1s, 1s, 1s, 1s, 1s}).typical(), std::nullopt);
    EXPECT_EQ(eight_times(1s).typical(), 1s);
}

TEST(LearnedDurations, AreTheNinetiethPercentile) {
    auto const learned = learned_from({10s, 9s, 8s, 7s, 6s, 5s, 4s, 3s, 2s, 1s});

    EXPECT_EQ(learned.typical(), 9s);
}

TEST(LearnedDurations, ForgetWhatIsLongAgo) {
    auto learned = learned_durations{};

    for (int count = 0; count < 128; ++count) learned.observe(1h);
    for (int count = 0; count < 128; ++count) learned.observe(10s);

    EXPECT_EQ(learned.typical(), 10s);
}

TEST(LearnedDurations, LeaveOutTimesThatAreNotPositive) {
    auto const learned = learned_from({0s, -1s, 0s, -5s, 0s, 0s, 0s, 0s, 0s});

    EXPECT_EQ(learned.typical(), std::nullopt);
}

TEST(FirstPoll, IsWhatTheTableSays) {
    auto const set = poll_policy{.first_after = 30s};
    struct {
        std::string_view name;
        poll_policy policy;
        learned_durations learned;
        std::optional<duration> estimated;
        duration expected;
    } const rows[] = {
        {"set by the operator", set, eight_times(40s), 20s, 30s},
        {"learned before estimated", usual, eight_times(40s), 20s, 52s},
        {"estimated", usual, learned_from({}), 20s, 27s},
        {"too little learned", usual, learned_from({40s}), 20s, 27s},
        {"nothing known", usual, learned_from({}), std::nullopt, 20s + 750ms},
    };
    for (auto const& [name, policy, learned, estimated, expected] : rows) {
        EXPECT_EQ(first_poll(policy, learned, estimated, noon), noon + expected) << name;
    }
}

TEST(NextPoll, IsWhatTheTableSays) {
    struct {
        std::string_view name;
        std::uint32_t queries;
        duration open_for;
        std::optional<duration> retry_after;
        double unit;
        duration expected;
    } constexpr rows[] = {
        {"the interval", 0, 1min, std::nullopt, middle, 6s},
        {"10 % less", 0, 1min, std::nullopt, 0.0, 5400ms},
        {"10 % more", 0, 1min, std::nullopt, 1.0, 6600ms},
        {"one failure doubles", 1, 1min, std::nullopt, middle, 12s},
        {"five failures", 5, 1min, std::nullopt, middle, 192s},
        {"never above five minutes", 6, 1min, std::nullopt, middle, 5min},
        {"never above five minutes, for ever", 4'000'000'000, 1min, std::nullopt, middle, 5min},
        {"what the provider asks for", 0, 1min, 40s, middle, 40s},
        {"the provider asks for less", 0, 1min, 1s, middle, 6s},
        {"just not overdue", 0, 24h, std::nullopt, middle, 6s},
        {"overdue", 0, 24h + 1ms, std::nullopt, middle, 1h},
        {"overdue and failing", 9, 25h, std::nullopt, middle, 1h},
        {"overdue, asked for more", 0, 25h, 2h, middle, 2h},
    };
    for (auto const& [name, queries, open_for, retry_after, unit, expected] : rows) {
        auto item = an_in_flight_task();
        item.queries = queries;

        auto const now = *item.accepted_at + open_for;

        EXPECT_EQ(next_poll(usual, item, retry_after, now, unit) - now, expected) << name;
    }
}

poll_policy alone(poll_policy policy = {}) {
    policy.callbacks = callback_path::broken;
    return policy;
}

TEST(FirstPoll, ComesAsSoonAsTheProviderEstimatedWhileCallbacksDoNotComeThrough) {
    struct {
        std::string_view name;
        poll_policy policy;
        learned_durations learned;
        std::optional<duration> estimated;
        duration expected;
    } const rows[] = {
        {"estimated, whatever was learned", alone(), eight_times(40s), 20s, 20s},
        {"nothing known", alone(), learned_from({}), std::nullopt, 15s},
        {"set by the operator, and later", alone({.first_after = 1h}), learned_from({}), 20s, 20s},
        {"set by the operator, and sooner", alone({.first_after = 5s}), learned_from({}), 20s, 5s},
        {"estimated as nothing", alone(), learned_from({}), 0s, 1s},
    };
    for (auto const& [name, policy, learned, estimated, expected] : rows) {
        EXPECT_EQ(first_poll(policy, learned, estimated, noon), noon + expected) << name;
    }
}

TEST(FirstPoll, IsNeverLaterBecauseCallbacksDoNotComeThrough) {
    for (auto const first_after :
         {std::optional<duration>{}, std::optional<duration>{0s}, std::optional<duration>{10min}})
        for (auto const estimated :
             {std::optional<duration>{}, std::optional<duration>{1s}, std::optional<duration>{1min}})
            EXPECT_LE(first_poll(alone({.first_after = first_after}), learned_from({}), estimated, noon),
                      first_poll({.first_after = first_after}, learned_from({}), estimated, noon));
}

TEST(NextPoll, ComesSoonerWhileCallbacksDoNotComeThroughAndHammersNobody) {
    struct {
        std::string_view name;
        duration interval;
        std::uint32_t queries;
        duration open_for;
        std::optional<duration> retry_after;
        duration expected;
    } constexpr rows[] = {
        {"half the interval", 6s, 0, 1min, std::nullopt, 3s},
        {"half a long one", 1min, 0, 1min, std::nullopt, 30s},
        {"three seconds at the least", 5s, 0, 1min, std::nullopt, 3s},
        {"a short one stays", 1s, 0, 1min, std::nullopt, 1s},
        {"one failure doubles", 6s, 1, 1min, std::nullopt, 6s},
        {"never above a minute", 6s, 4'000'000'000, 1min, std::nullopt, 1min},
        {"what the provider asks for", 6s, 0, 1min, 40s, 40s},
        {"overdue", 6s, 0, 25h, std::nullopt, 1h},
    };
    for (auto const& [name, interval, queries, open_for, retry_after, expected] : rows) {
        auto item = an_in_flight_task();
        item.queries = queries;

        auto const now = *item.accepted_at + open_for;

        EXPECT_EQ(next_poll(alone({.interval = interval}), item, retry_after, now, middle) - now, expected) << name;
    }
}

TEST(CallbackPath, IsBrokenAfterTwoCanariesInARow) {
    EXPECT_EQ(path_after(0), callback_path::open);
    EXPECT_EQ(path_after(1), callback_path::open);
    EXPECT_EQ(path_after(2), callback_path::broken);
    EXPECT_EQ(path_after(4'000'000'000), callback_path::broken);
}

TEST(CanaryTask, IsATaskOfOursThatNobodyCanHaveMade) {
    EXPECT_TRUE(is_task_id(canary_task));
    EXPECT_EQ(made_at(task_id{std::string{canary_task}}), instant{});
}

TEST(NextPoll, ALongIntervalIsNotShortenedByFailures) {
    auto item = an_in_flight_task();
    item.queries = 3;

    EXPECT_EQ(next_poll({.interval = 10min}, item, std::nullopt, noon, middle), noon + 10min);
}

TEST(NextPoll, AnIntervalAboveAnHourIsNotShortenedByBeingOverdue) {
    auto const now = noon + 25h;

    EXPECT_EQ(next_poll({.interval = 2h}, an_in_flight_task(), std::nullopt, now, middle), now + 2h);
}

TEST(Overdue, CountsFromTheAcceptance) {
    auto const item = an_in_flight_task();

    EXPECT_FALSE(overdue(usual, item, *item.accepted_at + 24h));
    EXPECT_TRUE(overdue(usual, item, *item.accepted_at + 24h + 1ms));
}

TEST(Overdue, CountsFromOursWhereTheProvidersIsNotKnown) {
    auto const item = an_unknown_task();

    EXPECT_FALSE(overdue(usual, item, item.created_at + 24h));
    EXPECT_TRUE(overdue(usual, item, item.created_at + 24h + 1ms));
}

TEST(Overdue, IsNothingThatHasEnded) { EXPECT_FALSE(overdue(usual, an_ended_task(), noon + 1000h)); }

}  // namespace
}  // namespace voicehook::core
