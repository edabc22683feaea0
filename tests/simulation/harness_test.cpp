#include "campaign.hpp"
#include "ledger.hpp"
#include "life.hpp"
#include "spoilt_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace voicehook::simulation {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr auto noon = instant{1'775'131'200'000ms};

episode_report play_seed(std::uint64_t seed, sabotage const& spoil = {}, trace::mode how = trace::mode::off) {
    auto metrics = telemetry::metrics{{.sinks = {"results", "archive"}}, "test"};
    auto const kept = make_memory_storage();
    return play(draw_plan(seed, 24, std::nullopt), how, metrics, *kept, spoil);
}

template <class Store>
sabotage with() {
    return [](std::unique_ptr<ports::store> sound) { return std::make_unique<Store>(std::move(sound)); };
}

/// What the simulation says of a store that breaks its promise, by the first of some seeds that notices.
template <class Store>
std::string noticed() {
    for (std::uint64_t seed = 1; seed <= 8; ++seed)
        if (auto const played = play_seed(seed, with<Store>()); played.broken) return played.broken->invariant;
    return "nothing";
}

// ---- episodes ----

TEST(Episode, SameSeedPlaysTheSameEpisode) {
    auto const first = play_seed(7);
    auto const again = play_seed(7);
    auto const traced = play_seed(7, {}, trace::mode::on);
    auto const other = play_seed(8);

    EXPECT_EQ(first.fingerprint, again.fingerprint);
    EXPECT_EQ(first.fingerprint, traced.fingerprint);
    EXPECT_NE(first.fingerprint, other.fingerprint);
}

TEST(Episode, SoundStoreKeepsEveryPromise) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        auto const played = play_seed(seed);

        EXPECT_FALSE(played.broken) << "seed " << seed << ": " << played.broken->invariant;
        EXPECT_GT(played.lives, 0);
    }
}

TEST(Episode, StoreThatForgetsWhatItAcceptedIsNoticed) { EXPECT_NE(noticed<forgetful_store>(), "nothing"); }

TEST(Episode, StoreThatAnswersACallbackWithoutKeepingItIsNoticed) { EXPECT_NE(noticed<answering_store>(), "nothing"); }

TEST(Episode, StoreThatClaimsWithoutALeaseIsNoticed) { EXPECT_NE(noticed<unleased_store>(), "nothing"); }

TEST(Episode, DeliveryThatNeverBecomesDueIsNoticed) {
    EXPECT_EQ(noticed<stuck_store>(), "every ended task is delivered or parked");
}

TEST(Episode, BrokenPromiseComesWithTheEventsOfItsTask) {
    auto const played = play_seed(1, with<stuck_store>(), trace::mode::on);

    ASSERT_TRUE(played.broken);
    EXPECT_THAT(played.lines, Not(IsEmpty()));
}

// ---- the book ----

struct Ledger : testing::Test {
    core::task submitting() const {
        auto item = core::task{};
        item.id = task_id{"task-1"};
        item.caller = caller_name{"tts"};
        item.state = core::submitting{noon + 45s};
        item.lease_token = 1;
        return item;
    }
    /// A task that has ended, and its one delivery as the sink gets it.
    core::delivery delivered_task() {
        auto item = submitting();
        book.accepted({ports::acceptance_outcome::stored, item}, item, lease_owner{"life"}, noon, 0ms);
        book.told(item.id, core::terminal::completed);
        item.state = core::ended{core::terminal::completed, noon, std::nullopt};
        item.source = core::result_source::callback;
        book.changed({core::verdict::accepted, item, core::stage::submitting, true});
        auto const sink = sink_name{"results"};
        return {.id = flows::delivery_id_for(item.id, sink), .task = item.id, .sink = sink, .body = "{}"};
    }

    /// The same, given up after an attempt that failed.
    core::delivery parked_task() {
        auto item = delivered_task();
        claim(item);
        book.attempt_recorded({.id = item.id,
                               .token = 1,
                               .decision = core::give_up{core::delivery_cause::refused},
                               .outcome = {.failed = core::delivery_cause::refused}});
        return item;
    }
    void claim(core::delivery item) {
        item.state = core::delivery_state::delivering;
        item.due_at = time.now() + 30s;
        item.lease_token = 1;
        auto claimed = ports::claimed<core::delivery>{};
        claimed.items.push_back(item);
        book.deliveries_claimed(claimed, {.owner = lease_owner{"life"}, .now = time.now(), .lease_until = item.due_at},
                                0ms);
    }
    void pass(duration span) {
        time.after(span, [] {});
        time.step();
    }
    /// A replay of the only sink, after a round that made `replayed` due.
    ports::replay replay_after(std::uint64_t replayed) {
        auto item = ports::replay{.id = replay_id{"replay-1"}, .filter = {.sink = sink_name{"results"}}};
        item.started_at = item.updated_at = noon;
        item.total = 1;
        book.replay_started(item, 0ms);
        item.updated_at = noon + 1h;
        item.replayed = replayed;
        item.state = ports::replay_state::done;
        return item;
    }
    ports::replay_terms const served{.now = noon + 1h, .sinks = {sink_name{"results"}}};

    episode_plan rules{.deliveries = {.give_up_after = 2min},
                       .sinks = {{sink_name{"results"}, {core::terminal::completed}, {}}}};
    dice luck{1};
    scheduler time{noon, luck};
    trace lines{trace::mode::off};
    ledger book{rules, time, lines};
};

