#include "bench.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace voicehook::test {
namespace {

using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::Lt;
using testing::SizeIs;

core::attempt_outcome failure_of(core::delivery_cause cause) {
    return {.failed = cause, .answer = std::string{to_text(cause)}, .retry_after = {}};
}

/// Whether the far side that a result is for is dead: the one for failures is.
bool is_dead(core::delivery const& item) { return item.event_type == "voice_design.failed"; }

/// Results for one sink that is treated as `terms` say.
class SinkWorker : public testing::Test {
protected:
    void serve(core::sink_terms terms) { world.dispatch.use_sinks({{world.sink, std::move(terms)}}); }

    void end_tasks(int count) {
        for (int task = 0; task < count; ++task) {
            auto const id = world.submit_one({}, "calm");
            auto const provider_id = fmt::format("provider-{}", ++ended);
            world.call_back(id, provider_body(provider_id, "completed"));
        }
        world.advance(0ms);
    }

    void fail_next(std::size_t count, core::delivery_cause cause) {
        world.sink->script.resize(count, failure_of(cause));
    }

    /// How many deliveries were put back.
    [[nodiscard]] double put_back() {
        auto sum = 0.0;
        for (auto const& series : world.metrics.read(telemetry::counter::deliveries_deferred)) sum += series.value;
        return sum;
    }

    [[nodiscard]] std::size_t in_state(core::delivery_state state) {
        auto const counts = world.run(world.store->summary(world.clock.now())).value().sinks.at(sink_name{"results"});
        auto const found = counts.by_state.find(state);
        return found == counts.by_state.end() ? 0 : found->second;
    }

    void hold(ports::pause_state state) {
        auto const name = sink_name{"results"};
        ASSERT_TRUE(
            world.run(world.store->set_sink_paused(name, {state, "to have a stock", "ann"}, world.clock.now())));
        world.bells.ring_sink(name, world.clock.now());
    }

    [[nodiscard]] flows::sink_health health() { return world.dispatch.health().at(sink_name{"results"}); }
    [[nodiscard]] std::size_t attempts() const { return world.sink->received.size(); }

