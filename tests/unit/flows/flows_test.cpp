#include "bench.hpp"

#include "wire/provider_messages.hpp"

#include <gmock/gmock.h>

namespace voicehook::test {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;

class Flows : public testing::Test {
protected:
    void TearDown() override { EXPECT_THAT(world.audit().violations, IsEmpty()); }
    bench world;
};

using Intake = Flows;
using Dispatch = Flows;
using Reconcile = Flows;
using Retain = Flows;

TEST_F(Intake, TheSecondCallbackIsADuplicateAndDeliversNothing) {
    auto const id = world.submit_one();

    auto const first = world.call_back(id, provider_body("provider-1", "completed"));
    auto const second = world.call_back(id, provider_body("provider-1", "completed"));
    world.advance(1min);

    EXPECT_EQ(first, flows::callback_result::accepted);
    EXPECT_EQ(second, flows::callback_result::duplicate);
    EXPECT_THAT(world.sink->received, SizeIs(1));
}

TEST_F(Intake, CallbackThatContradictsTheStoredResultIsRecordedAndNotApplied) {
    auto const id = world.submit_one();
    world.call_back(id, provider_body("provider-1", "completed"));
    world.provider.on_query = [](provider_task_id const& ref) {
        return reply(200, provider_body(ref.value(), "failed"));
    };

    auto const answer = world.call_back(id, provider_body("provider-1", "failed"));
    world.advance(1min);

    auto const task = world.task(id);
    EXPECT_EQ(answer, flows::callback_result::conflict);
    EXPECT_EQ(core::shown_status(task), core::reported_status::completed);
    EXPECT_EQ(task.quarrel, core::dispute::disputed);
    EXPECT_THAT(world.sink->received, SizeIs(1));
}

TEST_F(Intake, AProviderThatStandsByTheStoredResultSettlesTheContradiction) {
    auto const id = world.submit_one();
    world.call_back(id, provider_body("provider-1", "completed"));
    world.provider.on_query = [](provider_task_id const& ref) {
        return reply(200, provider_body(ref.value(), "completed"));
    };

    world.call_back(id, provider_body("provider-1", "failed"));
    world.advance(1min);

    EXPECT_EQ(world.task(id).quarrel, core::dispute::upheld);
}

TEST_F(Intake, AProviderThatNeverSettlesAContradictionIsAskedEverMoreSeldomUntilAnOperatorDecides) {
    auto const id = world.submit_one();
    world.call_back(id, provider_body("provider-1", "completed"));

    world.call_back(id, provider_body("provider-1", "failed"));  // queries keep saying "processing"
    world.advance(1h);
    EXPECT_EQ(world.task(id).quarrel, core::dispute::settling);
    EXPECT_LT(world.provider.queries, 30);
    world.advance(24h);

    EXPECT_EQ(world.task(id).quarrel, core::dispute::disputed);
}

TEST_F(Intake, AnotherTasksBodyChangesNothing) {
    auto const id = world.submit_one();

    auto const answer = world.call_back(id, provider_body("provider-99", "completed"));

    EXPECT_EQ(answer, flows::callback_result::mismatch);
    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::in_flight);
}

TEST_F(Intake, ATaskThatTheStoreDoesNotKnowIsAnOrphanWhileYoungAndRetiredWhenOld) {
    auto const young = make_task_id(world.clock.now() - 1h, {});
    auto const old = make_task_id(world.clock.now() - 25h, {});

    EXPECT_EQ(world.call_back(young, provider_body("p", "completed")), flows::callback_result::orphan);
    EXPECT_EQ(world.call_back(old, provider_body("p", "completed")), flows::callback_result::retired);
}

TEST_F(Intake, AMalformedCallbackMakesAQueryDue) {
    auto const id = world.submit_one();

    auto const answer = world.call_back(id, "not json");
    world.advance(1s);

    EXPECT_EQ(answer, flows::callback_result::malformed);
    EXPECT_EQ(world.provider.queries, 1);
}

TEST(IntakeWithConfirmationAlways, ACallbackIsEvidenceAndOnlyTheQueryEndsTheTask) {
    bench world{{}, core::confirmation::always};
    auto const id = world.submit_one();
    world.provider.on_query = [](provider_task_id const& ref) {
        return reply(200, provider_body(ref.value(), "failed"));
    };

    auto const answer = world.call_back(id, provider_body("provider-1", "completed"));
    world.advance(1s);

    EXPECT_EQ(answer, flows::callback_result::evidence);
    EXPECT_EQ(core::shown_status(world.task(id)), core::reported_status::failed);
    EXPECT_EQ(world.task(id).source, core::result_source::query);
}

TEST_F(Reconcile, ACallbackThatNeverComesIsReplacedByAQuery) {
    auto const id = world.submit_one();
    world.provider.on_query = [&](provider_task_id const& ref) {
        return reply(200, provider_body(ref.value(), world.provider.queries < 3 ? "processing" : "completed"));
    };

    world.advance(19s);
    EXPECT_EQ(world.provider.queries, 0);
    world.advance(30s);

    EXPECT_EQ(core::shown_status(world.task(id)), core::reported_status::completed);
    EXPECT_EQ(world.task(id).source, core::result_source::query);
    EXPECT_EQ(world.provider.queries, 3);
    EXPECT_THAT(world.sink->received, SizeIs(1));
}

