#include "core/tracing.hpp"
#include "delivery_contract.hpp"

#include <gmock/gmock.h>

namespace voicehook::contract {
namespace {

using core::delivery_cause;
using core::delivery_state;
using core::timeline_kind;

class Delivery : public DeliveryContract {};
INSTANTIATE_TEST_SUITE_P(Stores, Delivery, ::testing::ValuesIn(every_store()), store_name);

core::attempt_outcome went_well() { return {.failed = std::nullopt, .answer = "HTTP 200"}; }
core::attempt_outcome went_wrong() { return {.failed = delivery_cause::status_5xx, .answer = "HTTP 500"}; }

TEST_P(Delivery, ClaimTakesADueOneUnderALeaseAndCountsTheAttempt) {
    auto const item = completed(1, {results, archive});

    auto const claimed = claim(results, claim_at(noon));

    ASSERT_TRUE(claimed);
    ASSERT_EQ(claimed->items.size(), 1U);
    auto const& taken = claimed->items[0];
    EXPECT_EQ(taken.id, delivery_of(item.id, results));
    EXPECT_EQ(taken.state, delivery_state::delivering);
    EXPECT_EQ(taken.attempts, 1U);
    EXPECT_EQ(taken.lease_token, 1U);
    EXPECT_EQ(taken.due_at, noon + 1min);
    EXPECT_EQ(claimed->next_due, noon + 1min);
    EXPECT_EQ(text_of(delivery(item.id, results)), text_of(taken));
    EXPECT_EQ(delivery(item.id, archive).state, delivery_state::pending);
}

TEST_P(Delivery, ClaimTakesNoMoreThanItsLimitAndTellsThatMoreIsDue) {
    for (auto const n : {1U, 2U, 3U}) static_cast<void>(completed(n, {results}, noon + duration{n}));

    auto const claimed = claim(results, claim_at(noon + 1s, 2));

    ASSERT_TRUE(claimed);
    ASSERT_EQ(claimed->items.size(), 2U);
    EXPECT_EQ(claimed->items[0].task, id_of(1));
    EXPECT_EQ(claimed->items[1].task, id_of(2));
    EXPECT_EQ(claimed->next_due, noon + 3ms);
}

TEST_P(Delivery, OfADeadOwnerIsClaimedAgainOnceItsLeaseHasRunOut) {
    static_cast<void>(completed(1, {results}));
    auto const dead = claim_delivery(results);

    auto const held = claim(results, claim_at(noon + 59s, 64, other));
    auto const taken = claim(results, claim_at(noon + 1min, 64, other));

    EXPECT_TRUE(held->items.empty());
    ASSERT_EQ(taken->items.size(), 1U);
    EXPECT_EQ(taken->items[0].lease_token, dead.lease_token + 1);
    EXPECT_EQ(taken->items[0].attempts, 2U);
    EXPECT_EQ(record(dead, core::delivered{}, went_well()).error().code, errc::lease_lost);
    EXPECT_EQ(text_of(delivery(id_of(1), results)), text_of(taken->items[0]));
}

TEST_P(Delivery, DeliveredIsDoneAndNeverDueAgain) {
    static_cast<void>(completed(1, {results}));
    auto const claimed = claim_delivery(results);

    ASSERT_TRUE(record(claimed, core::delivered{}, went_well(), noon + 1s));

    auto const after = delivery(id_of(1), results);
    EXPECT_EQ(after.state, delivery_state::delivered);
    EXPECT_EQ(after.last_answer, "HTTP 200");
    EXPECT_EQ(after.cause, std::nullopt);
    EXPECT_EQ(claim(results, claim_at(noon + 24h))->next_due, std::nullopt);
    EXPECT_EQ(count(results, delivery_state::delivered), 1U);
    auto const told = history(id_of(1)).timeline.back();
    EXPECT_EQ(told.kind, timeline_kind::delivery_attempt);
    EXPECT_EQ(told.detail, "results: attempt 1, HTTP 200, 12 ms");
    EXPECT_EQ(told.at, noon + 1s);
}

TEST_P(Delivery, AnAttemptKeepsTheBeginningOfTheAnswerOnTheTimeline) {
    static_cast<void>(completed(1, {results}));
    auto outcome = went_well();
    outcome.head = "HTTP 200\nserver: nginx\n";

    ASSERT_TRUE(record(claim_delivery(results), core::delivered{}, outcome));

    EXPECT_EQ(history(id_of(1)).timeline.back().body, outcome.head);
}

TEST_P(Delivery, AnAttemptsSpanStandsOnTheTimelineInTheDeliverysTrace) {
    static_cast<void>(completed(1, {results}));
    auto attempt = attempt_of(claim_delivery(results), core::delivered{}, went_well(), noon);
    attempt.span = span_id{"b7ad6b7169203331"};

    ASSERT_TRUE(wait(store().record_attempt(attempt)));

    auto const trace = core::trace_id_of(attempt.id).value();
    EXPECT_EQ(history(id_of(1)).timeline.back().detail,
              "results: attempt 1, HTTP 200, 12 ms, trace " + trace + ", span b7ad6b7169203331");
}

TEST_P(Delivery, EveryReadingOfADeliveryTellsTheTraceparentOfItsTask) {
    auto traced = submitting_sample(1);
    traced.trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (auto const& item : {traced, submitting_sample(2)}) {
        ASSERT_TRUE(wait(store().accept_task(item, {}, noon)));
        ASSERT_TRUE(wait(store().record_callback(
            item.id, callback_of(provider_id_of(item.id == id_of(1) ? 1 : 2), core::reported_status::completed),
            deliver_to({results, archive}), noon)));
    }

    auto const claimed = claim(results, claim_at(noon));

    ASSERT_TRUE(claimed);
    ASSERT_EQ(claimed->items.size(), 2U);
    for (auto const& item : claimed->items)
        EXPECT_EQ(item.task_trace_parent, item.task == traced.id ? traced.trace_parent : "");
    EXPECT_EQ(delivery(traced.id, results).task_trace_parent, traced.trace_parent);
    auto const listed = wait(store().list_deliveries({.state = delivery_state::pending, .sink = archive}));
    ASSERT_TRUE(listed);
    ASSERT_EQ(listed->items.size(), 2U);
    for (auto const& item : listed->items)
        EXPECT_EQ(item.task_trace_parent, item.task == traced.id ? traced.trace_parent : "");
}

TEST_P(Delivery, TheTypeOfItsEventAndHowItTravelsAreKeptForEveryAttempt) {
    ASSERT_TRUE(wait(store().accept_task(submitting_sample(1), {}, noon)));
    auto const binary = [](core::task const& ended) {
        auto rendered = deliver_to({results, archive})(ended);
        rendered.front().event_type = "voice_design.completed";
        rendered.front().encoding = core::delivery_encoding::cloudevents_binary;
        return rendered;
    };

    ASSERT_TRUE(wait(store().record_callback(id_of(1), callback_of(provider_id_of(1), core::reported_status::completed),
                                             binary, noon)));

    for (auto const& item : {claim_delivery(results), delivery(id_of(1), results)}) {
        EXPECT_EQ(item.event_type, "voice_design.completed");
        EXPECT_EQ(item.encoding, core::delivery_encoding::cloudevents_binary);
        EXPECT_EQ(item.created_at, noon);
    }
    EXPECT_EQ(delivery(id_of(1), archive).event_type, "");
    EXPECT_EQ(delivery(id_of(1), archive).encoding, core::delivery_encoding::plain);
}

TEST_P(Delivery, PutBackUntouchedItIsDueLaterAsIfNobodyHadClaimedIt) {
    static_cast<void>(completed(1, {results}));
    ASSERT_TRUE(record(claim_delivery(results), core::retry_at{noon + 3s, 3s}, went_wrong()));
    auto const before = delivery(id_of(1), results);
    auto const lines = timeline(id_of(1)).size();

    ASSERT_TRUE(record(claim_delivery(results, noon + 3s), core::defer{noon + 5s, 4s}, {}));

    auto const after = delivery(id_of(1), results);
    EXPECT_EQ(after.state, delivery_state::pending);
    EXPECT_EQ(after.due_at, noon + 5s);
    EXPECT_EQ(after.attempts, before.attempts);
    EXPECT_EQ(after.tried_for, 4s);
    EXPECT_EQ(after.cause, before.cause);
    EXPECT_EQ(after.last_answer, before.last_answer);
    EXPECT_EQ(timeline(id_of(1)).size(), lines);
    EXPECT_TRUE(claim(results, claim_at(noon + 4999ms))->items.empty());
    EXPECT_EQ(claim_delivery(results, noon + 5s).lease_token, 3U);
}

TEST_P(Delivery, GivenUpItIsParkedWithACauseAndCountsNoAttempt) {
    static_cast<void>(completed(1, {results}));
    auto const failure = core::attempt_outcome{.failed = delivery_cause::dns, .answer = "no such host"};

    ASSERT_TRUE(record(claim_delivery(results), core::give_up{delivery_cause::dns}, failure));

    auto const after = delivery(id_of(1), results);
    EXPECT_EQ(after.state, delivery_state::parked);
    EXPECT_EQ(after.cause, delivery_cause::dns);
    EXPECT_EQ(after.attempts, 0U);
    EXPECT_EQ(after.last_answer, "no such host");
    EXPECT_EQ(timeline(id_of(1)).back(), timeline_kind::delivery_parked);
    EXPECT_THAT(timeline(id_of(1)), ::testing::Not(::testing::Contains(timeline_kind::delivery_attempt)));
    EXPECT_EQ(summary().sinks.at(results).parked_by_cause.at(delivery_cause::dns), 1U);
}

TEST_P(Delivery, AResultThatNoSinkTakesIsCountedAndStandsInItsTimeline) {
    static_cast<void>(completed(1, {}));
    static_cast<void>(completed(2, {results}));

    EXPECT_EQ(summary().unrouted, 1U);
    EXPECT_EQ(timeline(id_of(1)).back(), timeline_kind::unrouted);
    EXPECT_NE(timeline(id_of(2)).back(), timeline_kind::unrouted);

    static_cast<void>(completed(3, {sink_name{std::string{core::artifact_sink}}}));
    EXPECT_EQ(summary().unrouted, 2U) << "a copy of its preview is not the result";
}

TEST_P(Delivery, RecordedTwiceIsALostLeaseTheSecondTime) {
    static_cast<void>(completed(1, {results}));
    auto const claimed = claim_delivery(results);
    ASSERT_TRUE(record(claimed, core::delivered{}, went_well()));

    auto const again = record(claimed, core::park{delivery_cause::io}, went_wrong());

    EXPECT_EQ(again.error().code, errc::lease_lost);
    EXPECT_EQ(delivery(id_of(1), results).state, delivery_state::delivered);
}

TEST_P(Delivery, ToBeTriedAgainWaitsForItsTimeAndRemembersWhatItWaited) {
    static_cast<void>(completed(1, {results}));

    ASSERT_TRUE(record(claim_delivery(results), core::retry_at{noon + 3s, 3s}, went_wrong()));

    auto const after = delivery(id_of(1), results);
    EXPECT_EQ(after.state, delivery_state::pending);
    EXPECT_EQ(after.due_at, noon + 3s);
    EXPECT_EQ(after.tried_for, 3s);
    EXPECT_EQ(after.cause, delivery_cause::status_5xx);
    EXPECT_TRUE(claim(results, claim_at(noon + 2999ms))->items.empty());
    auto const second = claim_delivery(results, noon + 3s);
    EXPECT_EQ(second.attempts, 2U);
    EXPECT_EQ(second.body, after.body);
}

TEST_P(Delivery, ParkedKeepsCauseBodyAndAttempts) {
    auto const item = parked(1, results);

    EXPECT_EQ(item.state, delivery_state::parked);
    EXPECT_EQ(item.cause, delivery_cause::status_5xx);
    EXPECT_EQ(item.attempts, 1U);
    EXPECT_EQ(item.body, id_of(1).value() + " completed");
    EXPECT_EQ(summary().sinks.at(results).parked_by_cause.at(delivery_cause::status_5xx), 1U);
    EXPECT_EQ(timeline(id_of(1)).back(), timeline_kind::delivery_parked);
}

TEST_P(Delivery, ParkedAndRetriedIsDueNowWithItsWaitsForgotten) {
    static_cast<void>(completed(1, {results}));
    ASSERT_TRUE(record(claim_delivery(results), core::retry_at{noon + 3s, 3s}, went_wrong()));
    ASSERT_TRUE(record(claim_delivery(results, noon + 3s), core::park{delivery_cause::timeout}, went_wrong()));

    auto const retried = wait(store().retry_delivery(delivery_of(id_of(1), results), "ann", noon + 1h));

    ASSERT_TRUE(retried);
    auto const after = delivery(id_of(1), results);
    EXPECT_EQ(after.state, delivery_state::pending);
    EXPECT_EQ(after.tried_for, 0ms);
    EXPECT_EQ(after.due_at, noon + 1h);
    EXPECT_EQ(after.attempts, 0U);
    EXPECT_EQ(summary().sinks.at(results).parked_by_cause.size(), 0U);
    EXPECT_EQ(timeline(id_of(1)).back(), timeline_kind::delivery_retried);
    auto const next = claim_delivery(results, noon + 1h);
    EXPECT_EQ(next.attempts, 1U);
    EXPECT_EQ(next.lease_token, 3U);
}

TEST_P(Delivery, ParkedAndDiscardedIsOver) {
    auto const item = parked(1, results);

    ASSERT_TRUE(wait(store().discard_delivery(item.id, "ann", "the consumer is gone", noon)));

    EXPECT_EQ(delivery(id_of(1), results).state, delivery_state::discarded);
    auto const told = history(id_of(1)).timeline.back();
    EXPECT_EQ(told.kind, timeline_kind::delivery_discarded);
    EXPECT_EQ(told.detail, "results: by ann: the consumer is gone");
}

TEST_P(Delivery, OnlyAParkedOneIsRetriedOrDiscarded) {
    static_cast<void>(completed(1, {results}));
    auto const pending = delivery_of(id_of(1), results);
    auto const nowhere = delivery_id{"msg_nowhere"};

    EXPECT_EQ(wait(store().retry_delivery(pending, "ann", noon)).error().code, errc::conflict);
    EXPECT_EQ(wait(store().discard_delivery(pending, "ann", "why", noon)).error().code, errc::conflict);
    EXPECT_EQ(wait(store().retry_delivery(nowhere, "ann", noon)).error().code, errc::not_found);
    EXPECT_EQ(wait(store().discard_delivery(nowhere, "ann", "why", noon)).error().code, errc::not_found);
}

TEST_P(Delivery, OfAReleasedOwnerIsPendingAndDueNow) {
    static_cast<void>(completed(1, {results}));
    static_cast<void>(completed(2, {results}));
    static_cast<void>(claim_delivery(results));
    auto const foreign = claim(results, claim_at(noon, 1, other))->items.at(0);

    ASSERT_TRUE(wait(store().release_leases(me, std::nullopt, noon + 5s)));

    auto const released = delivery(id_of(1), results);
    EXPECT_EQ(released.state, delivery_state::pending);
    EXPECT_EQ(released.due_at, noon + 5s);
    EXPECT_EQ(text_of(delivery(id_of(2), results)), text_of(foreign));
}

TEST_P(Delivery, KeepsEveryFieldThatWasRendered) {
    auto const item = in_flight(1);
    auto const body = std::string{"\0\xff raw", 6};
    auto const render = [body](core::task const& ended) {
        return std::vector{core::new_delivery{.id = delivery_id{"msg_1"},
                                              .sink = results,
                                              .destination = "https://caller.example/x",
                                              .content_type = "application/cloudevents+json",
                                              .body = body + ended.id.value()}};
    };

    ASSERT_TRUE(wait(
        store().record_callback(item.id, callback_of(provider_id_of(1), core::reported_status::failed), render, noon)));

    auto const kept = delivery(item.id, results);
    EXPECT_EQ(kept.id, delivery_id{"msg_1"});
    EXPECT_EQ(kept.destination, "https://caller.example/x");
    EXPECT_EQ(kept.content_type, "application/cloudevents+json");
    EXPECT_EQ(kept.body, body + item.id.value());
    EXPECT_EQ(kept.task, item.id);
    EXPECT_EQ(kept.caller, item.caller);
    EXPECT_EQ(kept.created_at, noon);
}

}  // namespace
}  // namespace voicehook::contract
