#include "store_contract.hpp"

#include <gmock/gmock.h>

namespace voicehook::contract {
namespace {

using core::delivery_state;
using core::stage;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ports::replica_note note_of(lease_owner const& owner) {
    return {owner, owner == me ? "here:1" : "there:2", "1.0", noon};
}

ports::beat_terms beat_at(instant now) { return {.now = now, .lost_replay_after = 1min}; }

class Replicas : public StoreContract {
protected:
    ports::company beat(lease_owner const& owner, ports::beat_terms terms) {
        auto answered = wait(store().beat(note_of(owner), {results, archive}, terms));
        if (!answered) throw std::runtime_error{answered.error().doing};
        return std::move(*answered);
    }
    ports::company beat(lease_owner const& owner, instant now) { return beat(owner, beat_at(now)); }
    /// Present from noon on, by a beat every few seconds.
    void beat_until(lease_owner const& owner, instant end) {
        for (auto at = noon; at <= end; at += 5s) static_cast<void>(beat(owner, at));
    }
    std::vector<std::string> names(std::vector<ports::replica> const& all) {
        auto found = std::vector<std::string>{};
        for (auto const& each : all) found.push_back(each.note.name);
        return found;
    }
};
INSTANTIATE_TEST_SUITE_P(Stores, Replicas, ::testing::ValuesIn(every_store()), store_name);

TEST_P(Replicas, TheFirstBeatMakesAProcessAReplica) {
    auto const alone = beat(me, noon + 3s);

    ASSERT_THAT(alone.replicas, SizeIs(1));
    EXPECT_EQ(alone.replicas[0].note.owner, me);
    EXPECT_EQ(alone.replicas[0].note.name, "here:1");
    EXPECT_EQ(alone.replicas[0].note.version, "1.0");
    EXPECT_EQ(alone.replicas[0].note.started_at, noon);
    EXPECT_EQ(alone.replicas[0].seen_at, noon + 3s);
    EXPECT_EQ(alone.replicas[0].present_since, noon + 3s);
    EXPECT_THAT(alone.lost, IsEmpty());
}

TEST_P(Replicas, AllThatBeatAreListedByNameToEachAndInTheSummary) {
    static_cast<void>(beat(other, noon));

    auto const both = beat(me, noon + 1s);

    EXPECT_THAT(names(both.replicas), ElementsAre("here:1", "there:2"));
    EXPECT_THAT(names(summary().replicas), ElementsAre("here:1", "there:2"));
}

TEST_P(Replicas, TheOwnRowIsWrittenOnceItIsOldEnough) {
    static_cast<void>(beat(me, noon));

    EXPECT_EQ(beat(me, noon + 4999ms).replicas.at(0).seen_at, noon);
    EXPECT_EQ(beat(me, noon + 5s).replicas.at(0).seen_at, noon + 5s);
    EXPECT_EQ(beat(me, noon + 5s).replicas.at(0).seen_at, noon + 5s);
}

TEST_P(Replicas, PresenceBeginsAnewAfterALongGap) {
    static_cast<void>(beat(me, noon));

    EXPECT_EQ(beat(me, noon + 10s).replicas.at(0).present_since, noon);
    EXPECT_EQ(beat(me, noon + 20s).replicas.at(0).present_since, noon);
    EXPECT_EQ(beat(me, noon + 30s + 1ms).replicas.at(0).present_since, noon + 30s + 1ms);
}

TEST_P(Replicas, OneThatWasNotSeenForTooLongLosesItsRow) {
    static_cast<void>(beat(other, noon));
    beat_until(me, noon + 20s);

    auto const at_the_limit = beat(me, noon + 20s);
    auto const beyond = beat(me, noon + 20s + 1ms);
    auto const later = beat(me, noon + 21s);

    EXPECT_THAT(names(at_the_limit.replicas), ElementsAre("here:1", "there:2"));
    EXPECT_THAT(names(beyond.replicas), ElementsAre("here:1"));
    ASSERT_THAT(beyond.lost, SizeIs(1));
    EXPECT_EQ(beyond.lost[0].owner, other);
    EXPECT_EQ(beyond.lost[0].name, "there:2");
    EXPECT_THAT(later.lost, IsEmpty());
}

TEST_P(Replicas, WhoIsLostLosesEveryLease) {
    static_cast<void>(beat(other, noon));
    auto offered = submitting_sample(1);
    ASSERT_TRUE(wait(store().accept_task(offered, {.owner = other}, noon)));
    static_cast<void>(in_flight(2, noon));
    ASSERT_THAT(wait(store().claim_queries(claim_at(noon, 1, other, 1h)))->items, SizeIs(1));
    static_cast<void>(completed(3, {results}));
    ASSERT_THAT(wait(store().claim_deliveries(results, claim_at(noon, 1, other, 1h)))->items, SizeIs(1));
    beat_until(me, noon + 20s);

    auto const judged = beat(me, noon + 21s);

    EXPECT_EQ(judged.leases_taken, 3U);
    EXPECT_EQ(core::stage_of(task(id_of(1)).state), stage::unknown);
    EXPECT_EQ(judged.next_submission, noon + 21s + 1min);
    EXPECT_EQ(judged.next_query, noon + 21s);
    EXPECT_EQ(judged.next_deliveries.at(results), noon + 21s);
    EXPECT_EQ(delivery(id_of(3), results).state, delivery_state::pending);
    EXPECT_THAT(wait(store().claim_queries(claim_at(noon + 21s)))->items, SizeIs(1));
    EXPECT_THAT(wait(store().claim_deliveries(results, claim_at(noon + 21s)))->items, SizeIs(1));
}

TEST_P(Replicas, OutcomesOfClaimsThatWereTakenAwayAndClaimedAgainAreLost) {
    static_cast<void>(beat(other, noon));
    static_cast<void>(in_flight(2, noon));
    auto const asked = wait(store().claim_queries(claim_at(noon, 1, other, 1h)))->items.at(0);
    static_cast<void>(completed(3, {results}));
    auto const tried = wait(store().claim_deliveries(results, claim_at(noon, 1, other, 1h)))->items.at(0);
    beat_until(me, noon + 20s);
    static_cast<void>(beat(me, noon + 21s));

    auto const of_the_dead =
        wait(store().record_attempt(attempt_of(tried, core::delivered{}, {.answer = "ok"}, noon + 22s)));
    static_cast<void>(claim_delivery(results, noon + 22s));
    ASSERT_THAT(wait(store().claim_queries(claim_at(noon + 22s)))->items, SizeIs(1));
    auto const late_attempt =
        wait(store().record_attempt(attempt_of(tried, core::delivered{}, {.answer = "ok"}, noon + 23s)));
    auto const late_query =
        wait(store().record_query(asked.id, asked.lease_token, core::query_failed{noon + 1h, "late"}, {}, noon + 23s));

    ASSERT_FALSE(of_the_dead);
    EXPECT_EQ(of_the_dead.error().code, errc::lease_lost);
    ASSERT_FALSE(late_attempt);
    EXPECT_EQ(late_attempt.error().code, errc::lease_lost);
    ASSERT_FALSE(late_query);
    EXPECT_EQ(late_query.error().code, errc::lease_lost);
}

TEST_P(Replicas, OneThatWasSeenKeepsItsLeases) {
    static_cast<void>(beat(other, noon));
    static_cast<void>(completed(1, {results}));
    auto const tried = wait(store().claim_deliveries(results, claim_at(noon, 1, other, 1h)))->items.at(0);
    beat_until(me, noon + 15s);
    static_cast<void>(beat(other, noon + 16s));

    auto const judged = beat(me, noon + 36s);

    EXPECT_EQ(judged.leases_taken, 0U);
    EXPECT_THAT(judged.replicas, SizeIs(2));
    EXPECT_TRUE(wait(store().record_attempt(attempt_of(tried, core::delivered{}, {.answer = "ok"}, noon + 36s))));
}

TEST_P(Replicas, LeasesOfTheLivingThatRunLongAreTheirs) {
    static_cast<void>(completed(1, {results}));
    beat_until(me, noon);
    ASSERT_THAT(wait(store().claim_deliveries(results, claim_at(noon, 1, me, 1h)))->items, SizeIs(1));

    auto const much_later = beat(me, noon + 30min);

    EXPECT_EQ(much_later.leases_taken, 0U);
    EXPECT_EQ(delivery(id_of(1), results).state, delivery_state::delivering);
}

TEST_P(Replicas, NobodyIsJudgedByOneThatWasAwayItself) {
    static_cast<void>(beat(me, noon));
    static_cast<void>(beat(other, noon));
    static_cast<void>(completed(1, {results}));
    ASSERT_THAT(wait(store().claim_deliveries(results, claim_at(noon, 1, other, 1h)))->items, SizeIs(1));

    auto const after_an_outage = beat(me, noon + 60s);
    auto const back_too = beat(other, noon + 65s);

    EXPECT_EQ(after_an_outage.leases_taken, 0U);
    EXPECT_THAT(after_an_outage.replicas, SizeIs(2));
    EXPECT_EQ(back_too.leases_taken, 0U);
    EXPECT_EQ(delivery(id_of(1), results).state, delivery_state::delivering);
}

TEST_P(Replicas, ANewReplicaTakesTheLeasesOfTheDeadOnceItWasHereForAsLong) {
    static_cast<void>(beat(other, noon - 1h));
    static_cast<void>(completed(1, {results}));
    ASSERT_THAT(wait(store().claim_deliveries(results, claim_at(noon, 1, other, 1h)))->items, SizeIs(1));
    beat_until(me, noon + 20s);

    EXPECT_EQ(beat(me, noon + 20s).leases_taken, 0U);
    EXPECT_EQ(beat(me, noon + 21s).leases_taken, 1U);
}

TEST_P(Replicas, NoMoreLeasesThanAskedForAreTakenAtOnceAndTheRowGoesLast) {
    static_cast<void>(beat(other, noon));
    for (auto const n : {1U, 2U, 3U}) static_cast<void>(completed(n, {results}));
    ASSERT_THAT(wait(store().claim_deliveries(results, claim_at(noon, 3, other, 1h)))->items, SizeIs(3));
    beat_until(me, noon + 20s);
    auto terms = beat_at(noon + 21s);
    terms.limit = 2;

    auto const first = beat(me, terms);
    auto const second = beat(me, terms);
    auto const third = beat(me, terms);

    EXPECT_EQ(first.leases_taken, 2U);
    EXPECT_THAT(first.lost, IsEmpty());
    EXPECT_THAT(first.replicas, SizeIs(2));
    EXPECT_EQ(second.leases_taken, 1U);
    EXPECT_THAT(second.lost, SizeIs(1));
    EXPECT_THAT(second.replicas, SizeIs(1));
    EXPECT_EQ(third.leases_taken, 0U);
    EXPECT_THAT(third.lost, IsEmpty());
}

TEST_P(Replicas, OneThatWasTakenForDeadComesBackWithItsNextBeat) {
    static_cast<void>(beat(other, noon));
    beat_until(me, noon + 20s);
    static_cast<void>(beat(me, noon + 21s));

    auto const back = beat(other, noon + 22s);

    EXPECT_THAT(names(back.replicas), ElementsAre("here:1", "there:2"));
    EXPECT_EQ(back.replicas.at(1).present_since, noon + 22s);
}

TEST_P(Replicas, ACleanStopIsGoneAtOnceWithItsLeases) {
    static_cast<void>(beat(me, noon));
    static_cast<void>(beat(other, noon));
    static_cast<void>(completed(1, {results}));
    ASSERT_THAT(wait(store().claim_deliveries(results, claim_at(noon, 1, other, 1h)))->items, SizeIs(1));

    ASSERT_TRUE(wait(store().release_leases(other, 1min, noon + 1s)));

    auto const alone = beat(me, noon + 1s);
    EXPECT_THAT(names(alone.replicas), ElementsAre("here:1"));
    EXPECT_THAT(alone.lost, IsEmpty());
    EXPECT_EQ(alone.next_deliveries.at(results), noon + 1s);
}

TEST_P(Replicas, ABeatTellsWhenTheNextWorkOfEachKindIsDueLeasesIncluded) {
    static_cast<void>(accept(sample(1)));
    static_cast<void>(in_flight(2, noon + 15s));
    static_cast<void>(completed(3, {results}, noon + 2s));

    auto const waiting = beat(me, noon + 3s);
    ASSERT_THAT(wait(store().claim_submissions(claim_at(noon + 3s, 1, me, 45s), 1min))->items, SizeIs(1));
    ASSERT_THAT(wait(store().claim_deliveries(results, claim_at(noon + 3s, 1, me, 30s)))->items, SizeIs(1));
    auto const under_way = beat(me, noon + 3s);

    EXPECT_EQ(waiting.next_submission, noon);
    EXPECT_EQ(waiting.next_query, noon + 15s);
    EXPECT_EQ(waiting.next_deliveries, (std::map<sink_name, instant>{{results, noon + 2s}}));
    EXPECT_EQ(under_way.next_submission, noon + 48s);
    EXPECT_EQ(under_way.next_deliveries, (std::map<sink_name, instant>{{results, noon + 33s}}));
}

TEST_P(Replicas, ABeatTellsNothingOfSinksThatWereNotAskedForAreIdleOrPaused) {
    static_cast<void>(completed(1, {results, archive}));
    ASSERT_TRUE(wait(store().set_sink_paused(results, {ports::pause_state::paused, "why", "ann"}, noon)));

    auto const all = beat(me, noon);
    auto const of_one = wait(store().beat(note_of(me), {results}, beat_at(noon)));

    EXPECT_EQ(all.next_deliveries, (std::map<sink_name, instant>{{archive, noon}}));
    EXPECT_EQ(all.next_submission, std::nullopt);
    EXPECT_EQ(all.next_query, std::nullopt);
    ASSERT_TRUE(of_one);
    EXPECT_THAT(of_one->next_deliveries, IsEmpty());
}

}  // namespace
}  // namespace voicehook::contract