TEST_F(Ledger, SecondCopyNeedsAReason) {
    auto const item = delivered_task();

    book.copy_taken(item);
    book.copy_excused(item.id);
    book.copy_taken(item);
    EXPECT_FALSE(book.broken());
    book.copy_taken(item);

    ASSERT_TRUE(book.broken());
    EXPECT_EQ(book.broken()->invariant, "a second copy has a reason");
}

TEST_F(Ledger, CopyWithOtherBytesBreaksAPromise) {
    auto item = delivered_task();
    book.copy_taken(item);
    book.copy_excused(item.id);

    item.body = "{ }";
    book.copy_taken(item);

    ASSERT_TRUE(book.broken());
    EXPECT_EQ(book.broken()->invariant, "one body per delivery");
}

TEST_F(Ledger, SecondVoiceBreaksAPromiseWhileTheKeyIsHonoured) {
    auto const item = submitting();
    book.accepted({ports::acceptance_outcome::stored, item}, item, lease_owner{"life"}, noon, 0ms);

    book.created(item.id);
    EXPECT_FALSE(book.broken());
    book.created(item.id);

    ASSERT_TRUE(book.broken());
    EXPECT_EQ(book.broken()->invariant, "nothing is paid for twice");
}

TEST_F(Ledger, TaskThatLeavesEndedBreaksAPromise) {
    auto const ended = delivered_task().task;
    auto item = submitting();
    item.id = ended;
    item.state = core::in_flight{noon};

    book.changed({core::verdict::applied, item, core::stage::ended, false});

    ASSERT_TRUE(book.broken());
    EXPECT_EQ(book.broken()->invariant, "nothing leaves ended");
}

TEST_F(Ledger, DeliveryGivenUpBeforeItsTimeBreaksAPromise) {
    parked_task();

    ASSERT_TRUE(book.broken());
    EXPECT_EQ(book.broken()->invariant, "nothing is given up before its time");
}

TEST_F(Ledger, DeliveryGivenUpAfterALongPauseAloneBreaksAPromise) {
    book.sink_paused(sink_name{"results"});
    pass(2h);
    book.sink_resumed(sink_name{"results"});

    parked_task();

    ASSERT_TRUE(book.broken());
    EXPECT_EQ(book.broken()->invariant, "nothing is given up before its time");
}

TEST_F(Ledger, WhatStillWaitsWhenASinkComesBackLateBreaksAPromise) {
    delivered_task();
    book.calmed_down();
    book.sink_went_down(sink_name{"results"});
    pass(1h);

    book.sink_came_back(sink_name{"results"});

    ASSERT_TRUE(book.broken());
    EXPECT_EQ(book.broken()->invariant, "what waits for a sink that stays down is given up in time");
}

TEST_F(Ledger, ReplayMakesDueWhatIsParked) {
    pass(1h);
    auto const item = parked_task();

    book.replays_advanced({.ended = {replay_after(1)}}, served);

    EXPECT_FALSE(book.broken());
    EXPECT_EQ(book.deliveries().at(item.id).state, core::delivery_state::pending);
    EXPECT_EQ(book.running_replays(), 0);
}

TEST_F(Ledger, ReplayThatMakesDueWhatIsNotParkedBreaksAPromise) {
    delivered_task();

    book.replays_advanced({.ended = {replay_after(1)}}, served);

    ASSERT_TRUE(book.broken());
    EXPECT_EQ(book.broken()->invariant, "a replay makes due what is parked, and nothing else");
}

TEST_F(Ledger, ReplayThatGoesOnAfterItsEndBreaksAPromise) {
    auto item = replay_after(0);
    book.replay_cancelled(item);

    book.replays_advanced({.running = {item}}, served);

    ASSERT_TRUE(book.broken());
    EXPECT_EQ(book.broken()->invariant, "a replay that has ended goes no further");
}

// ---- lives ----

struct Life : testing::Test {
    static awaitable<void> tick(life& of, std::vector<std::string>& seen, std::shared_ptr<int> held) {
        for (auto number = 1; number <= *held; ++number) {
            co_await of.sleep(10s);
            seen.push_back(fmt::format("tick {}", number));
        }
    }
    void begin() { asio::co_spawn(process->io(), tick(*process, seen, held), asio::detached); }
    void play(duration span) {
        process->run();
        auto over = false;
        time.after(span, [&over] { over = true; });
        while (!over && time.step()) {}
    }

    dice luck{1};
    scheduler time{noon, luck};
    std::shared_ptr<life> process{std::make_shared<life>(time, luck, clock_error{})};
    std::vector<std::string> seen;
    std::shared_ptr<int> held{std::make_shared<int>(3)};
};

TEST_F(Life, EndsInTheMiddleOfAWaitAndDestroysWhatItsCoroutinesHold) {
    begin();
    play(15s);

    process->end();
    play(1min);

    EXPECT_THAT(seen, ElementsAre("tick 1"));
    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(Life, StandsStillWhilePaused) {
    begin();

    process->pause_until(noon + 1min);
    play(59s);
    EXPECT_THAT(seen, IsEmpty());
    play(2s);

    EXPECT_THAT(seen, ElementsAre("tick 1"));
}

TEST_F(Life, ItsClockMayRunFast) {
    auto const fast = std::make_shared<life>(time, luck, clock_error{.offset = 1h, .rate = 2});

    play(10s);

    EXPECT_EQ(fast->now(), noon + 1h + 20s);
}

}  // namespace
}  // namespace voicehook::simulation
