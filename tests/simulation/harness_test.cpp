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

    episode_plan rules{.sinks = {{sink_name{"results"}, {core::terminal::completed}, {}}}};
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