    bench world;
    int ended{};
};

TEST_F(SinkWorker, ASinkThatIsDownGetsOneProbeAtATimeHoweverMuchWaits) {
    serve({.breaker = {.opens_after = 5, .first_wait = 1s, .longest_wait = 30s}});
    fail_next(1000, core::delivery_cause::refused);

    end_tasks(100);
    world.advance(5min);

    EXPECT_THAT(attempts(), Lt(30u));
    EXPECT_EQ(health().breaker, core::breaker_state::open);
    EXPECT_EQ(health().problem, "refused");
}

TEST_F(SinkWorker, OnceTheProbeGoesWellEverythingThatWaitsIsDelivered) {
    serve({.breaker = {.opens_after = 5, .first_wait = 1s, .longest_wait = 30s}});
    fail_next(12, core::delivery_cause::status_5xx);

    end_tasks(100);
    world.advance(10min);

    EXPECT_EQ(attempts(), 112u);
    EXPECT_EQ(health().breaker, core::breaker_state::closed);
    EXPECT_EQ(world.run(world.store->summary(world.clock.now()))
                  .value()
                  .sinks.at(sink_name{"results"})
                  .by_state.at(core::delivery_state::delivered),
              100u);
}

TEST_F(SinkWorker, AnAttemptThatThrowsCountsAsAFailureAndTheProbeComesBack) {
    serve({.breaker = {.opens_after = 2, .first_wait = 1s, .longest_wait = 2s}});
    world.sink->throws = 4;

    end_tasks(3);
    world.advance(1h);

    EXPECT_EQ(health().breaker, core::breaker_state::closed);
    EXPECT_EQ(attempts(), 7u);
}

TEST_F(SinkWorker, AnswersAboutADeliveryOpenNoBreaker) {
    serve({.breaker = {.opens_after = 2}});
    fail_next(20, core::delivery_cause::status_4xx);

    end_tasks(20);

    EXPECT_EQ(health().breaker, core::breaker_state::closed);
    EXPECT_EQ(attempts(), 20u);
}

TEST_F(SinkWorker, BeginsNoMoreAttemptsPerSecondThanItsRate) {
    serve({.deliveries_per_second = 5});
    end_tasks(30);

    EXPECT_EQ(attempts(), 5u);
    world.advance(2s);
    EXPECT_EQ(attempts(), 15u);
    world.advance(10s);
    EXPECT_EQ(attempts(), 30u);
}

TEST_F(SinkWorker, RetriesArePutOffWhenTheBudgetIsEmpty) {
    serve({.policy = {.retries = {.first = 1s, .longest = 1s}}, .breaker = {.opens_after = 1'000'000}});
    fail_next(100'000, core::delivery_cause::status_4xx);
    end_tasks(100);
    EXPECT_EQ(attempts(), 100u);

    world.advance(60s);

    // What 100 first tries at once leave room for when no others come; 6000 without a budget.
    EXPECT_THAT(attempts() - 100, testing::AllOf(testing::Ge(60u), testing::Le(400u)));
}

TEST_F(SinkWorker, AHostWithoutRoomOrLifeLeavesRoomForTheOthers) {
    world.sink->destination = [](core::delivery const& item) {
        return is_dead(item) ? "dead.example" : "alive.example";
    };
    world.sink->answer = [](core::delivery const& item) {
        return is_dead(item) ? failure_of(core::delivery_cause::timeout)
                             : core::attempt_outcome{.failed = {}, .answer = "HTTP 200"};
    };
    serve({.breaker = {.opens_after = 3}, .max_per_destination = 2});
    for (int task = 0; task < 40; ++task) {
        auto const id = world.submit_one();
        world.call_back(id, provider_body(fmt::format("provider-{}", ++ended), task % 4 == 3 ? "completed" : "failed"));
    }

    world.advance(1min);

    auto const counts = world.run(world.store->summary(world.clock.now())).value().sinks.at(sink_name{"results"});
    EXPECT_EQ(counts.by_state.at(core::delivery_state::delivered), 10u);
    EXPECT_EQ(health().ill_destinations, 1u) << attempts();
    EXPECT_EQ(health().breaker, core::breaker_state::closed);
    EXPECT_THAT(attempts(), Lt(10u + 30u + 10u));
}

TEST_F(SinkWorker, WhatWaitsForASinkThatStaysDownIsParkedWhenItHasBeenTriedForLongEnough) {
    serve({.policy = {.give_up_after = 1h}, .breaker = {.opens_after = 5}});
    world.sink->answer = [](core::delivery const&) { return failure_of(core::delivery_cause::refused); };
    end_tasks(100);
    world.advance(59min);
    EXPECT_EQ(in_state(core::delivery_state::parked), 0u);

    end_tasks(1);
    world.advance(6min);

    EXPECT_EQ(in_state(core::delivery_state::parked), 100u);
    EXPECT_THAT(attempts(), Lt(200u));
    auto const given_up = world.run(world.store->list_deliveries({.state = core::delivery_state::parked})).value();
    EXPECT_THAT(given_up.items, Each(Field(&core::delivery::cause, core::delivery_cause::refused)));
    EXPECT_THAT(given_up.items, Contains(Field(&core::delivery::attempts, 0u)));
    EXPECT_THAT(given_up.items, Each(Field(&core::delivery::last_answer, "refused")));
    EXPECT_TRUE(world.audit().violations.empty());

    world.advance(1h);
    EXPECT_EQ(in_state(core::delivery_state::parked), 101u);
}

TEST_F(SinkWorker, WhatAnOperatorRetriesIsNotGivenUpBeforeTheSinkHadAnotherChance) {
    serve({.policy = {.give_up_after = 2s}, .breaker = {.opens_after = 1, .first_wait = 30s, .longest_wait = 30s}});
    fail_next(2, core::delivery_cause::refused);
    end_tasks(1);
    world.advance(31s);
    ASSERT_EQ(in_state(core::delivery_state::parked), 1u);
    auto const attempted = attempts();
    auto const parked = world.run(world.store->list_deliveries({.state = core::delivery_state::parked})).value().items;

    ASSERT_TRUE(world.run(world.store->retry_delivery(parked.at(0).id, "ann", world.clock.now())));
    world.bells.ring_sink(sink_name{"results"}, world.clock.now());
    world.advance(15s);
    EXPECT_EQ(in_state(core::delivery_state::pending), 1u);
    EXPECT_EQ(attempts(), attempted);

    world.advance(1min);
    EXPECT_EQ(in_state(core::delivery_state::delivered), 1u);
}

TEST_F(SinkWorker, WhatASinkWasPausedForIsNotHeldAgainstWhatWaitsForIt) {
    serve({.policy = {.give_up_after = 1h}, .breaker = {.opens_after = 1}});
    world.sink->answer = [](core::delivery const&) { return failure_of(core::delivery_cause::refused); };
    end_tasks(5);
    world.advance(10min);

    hold(ports::pause_state::paused);
    world.advance(3h);
    hold(ports::pause_state::running);
    world.advance(40min);
    EXPECT_EQ(in_state(core::delivery_state::parked), 0u);

    world.advance(2h);
    EXPECT_EQ(in_state(core::delivery_state::parked), 5u);
}

TEST_F(SinkWorker, WhatWaitsForADeadHostIsParkedWhenItHasBeenTriedForLongEnough) {
    world.sink->destination = [](core::delivery const&) { return "dead.example"; };
    world.sink->answer = [](core::delivery const&) { return failure_of(core::delivery_cause::dns); };
    serve({.policy = {.give_up_after = 1h}, .breaker = {.opens_after = 3}, .max_per_destination = 2});
    end_tasks(50);
    world.advance(59min);
    EXPECT_EQ(in_state(core::delivery_state::parked), 0u);

    world.advance(30min);

    EXPECT_EQ(in_state(core::delivery_state::parked), 50u);
    auto const given_up = world.run(world.store->list_deliveries({.state = core::delivery_state::parked})).value();
    EXPECT_THAT(given_up.items, Each(Field(&core::delivery::cause, core::delivery_cause::dns)));
}

TEST_F(SinkWorker, WhatOneHostRefusesPutsOffNoRetryOfAnother) {
    world.sink->destination = [](core::delivery const& item) {
        return is_dead(item) ? "refuses.example" : "alive.example";
    };
    world.sink->answer = [failed = false](core::delivery const& item) mutable {
        if (is_dead(item)) return failure_of(core::delivery_cause::status_4xx);
        if (!std::exchange(failed, true)) return failure_of(core::delivery_cause::status_5xx);
        return core::attempt_outcome{.failed = {}, .answer = "HTTP 200"};
    };
    serve({.policy = {.retries = {.first = 1s, .longest = 1s}}, .max_per_destination = 2});
    for (int task = 0; task < 100; ++task)
        world.call_back(world.submit_one(), provider_body(fmt::format("provider-{}", ++ended), "failed"));
    world.advance(30s);

    end_tasks(1);
    world.advance(5s);

    auto const counts = world.run(world.store->summary(world.clock.now())).value().sinks.at(sink_name{"results"});
    EXPECT_EQ(counts.by_state.at(core::delivery_state::delivered), 1u);
}

TEST_F(SinkWorker, AHostThatWasGivenUpIsNotShownAsIllForEver) {
    world.sink->destination = [](core::delivery const&) { return "gone.example"; };
    serve({.policy = {.retries = {.first = 1s, .longest = 1s}, .give_up_after = 10s},
           .breaker = {.opens_after = 2},
           .max_per_destination = 2});
    fail_next(100, core::delivery_cause::dns);
    end_tasks(1);
    world.advance(1min);
    ASSERT_THAT(world.metrics.render(), HasSubstr("voicehook_sink_ill_destinations{sink=\"results\"} 1\n"));

    world.advance(20min);

    EXPECT_THAT(world.metrics.render(), HasSubstr("voicehook_sink_ill_destinations{sink=\"results\"} 0\n"));
}

TEST_F(SinkWorker, WhatWasPutBackCountsAsNoAttempt) {
    world.sink->destination = [](core::delivery const&) { return "slow.example"; };
    serve({.max_per_destination = 1});
    hold(ports::pause_state::paused);
    auto const first = world.submit_one();
    auto const second = world.submit_one();
    world.call_back(first, provider_body("provider-1", "completed"));
    world.call_back(second, provider_body("provider-2", "completed"));
    hold(ports::pause_state::running);

    world.advance(1min);

    EXPECT_EQ(put_back(), 1);
    EXPECT_THAT(world.sink->received, SizeIs(2));
    EXPECT_THAT(world.sink->received, Each(Field(&core::delivery::attempts, 1u)));
    for (auto const& id : {first, second}) EXPECT_THAT(world.timeline(id), Contains("delivery_attempt").Times(1));
}

TEST_F(SinkWorker, AWatchedSinkThatIsGoneAtTheStartIsShownDownAndFoundAgainWithoutADelivery) {
    world.sink->probe_script = {fail(errc::refused, "connect to broker"), fail(errc::refused, "connect to broker")};
    serve({.watched = core::sink_terms::watch::connection});
    world.advance(0ms);
    EXPECT_NE(health().breaker, core::breaker_state::closed);
    EXPECT_EQ(health().problem, "connect to broker");

    world.advance(1min);

    EXPECT_EQ(health().breaker, core::breaker_state::closed);
    EXPECT_EQ(world.sink->probes, 3);
    EXPECT_EQ(attempts(), 0u);
}

TEST_F(SinkWorker, WhatIsCutOffAtTheEndSaysNothingOfTheSinkAndIsDueAtOnce) {
    serve({.breaker = {.opens_after = 1}});
    world.sink->hangs = true;
    auto const id = world.submit_one();
    world.call_back(id, provider_body("provider-1", "completed"));
    world.advance(1s);

    world.stop();

    auto const left = world.run(world.store->read_history(id)).value().deliveries.at(0);
    EXPECT_EQ(left.state, core::delivery_state::pending);
    EXPECT_EQ(left.due_at, world.clock.now());
    EXPECT_EQ(left.tried_for, 0ms);
    EXPECT_EQ(health().breaker, core::breaker_state::closed);
}

TEST_F(SinkWorker, ASinkThatIsTakenAwayWhileItIsDownIsNotShownAsDownForEver) {
    serve({.breaker = {.opens_after = 1}});
    fail_next(1, core::delivery_cause::refused);
    end_tasks(1);
    ASSERT_THAT(world.metrics.render(), HasSubstr("voicehook_sink_breaker_open{sink=\"results\"} 1\n"));

    world.dispatch.use_sinks({});

    EXPECT_THAT(world.metrics.render(), HasSubstr("voicehook_sink_breaker_open{sink=\"results\"} 0\n"));
    EXPECT_TRUE(world.sink->retired) << "what it shows itself is its own to clear";
}

TEST_F(SinkWorker, TheEndOfTheCertificateThatASinkShowsIsThereUntilTheNextOneOrTheSinksOwn) {
    auto const shown = [this](std::string_view ends) {
        return world.metrics.render().contains(
            fmt::format("voicehook_sink_certificate_expiry_timestamp_seconds{{sink=\"results\"}} {}\n", ends));
    };
    EXPECT_TRUE(shown("0"));

    world.dispatch.use_sinks({{world.sink, {}, instant{1'000s}}});
    EXPECT_TRUE(shown("1000"));
    world.dispatch.use_sinks({{world.sink, {}, instant{2'000s}}});
    EXPECT_TRUE(shown("2000"));
    world.dispatch.use_sinks({{world.sink, {}, std::nullopt}});
    EXPECT_TRUE(shown("0")) << "it shows no certificate any more";
    world.dispatch.use_sinks({{world.sink, {}, instant{3'000s}}});
    world.dispatch.use_sinks({});
    EXPECT_TRUE(shown("0")) << "it is gone";
}

TEST_F(SinkWorker, DestinationsThatWereIllAreForgottenWithTheSinkThatKnewThem) {
    world.sink->destination = [](core::delivery const&) { return "dead.example"; };
    serve({.breaker = {.opens_after = 1}, .max_per_destination = 1});
    fail_next(1, core::delivery_cause::refused);
    end_tasks(1);
    ASSERT_THAT(world.metrics.render(), HasSubstr("voicehook_sink_ill_destinations{sink=\"results\"} 1\n"));

    serve({.max_per_destination = 1});

    EXPECT_THAT(world.metrics.render(), HasSubstr("voicehook_sink_ill_destinations{sink=\"results\"} 0\n"));
}

TEST_F(SinkWorker, ASinkThatIsNotWatchedIsNeverProbed) {
    serve({});

    world.advance(1h);

    EXPECT_EQ(world.sink->probes, 0);
}

TEST(Unrouted, AResultThatNoSinkTakesStandsInItsTimelineAndIsCounted) {
    bench world;
    world.outbox.replace({flows::sink_route{sink_name{"results"}, {core::terminal::failed}}});
    auto const id = world.submit_one();

    world.call_back(id, provider_body("provider-1", "completed"));

    EXPECT_THAT(world.timeline(id), Contains("unrouted"));
    EXPECT_EQ(world.run(world.store->summary(world.clock.now())).value().unrouted, 1u);
    EXPECT_THAT(world.metrics.render(), HasSubstr("voicehook_results_unrouted_total 1\n"));
    EXPECT_TRUE(world.audit().violations.empty());
}

TEST(Unrouted, KeepingTheAudioOfAResultDoesNotCountAsASinkThatTakesIt) {
    bench world;
    world.outbox.replace({flows::sink_route{sink_name{std::string{core::artifact_sink}},
                                            {core::terminal::completed},
                                            flows::delivery_format::preview_link}});
    auto const id = world.submit_one();

    world.call_back(id, provider_body("provider-1", "completed"));

    EXPECT_EQ(world.run(world.store->summary(world.clock.now())).value().unrouted, 1u);
    EXPECT_THAT(world.metrics.render(), HasSubstr("voicehook_results_unrouted_total 1\n"));
}

}  // namespace
}  // namespace voicehook::test
