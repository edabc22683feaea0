#include "bench.hpp"

#include "flows/replay.hpp"

#include <gmock/gmock.h>

namespace voicehook::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

sink_name const results{"results"};

/// Some parked deliveries, and an operator who wants them delivered after all.
class Replay : public ::testing::Test {
protected:
    void park(unsigned count) {
        EXPECT_TRUE(world.run(world.store->set_sink_paused(results, {ports::pause_state::paused, "why", "ann"}, noon)));
        for (auto n = 1U; n <= count; ++n)
            world.call_back(world.submit_one(), provider_body("provider-" + std::to_string(n), "completed"));
        EXPECT_EQ(world.run(world.store->park_removed_sinks({}, 1000, noon)), count);
        EXPECT_TRUE(world.run(world.store->set_sink_paused(results, {}, noon)));
    }
    void begin() {
        auto item = ports::replay{.id = replay_id{"replay-1"}, .who = "ann", .started_at = world.clock.now()};
        item.filter.sink = results;
        EXPECT_TRUE(world.run(world.store->start_replay(item, {.at = world.clock.now(), .who = "ann"})));
    }
    [[nodiscard]] ports::replay shown() { return world.run(world.store->find_replay(replay_id{"replay-1"})).value(); }

    bench world;
    flows::replay replay{world.io.get_executor(),
                         *world.store,
                         world.clock,
                         world.bells,
                         world.metrics,
                         {.batch = 2, .pace = 1s, .look_every = 5s}};

    void TearDown() override {
        replay.stop_claiming();
        world.advance(0s);
    }
};

TEST_F(Replay, DeliversBatchByBatchAtItsPaceAndThenIsDone) {
    park(5);
    begin();
    replay.start();

    world.advance(1s);
    EXPECT_THAT(world.sink->received, SizeIs(2));
    world.advance(1s);
    EXPECT_THAT(world.sink->received, SizeIs(4));
    world.advance(1s);
    EXPECT_THAT(world.sink->received, SizeIs(5));
    EXPECT_EQ(shown().state, ports::replay_state::done);
    EXPECT_EQ(replay.per_second(), 2U);
}

TEST_F(Replay, StandsStillWhileItsSinkIsPausedAndGoesOnAfterwards) {
    park(3);
    begin();
    ASSERT_TRUE(world.run(world.store->set_sink_paused(results, {ports::pause_state::paused, "why", "ann"}, noon)));
    replay.start();

    world.advance(1min);
    EXPECT_THAT(world.sink->received, IsEmpty());
    EXPECT_EQ(shown().state, ports::replay_state::running);
    ASSERT_TRUE(world.run(world.store->set_sink_paused(results, {}, noon)));
    world.advance(10s);

    EXPECT_THAT(world.sink->received, SizeIs(3));
}

TEST_F(Replay, OneThatAnotherReplicaStartedIsFoundWithinSeconds) {
    replay.start();
    world.advance(1min);
    park(1);
    begin();

    world.advance(5s);

    EXPECT_EQ(shown().state, ports::replay_state::done);
    EXPECT_THAT(world.sink->received, SizeIs(1));
}

TEST_F(Replay, OneThatTheLifeBeforeBeganGoesOn) {
    park(3);
    begin();
    replay.start();
    world.advance(1s);
    EXPECT_EQ(shown().replayed, 2U);
    replay.stop_claiming();
    world.advance(1s);

    auto next_life = flows::replay{world.io.get_executor(), *world.store, world.clock, world.bells, world.metrics};
    next_life.start();
    world.advance(10s);
    next_life.stop_claiming();
    world.advance(0s);

    EXPECT_EQ(shown().state, ports::replay_state::done);
    EXPECT_THAT(world.sink->received, SizeIs(3));
}

}  // namespace
}  // namespace voicehook::test