TEST_F(Reconcile, NeitherNotFoundNorSilenceIsAVerdict) {
    auto const id = world.submit_one();
    world.provider.on_query = [&](provider_task_id const&) {
        return world.provider.queries % 2 == 0 ? reply(404, R"({"error":{"code":"task_not_found"}})")
                                               : reply(502, "<html>");
    };

    world.advance(48h);

    EXPECT_EQ(core::stage_of(world.task(id).state), core::stage::in_flight);
    EXPECT_GT(world.provider.queries, 100);
    EXPECT_LT(world.provider.queries, 600);
}

TEST_F(Dispatch, AFailingSinkGetsTheSameIdAndBytesUntilItTakesThem) {
    auto const fail_with = [](core::delivery_cause cause) {
        return core::attempt_outcome{.failed = cause, .answer = "no", .retry_after = {}};
    };
    world.sink->script = {fail_with(core::delivery_cause::status_5xx), fail_with(core::delivery_cause::reset),
                          fail_with(core::delivery_cause::timeout)};
    auto const id = world.submit_one();

    world.call_back(id, provider_body("provider-1", "completed"));
    world.advance(10min);

    ASSERT_THAT(world.sink->received, SizeIs(4));
    for (auto const& attempt : world.sink->received) {
        EXPECT_EQ(attempt.id, world.sink->received.front().id);
        EXPECT_EQ(attempt.body, world.sink->received.front().body);
    }
    EXPECT_THAT(world.timeline(id), Contains("delivery_attempt").Times(4));
}

TEST_F(Dispatch, WhatNobodyWasToldOfIsFoundWithinAMinute) {
    auto const id = world.submit_one();
    auto const body = provider_body("provider-1", "completed");
    auto const notice =
        core::callback_received{.report = *wire::read_task_report(body), .body = body, .source_address = {}};

    // Durable, but whoever stored it could not say so: the store's answer was lost, or it is another process.
    auto const now = world.clock.now();
    ASSERT_TRUE(world.run(world.store->record_callback(id, notice, world.outbox.renderer(), now)));
    world.advance(1min);

    EXPECT_THAT(world.sink->received, SizeIs(1));
}

TEST_F(Dispatch, ASinkThatThrowsLosesNoPlaceAndTheDeliveryComesBackWithItsLease) {
    world.sink->throws = 8;  // twice as many as it has places
    auto const id = world.submit_one();

    world.call_back(id, provider_body("provider-1", "completed"));
    world.advance(20min);

    EXPECT_THAT(world.sink->received, SizeIs(9));
    EXPECT_EQ(world.run(world.store->read_history(id)).value().deliveries.front().state,
              core::delivery_state::delivered);
}

TEST_F(Dispatch, ASinkThatIsGonePausesAndItsDeliveryWaitsForAnOperator) {
    world.sink->script = {{.failed = core::delivery_cause::gone,
                           .answer = "HTTP 410",
                           .retry_after = {},
                           .then = core::attempt_outcome::hint::pause_sink}};
    auto const id = world.submit_one();
    world.call_back(id, provider_body("provider-1", "completed"));
    world.advance(48h);
    EXPECT_THAT(world.sink->received, SizeIs(1));

    auto const resumed = world.run(world.store->set_sink_paused(
        sink_name{"results"}, {ports::pause_state::running, {}, "ann"}, world.clock.now()));
    world.bells.ring_sink(sink_name{"results"}, world.clock.now());
    world.advance(2h);

    EXPECT_TRUE(resumed);
    EXPECT_THAT(world.sink->received, SizeIs(2));
}

TEST_F(Dispatch, ADeliveryThatFailsForADayIsParkedWithItsCause) {
    for (int attempt = 0; attempt < 1000; ++attempt)
        world.sink->script.push_back({.failed = core::delivery_cause::refused, .answer = "refused", .retry_after = {}});
    auto const id = world.submit_one();

    world.call_back(id, provider_body("provider-1", "completed"));
    world.advance(96h);

    auto const history = world.run(world.store->read_history(id)).value();
    ASSERT_THAT(history.deliveries, SizeIs(1));
    EXPECT_EQ(history.deliveries.front().state, core::delivery_state::parked);
    EXPECT_EQ(history.deliveries.front().cause, core::delivery_cause::refused);
    EXPECT_EQ(history.deliveries.front().body, world.sink->received.front().body);
}

TEST_F(Retain, EndedTasksGoAfterTheirRetentionAndOpenOnesStay) {
    auto const ended = world.submit_one();
    auto const open = world.submit_one();
    world.call_back(ended, provider_body("provider-1", "completed"));
    world.retain.start();

    world.advance(25h);

    EXPECT_FALSE(world.run(world.store->find_task(ended.value())));
    EXPECT_TRUE(world.run(world.store->find_task(open.value())));
}

TEST(Start, FindsWorkOfEveryKindThatTheLifeBeforeLeft) {
    auto before = std::make_unique<bench>();
    auto const store = before->store;
    before->sink->script = {{.failed = core::delivery_cause::timeout, .answer = "timeout"}};
    before->call_back(before->submit_one(), provider_body("provider-1", "completed"));
    auto const silent = before->submit_one();
    auto queued = core::task{};
    queued.id = make_task_id(noon, {});
    queued.caller = caller_name{"tts"};
    queued.state = core::queued{noon};
    queued.deadline = noon + 10min;
    ASSERT_TRUE(before->run(store->accept_task(queued, {}, noon)));
    before.reset();

    bench after{store};
    after.advance(30s);

    EXPECT_THAT(after.sink->received, SizeIs(1));
    EXPECT_EQ(core::stage_of(after.task(silent).state), core::stage::in_flight);
    EXPECT_GT(after.provider.queries, 0);
    EXPECT_THAT(after.provider.keys, testing::ElementsAre(queued.id));
}

}  // namespace
}  // namespace voicehook::test
