// What becomes of a delivery when its sink is ill, paused, resumed or removed.
#include "delivery_contract.hpp"

namespace voicehook::contract {
namespace {

using core::delivery_cause;
using core::delivery_state;

class DeliveryAndSink : public DeliveryContract {
protected:
    void pause(sink_name const& sink, std::string reason) {
        ASSERT_TRUE(wait(store().set_sink_paused(sink, {ports::pause_state::paused, std::move(reason), "ann"}, noon)));
    }
    void resume(sink_name const& sink) {
        ASSERT_TRUE(wait(store().set_sink_paused(sink, {ports::pause_state::running, "", "ann"}, noon)));
    }
};
INSTANTIATE_TEST_SUITE_P(Stores, DeliveryAndSink, ::testing::ValuesIn(every_store()), store_name);

TEST_P(DeliveryAndSink, WhatItHasBeenDueForSinceItsSinkIsIllCountsAsTried) {
    static_cast<void>(completed(1, {results}, noon));
    static_cast<void>(completed(2, {results}, noon + 10min));
    auto terms = claim_at(noon + 30min);
    terms.kept_since = noon + 5min;

    auto const claimed = claim(results, terms);

    ASSERT_EQ(claimed->items.size(), 2U);
    EXPECT_EQ(claimed->items[0].tried_for, 25min);
    EXPECT_EQ(claimed->items[1].tried_for, 20min);
    EXPECT_EQ(delivery(id_of(1), results).tried_for, 25min);
}

TEST_P(DeliveryAndSink, AClaimMayAskForThoseOnlyThatHaveBeenDueForAWhile) {
    static_cast<void>(completed(1, {results}, noon));
    static_cast<void>(completed(2, {results}, noon + 10min));
    auto terms = claim_at(noon + 30min);
    terms.overdue_by = 25min;

    auto const claimed = claim(results, terms);

    ASSERT_EQ(claimed->items.size(), 1U);
    EXPECT_EQ(claimed->items[0].task, id_of(1));
    EXPECT_EQ(claimed->next_due, noon + 10min);
}

TEST_P(DeliveryAndSink, AClaimTellsThatTheSinkIsPaused) {
    static_cast<void>(completed(1, {results}));
    pause(results, "maintenance");
    EXPECT_TRUE(claim(results, claim_at(noon))->paused);

    resume(results);
    EXPECT_FALSE(claim(results, claim_at(noon))->paused);
}

TEST_P(DeliveryAndSink, OfAPausedSinkIsNotClaimedAndNothingIsDueThere) {
    static_cast<void>(completed(1, {results, archive}));
    pause(results, "maintenance");

    auto const paused = claim(results, claim_at(noon));
    auto const running = claim(archive, claim_at(noon));

    EXPECT_TRUE(paused->items.empty());
    EXPECT_EQ(paused->next_due, std::nullopt);
    EXPECT_EQ(running->items.size(), 1U);
    EXPECT_EQ(summary().sinks.at(results).paused, "maintenance");
}

TEST_P(DeliveryAndSink, OfAResumedSinkIsClaimed) {
    static_cast<void>(completed(1, {results}));
    pause(results, "maintenance");
    pause(results, "still");
    resume(results);
    resume(results);

    EXPECT_EQ(claim(results, claim_at(noon))->items.size(), 1U);
    EXPECT_EQ(summary().sinks.at(results).paused, std::nullopt);
}

TEST_P(DeliveryAndSink, ThatASinkAnswersWithGonePausesTheSinkWithTheAttempt) {
    static_cast<void>(completed(1, {results}));
    auto gone = core::attempt_outcome{.failed = delivery_cause::gone, .answer = "HTTP 410"};
    gone.then = core::attempt_outcome::hint::pause_sink;

    ASSERT_TRUE(record(claim_delivery(results), core::retry_at{noon, 0ms}, gone));

    EXPECT_TRUE(claim(results, claim_at(noon))->items.empty());
    EXPECT_EQ(summary().sinks.at(results).paused, "HTTP 410");
}

TEST_P(DeliveryAndSink, OfARemovedSinkIsParkedWhetherPendingOrUnderWay) {
    static_cast<void>(completed(1, {results, archive}));
    static_cast<void>(completed(2, {results}));
    auto const under_way = claim_delivery(results);

    auto const parked_now = wait(store().park_removed_sinks({archive}, 100, noon + 1s));
    auto const parked_again = wait(store().park_removed_sinks({archive}, 100, noon + 2s));

    EXPECT_EQ(parked_now, 2U);
    EXPECT_EQ(parked_again, 0U);
    EXPECT_EQ(delivery(id_of(1), results).cause, delivery_cause::sink_removed);
    EXPECT_EQ(delivery(id_of(2), results).state, delivery_state::parked);
    EXPECT_EQ(delivery(id_of(1), archive).state, delivery_state::pending);
    EXPECT_EQ(record(under_way, core::delivered{}, {.failed = std::nullopt, .answer = "HTTP 200"}).error().code,
              errc::lease_lost);
    EXPECT_EQ(summary().sinks.at(results).parked_by_cause.at(delivery_cause::sink_removed), 2U);
}

TEST_P(DeliveryAndSink, OfRemovedSinksAreParkedAFewAtATimeTheLongestDueFirst) {
    for (auto const n : {1U, 2U, 3U}) static_cast<void>(completed(n, {results, archive}, noon + duration{n}));

    EXPECT_EQ(wait(store().park_removed_sinks({}, 4, noon + 1s)), 4U);

    EXPECT_EQ(count(archive, delivery_state::parked), 3U);
    EXPECT_EQ(count(results, delivery_state::parked), 1U);
    EXPECT_EQ(delivery(id_of(1), results).state, delivery_state::parked);
    EXPECT_EQ(wait(store().park_removed_sinks({}, 4, noon + 1s)), 2U);
    EXPECT_EQ(wait(store().park_removed_sinks({}, 4, noon + 1s)), 0U);
}

TEST_P(DeliveryAndSink, ParkedWithItsSinkKeepsItsBody) {
    static_cast<void>(completed(1, {results}));
    auto const body = delivery(id_of(1), results).body;

    ASSERT_EQ(wait(store().park_removed_sinks({}, 4, noon + 1s)), 1U);

    EXPECT_FALSE(body.empty());
    EXPECT_EQ(delivery(id_of(1), results).body, body);
}

TEST_P(DeliveryAndSink, ToACallersOwnUrlIsNeverOfARemovedSink) {
    static_cast<void>(completed(1, {sink_name{std::string{core::callback_url_sink}}}));

    EXPECT_EQ(wait(store().park_removed_sinks({}, 100, noon)), 0U);
}

}  // namespace
}  // namespace voicehook::contract
