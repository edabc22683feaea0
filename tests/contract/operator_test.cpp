#include "store_contract.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace voicehook::contract {
namespace {

using ports::action_kind;
using ports::replay_state;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr auto trace = "4bf92f3577b34da6a3ce929d0e0e4736";

class Operators : public StoreContract {
protected:
    [[nodiscard]] static ports::action by_ann(action_kind what, std::string subject, instant at = noon) {
        return {.at = at, .who = "ann", .what = what, .subject = std::move(subject), .why = "a test wants it"};
    }
    [[nodiscard]] std::vector<ports::action> actions(std::size_t limit = 50, std::optional<std::int64_t> before = {}) {
        return wait(store().list_actions({before, limit}))->items;
    }
    [[nodiscard]] std::vector<action_kind> kinds() {
        auto found = std::vector<action_kind>{};
        for (auto const& each : actions()) found.push_back(each.what);
        return found;
    }

    [[nodiscard]] std::vector<task_id> found(ports::task_lookup what) {
        auto ids = std::vector<task_id>{};
        for (auto const& item : *wait(store().look_up_tasks(std::move(what)))) ids.push_back(item.id);
        return ids;
    }

    [[nodiscard]] static ports::replay replay_of(sink_name sink, std::string id = "replay-1") {
        auto item = ports::replay{};
        item.id = replay_id{std::move(id)};
        item.filter.sink = std::move(sink);
        item.who = "ann";
        item.why = "the consumer is back";
        item.started_at = noon;
        item.total = 3;
        return item;
    }
    result<void> start(ports::replay const& item) {
        return wait(store().start_replay(item, by_ann(action_kind::replay, item.id.value(), item.started_at)));
    }
    [[nodiscard]] static ports::replay_terms terms(instant now, std::size_t batch = 2) {
        return {.now = now, .sinks = {results, archive}, .batch = batch, .pace = 200ms, .max_waiting = 100};
    }
    ports::replay_round advance(ports::replay_terms const& how) { return *wait(store().advance_replays(how)); }
    [[nodiscard]] std::vector<core::delivery_state> states(sink_name const& sink, unsigned count) {
        auto all = std::vector<core::delivery_state>{};
        for (auto n = 1U; n <= count; ++n) all.push_back(delivery(id_of(n), sink).state);
        return all;
    }
};
INSTANTIATE_TEST_SUITE_P(Stores, Operators, ::testing::ValuesIn(every_store()), store_name);

using core::delivery_state;

// ---- actions ----

TEST_P(Operators, EveryActionIsKeptWithWhoDidWhatToWhatAndWhy) {
    auto const first = parked(1, results);
    auto const second = parked(2, results);
    static_cast<void>(in_flight(3));

    ASSERT_TRUE(wait(store().retry_delivery(first.id, "ann", noon + 1s)));
    ASSERT_TRUE(wait(store().discard_delivery(second.id, "bob", "nobody wants it", noon + 2s)));
    ASSERT_TRUE(wait(store().set_sink_paused(archive, {ports::pause_state::paused, "upgrade", "bob"}, noon + 3s)));
    ASSERT_TRUE(wait(store().set_sink_paused(archive, {ports::pause_state::running, {}, "ann"}, noon + 4s)));
    ASSERT_TRUE(wait(store().act_on_task(id_of(3), core::query_wanted{"ann"}, deliver_nothing(),
                                         by_ann(action_kind::query, id_of(3).value(), noon + 5s))));
    ASSERT_TRUE(wait(store().record_action(by_ann(action_kind::backup, "a.db", noon + 6s))));

    auto const kept = actions();
    ASSERT_EQ(kept.size(), 6U);
    EXPECT_THAT(kinds(), ElementsAre(action_kind::backup, action_kind::query, action_kind::resume, action_kind::pause,
                                     action_kind::discard, action_kind::retry));
    EXPECT_EQ(kept[4].who, "bob");
    EXPECT_EQ(kept[4].subject, second.id.value());
    EXPECT_EQ(kept[4].why, "nobody wants it");
    EXPECT_EQ(kept[4].at, noon + 2s);
    EXPECT_EQ(kept[3].subject, archive.value());
    EXPECT_EQ(kept[1].subject, id_of(3).value());
}

TEST_P(Operators, AnActionThatWasRefusedIsNotKept) {
    static_cast<void>(accept(sample(1)));

    auto const upheld = wait(store().act_on_task(id_of(1), core::operator_upheld{"ann", "why"}, deliver_nothing(),
                                                 by_ann(action_kind::uphold, id_of(1).value())));
    auto const retried = wait(store().retry_delivery(delivery_of(id_of(9), results), "ann", noon));

    EXPECT_EQ(upheld.error().code, errc::conflict);
    EXPECT_EQ(retried.error().code, errc::not_found);
    EXPECT_THAT(actions(), IsEmpty());
}

TEST_P(Operators, ActionsArePagedFromTheNewestToTheOldest) {
    for (auto n = 0; n < 5; ++n)
        ASSERT_TRUE(wait(store().record_action(by_ann(action_kind::backup, std::to_string(n)))));

    auto subjects = std::vector<std::string>{};
    auto before = std::optional<std::int64_t>{};
    for (auto more = true; more;) {
        auto const page = wait(store().list_actions({before, 2}));
        for (auto const& each : page->items) subjects.push_back(each.subject);
        before = page->items.back().place;
        more = page->more;
    }

    EXPECT_THAT(subjects, ElementsAre("4", "3", "2", "1", "0"));
}

TEST_P(Operators, ActionsAndEndedReplaysGoWithTheTasksOfTheirTime) {
    ASSERT_TRUE(wait(store().record_action(by_ann(action_kind::backup, "old", noon))));
    ASSERT_TRUE(start(replay_of(results, "replay-old")));
    ASSERT_TRUE(wait(store().cancel_replay(replay_id{"replay-old"}, by_ann(action_kind::replay_cancel, "replay-old"))));
    ASSERT_TRUE(start(replay_of(archive, "replay-running")));
    ASSERT_TRUE(wait(store().record_action(by_ann(action_kind::backup, "new", noon + 2h))));

    ASSERT_TRUE(wait(store().retire(noon + 1h, 100, noon + 2h)));

    ASSERT_EQ(actions().size(), 1U);
    EXPECT_EQ(actions().front().subject, "new");
    EXPECT_EQ(wait(store().find_replay(replay_id{"replay-old"})).error().code, errc::not_found);
    EXPECT_TRUE(wait(store().find_replay(replay_id{"replay-running"})));
}

// ---- finding tasks ----

TEST_P(Operators, ATaskIsFoundByEveryIdThatPeopleHaveOfIt) {
    auto item = submitting_sample(1);
    item.idempotency_key = "order-4711";
    item.trace_parent = std::string{"00-"} + trace + "-00f067aa0ba902b7-01";
    static_cast<void>(accept(item));
    ASSERT_TRUE(wait(store().record_callback(item.id, callback_of(provider_id_of(1), core::reported_status::completed),
                                             deliver_to({results}), noon)));
    static_cast<void>(completed(2, {results}));

    EXPECT_THAT(found({.id = item.id}), ElementsAre(item.id));
    EXPECT_THAT(found({.provider_id = provider_id_of(1)}), ElementsAre(item.id));
    EXPECT_THAT(found({.idempotency_key = "order-4711"}), ElementsAre(item.id));
    EXPECT_THAT(found({.delivery = delivery_of(item.id, results)}), ElementsAre(item.id));
    EXPECT_THAT(found({.trace_id = trace}), ElementsAre(item.id));
    EXPECT_THAT(found({.id = id_of(9), .idempotency_key = "order-4712", .trace_id = "no trace"}), IsEmpty());
}

TEST_P(Operators, AKeyOfSeveralCallersFindsTheTaskOfEachNewestFirst) {
    auto mine = sample(1);
    mine.idempotency_key = "same";
    auto other_callers = sample(2);
    other_callers.caller = caller_name{"other"};
    other_callers.idempotency_key = "same";
    static_cast<void>(accept(mine));
    static_cast<void>(accept(other_callers));

    EXPECT_THAT(found({.idempotency_key = "same"}), ElementsAre(id_of(2), id_of(1)));
}

TEST_P(Operators, ATraceFindsItsNewestTasksAndAnythingThatIsLookedForCounts) {
    for (auto n = 1U; n <= 4; ++n) {
        auto item = sample(n);
        if (n != 2) item.trace_parent = std::string{"00-"} + trace + "-00f067aa0ba902b7-01";
        static_cast<void>(accept(item));
    }

    EXPECT_THAT(found({.trace_id = trace}), ElementsAre(id_of(4), id_of(3), id_of(1)));
    EXPECT_THAT(found({.trace_id = trace, .limit = 2}), ElementsAre(id_of(4), id_of(3)));
    EXPECT_THAT(found({.id = id_of(2), .trace_id = trace}), ElementsAre(id_of(4), id_of(3), id_of(2), id_of(1)));
}

TEST_P(Operators, ParkedDeliveriesAreListedByTheirCause) {
    auto const first = parked(1, results);
    static_cast<void>(completed(2, {results}));
    ASSERT_TRUE(wait(store().park_removed_sinks({archive}, 10, noon)));

    auto const of = [this](core::delivery_cause cause) {
        auto ids = std::vector<delivery_id>{};
        for (auto const& item : wait(store().list_deliveries({.cause = cause}))->items) ids.push_back(item.id);
        return ids;
    };

    EXPECT_THAT(of(core::delivery_cause::status_5xx), ElementsAre(first.id));
    EXPECT_THAT(of(core::delivery_cause::sink_removed), ElementsAre(delivery_of(id_of(2), results)));
    EXPECT_THAT(of(core::delivery_cause::tls), IsEmpty());
}

// ---- what is due, and whose links die ----

TEST_P(Operators, TheSummaryTellsWhatIsDueAndWhoseLinksDieNext) {
    static_cast<void>(accept(sample(1)));
    static_cast<void>(in_flight(2, noon + 15s));
    static_cast<void>(completed(3, {results}, noon + 1s));
    static_cast<void>(parked(4, archive));

    auto const early = *wait(store().summary(noon + 2s));
    auto const late = *wait(store().summary(noon + 24h));

    EXPECT_EQ(early.next_submission, noon);
    EXPECT_EQ(early.next_query, noon + 15s);
    EXPECT_EQ(early.sinks.at(results).next_due, noon + 1s);
    EXPECT_EQ(early.sinks.at(results).oldest_alive, noon + 1s);
    EXPECT_EQ(early.sinks.at(archive).next_due, std::nullopt);
    EXPECT_EQ(early.sinks.at(archive).oldest_parked, noon);
    EXPECT_EQ(early.sinks.at(archive).oldest_alive, noon);
    EXPECT_EQ(late.sinks.at(results).oldest_alive, noon + 1s);
    EXPECT_EQ(late.sinks.at(archive).oldest_alive, std::nullopt);
    EXPECT_EQ(late.sinks.at(archive).oldest_parked, noon);
}

// ---- replays ----

TEST_P(Operators, ADryRunCountsWhatAReplayWouldTake) {
    for (auto n = 1U; n <= 3; ++n) static_cast<void>(parked(n, n == 3 ? archive : results));

    auto const all = *wait(store().count_parked({}));
    auto const of_results = *wait(store().count_parked({.sink = results}));
    auto const of_cause = *wait(store().count_parked({.cause = core::delivery_cause::timeout}));
    auto const later = *wait(store().count_parked({.created_after = noon}));
    auto const until_then = *wait(store().count_parked({.created_before = noon + 1ms}));

    EXPECT_THAT(all.sinks, ElementsAre(Pair(archive, 1U), Pair(results, 2U)));
    EXPECT_EQ(all.oldest, noon);
    EXPECT_THAT(of_results.sinks, ElementsAre(Pair(results, 2U)));
    EXPECT_THAT(of_cause.sinks, IsEmpty());
    EXPECT_EQ(of_cause.oldest, std::nullopt);
    EXPECT_THAT(later.sinks, IsEmpty());
    EXPECT_THAT(until_then.sinks, ElementsAre(Pair(archive, 1U), Pair(results, 2U)));
}

TEST_P(Operators, AReplayMakesItsDeliveriesDueBatchByBatchAndThenIsDone) {
    for (auto n = 1U; n <= 3; ++n) static_cast<void>(parked(n, results));
    static_cast<void>(parked(4, archive));
    ASSERT_TRUE(start(replay_of(results)));

    auto const first = advance(terms(noon + 1s));
    auto const between = states(results, 3);
    auto const second = advance(terms(noon + 2s));

    EXPECT_THAT(first.due, ElementsAre(results));
    ASSERT_EQ(first.running.size(), 1U);
    EXPECT_EQ(first.running.front().replayed, 2U);
    EXPECT_EQ(std::ranges::count(between, delivery_state::pending), 2);
    EXPECT_THAT(second.running, IsEmpty());
    ASSERT_EQ(second.ended.size(), 1U);
    EXPECT_EQ(second.ended.front().state, replay_state::done);
    EXPECT_EQ(second.ended.front().replayed, 3U);
    EXPECT_EQ(second.ended.front().finished_at, noon + 2s);
    EXPECT_EQ(wait(store().find_replay(replay_id{"replay-1"}))->state, replay_state::done);
    EXPECT_THAT(states(results, 3), ::testing::Each(delivery_state::pending));
    EXPECT_EQ(delivery(id_of(4), archive).state, delivery_state::parked);
    EXPECT_EQ(delivery(id_of(1), results).attempts, 0U);
    EXPECT_THAT(timeline(id_of(1)), ::testing::Contains(core::timeline_kind::delivery_retried));
    EXPECT_THAT(kinds(), ElementsAre(action_kind::replay));
}

TEST_P(Operators, AReplayKeepsItsPaceAndWaitsWhileTheSinkIsBehindOrPausedOrGone) {
    for (auto n = 1U; n <= 3; ++n) static_cast<void>(parked(n, results));
    static_cast<void>(completed(4, {results}));  // live, and waiting
    ASSERT_TRUE(start(replay_of(results)));
    auto const replayed = [this](ports::replay_terms const& how) {
        auto const round = advance(how);
        return round.running.empty() ? round.ended.front().replayed : round.running.front().replayed;
    };

    EXPECT_EQ(replayed(terms(noon + 199ms)), 0U);
    auto behind = terms(noon + 1s);
    behind.max_waiting = 1;
    EXPECT_EQ(replayed(behind), 0U);
    auto removed = terms(noon + 1s);
    removed.sinks = {archive};
    EXPECT_EQ(replayed(removed), 0U);
    ASSERT_TRUE(wait(store().set_sink_paused(results, {ports::pause_state::paused, "why", "ann"}, noon)));
    EXPECT_EQ(replayed(terms(noon + 1s)), 0U);
    ASSERT_TRUE(wait(store().set_sink_paused(results, {ports::pause_state::running, {}, "ann"}, noon)));
    EXPECT_EQ(replayed(terms(noon + 1s)), 2U);
    EXPECT_EQ(replayed(terms(noon + 1s + 199ms)), 2U);
    EXPECT_EQ(replayed(terms(noon + 1s + 200ms)), 3U);
}

TEST_P(Operators, WhatIsParkedAgainBehindAReplayIsNotReplayedTwice) {
    for (auto n = 1U; n <= 3; ++n) static_cast<void>(parked(n, results));
    ASSERT_TRUE(start(replay_of(results)));
    ASSERT_EQ(advance(terms(noon + 1s, 1)).running.size(), 1U);
    auto const failed = core::attempt_outcome{.failed = core::delivery_cause::timeout, .answer = "timeout"};
    ASSERT_TRUE(wait(store().record_attempt(
        attempt_of(claim_delivery(results, noon + 1s), core::park{core::delivery_cause::timeout}, failed, noon + 1s))));

    auto const last = advance(terms(noon + 2s, 10));

    ASSERT_EQ(last.ended.size(), 1U);
    EXPECT_EQ(last.ended.front().replayed, 3U);
    EXPECT_EQ(std::ranges::count(states(results, 3), delivery_state::parked), 1);
}

TEST_P(Operators, AReplayTakesOnlyWhatPassesItsFilter) {
    static_cast<void>(parked(1, results));
    static_cast<void>(completed(2, {results}));
    ASSERT_TRUE(wait(store().park_removed_sinks({archive}, 10, noon)));
    auto item = replay_of(results);
    item.filter.cause = core::delivery_cause::sink_removed;
    item.filter.created_before = noon + 1h;
    ASSERT_TRUE(start(item));

    auto const round = advance(terms(noon + 1s));

    EXPECT_EQ(round.ended.at(0).replayed, 1U);
    EXPECT_EQ(round.ended.at(0).filter, item.filter);
    EXPECT_EQ(delivery(id_of(1), results).state, delivery_state::parked);
    EXPECT_EQ(delivery(id_of(2), results).state, delivery_state::pending);
}

TEST_P(Operators, OneReplayAtATimeRunsForASink) {
    ASSERT_TRUE(start(replay_of(results, "replay-1")));

    EXPECT_EQ(start(replay_of(results, "replay-2")).error().code, errc::conflict);
    EXPECT_TRUE(start(replay_of(results, "replay-1")));
    EXPECT_TRUE(start(replay_of(archive, "replay-3")));
    EXPECT_THAT(kinds(), ElementsAre(action_kind::replay, action_kind::replay));
}

TEST_P(Operators, ACancelledReplayGoesNoFurtherAndAnEndedOneCannotBeCancelled) {
    for (auto n = 1U; n <= 3; ++n) static_cast<void>(parked(n, results));
    ASSERT_TRUE(start(replay_of(results)));
    ASSERT_EQ(advance(terms(noon + 1s)).running.size(), 1U);
    auto const cancel = by_ann(action_kind::replay_cancel, "replay-1", noon + 2s);

    auto const cancelled = wait(store().cancel_replay(replay_id{"replay-1"}, cancel));
    auto const again = wait(store().cancel_replay(replay_id{"replay-1"}, cancel));
    auto const nothing = wait(store().cancel_replay(replay_id{"replay-9"}, cancel));

    ASSERT_TRUE(cancelled);
    EXPECT_EQ(cancelled->state, replay_state::cancelled);
    EXPECT_EQ(cancelled->replayed, 2U);
    EXPECT_EQ(again.error().code, errc::conflict);
    EXPECT_EQ(nothing.error().code, errc::not_found);
    EXPECT_THAT(advance(terms(noon + 3s)).running, IsEmpty());
    EXPECT_EQ(std::ranges::count(states(results, 3), delivery_state::parked), 1);
    EXPECT_THAT(kinds(), ElementsAre(action_kind::replay_cancel, action_kind::replay));
}

TEST_P(Operators, ReplaysAreListedNewestFirst) {
    for (auto n = 1; n <= 3; ++n) {
        auto item =
            replay_of(sink_name{std::string{"sink-"} + std::to_string(n)}, std::string{"replay-"} + std::to_string(n));
        item.started_at = noon + n * 1s;
        ASSERT_TRUE(start(item));
    }

    auto const newest = *wait(store().list_replays(2));

    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].id, replay_id{"replay-3"});
    EXPECT_EQ(newest[0].who, "ann");
    EXPECT_EQ(newest[0].why, "the consumer is back");
    EXPECT_EQ(newest[0].total, 3U);
    EXPECT_EQ(newest[1].id, replay_id{"replay-2"});
}

}  // namespace
}  // namespace voicehook::contract
