#include "store_contract.hpp"

#include <stdexcept>

namespace voicehook::contract {
namespace {

using core::reported_status;
using core::stage;
using core::timeline_kind;
using core::verdict;

/// Callbacks, queries and operators: what moves a task after its submission.
class Result : public StoreContract {
protected:
    result<ports::transition> callback(task_id const& id, core::callback_received notice, instant now = noon) {
        return wait(store().record_callback(id, std::move(notice), deliver_to({results, archive}), now));
    }
    result<ports::transition> query(core::task const& claimed, core::task_event outcome, instant now = noon) {
        return wait(store().record_query(claimed.id, claimed.lease_token, std::move(outcome),
                                         deliver_to({results, archive}), now));
    }
    result<ports::transition> happens(task_id const& id, core::task_event event, instant now = noon) {
        return wait(store().record_event(id, std::move(event), deliver_to({results, archive}), now));
    }
    core::task claim_query(instant now) { return wait(store().claim_queries(claim_at(now, 1)))->items.at(0); }
    /// Completed, then told to have failed: a query is to tell.
    core::task contradicted(unsigned n) {
        static_cast<void>(completed(n, {results}));
        return callback(id_of(n), callback_of(provider_id_of(n), reported_status::failed), noon + 5s)->item;
    }
};
INSTANTIATE_TEST_SUITE_P(Stores, Result, ::testing::ValuesIn(every_store()), store_name);

TEST_P(Result, TheFirstTerminalCallbackEndsTheTaskAndMakesOneDeliveryPerSink) {
    auto const item = in_flight(1);
    auto const body = std::string{"{\"credits\":1e400, \"raw\":\"\xC3\xA4\"}"};

    auto const recorded =
        callback(item.id, callback_of(provider_id_of(1), reported_status::completed, body), noon + 9s);

    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->what, verdict::accepted);
    EXPECT_EQ(recorded->before, stage::in_flight);
    EXPECT_TRUE(recorded->ends);
    auto const after = history(item.id);
    EXPECT_EQ(after.item.provider_body, body);
    EXPECT_EQ(after.item.state, (core::task_state{core::ended{core::terminal::completed, noon + 9s, std::nullopt}}));
    ASSERT_EQ(after.deliveries.size(), 2U);
    EXPECT_EQ(after.deliveries[0].sink, results);
    EXPECT_EQ(after.deliveries[1].sink, archive);
    EXPECT_EQ(after.deliveries[0].due_at, noon + 9s);
    EXPECT_EQ(after.deliveries[0].body, item.id.value() + " completed");
}

TEST_P(Result, TheSameCallbackAgainIsADuplicateAndMakesNoDelivery) {
    auto const item = in_flight(1);
    auto const notice = callback_of(provider_id_of(1), reported_status::completed);
    ASSERT_TRUE(callback(item.id, notice));
    auto const before = text_of(history(item.id));

    auto const again = callback(item.id, notice, noon + 1s);

    ASSERT_TRUE(again);
    EXPECT_EQ(again->what, verdict::duplicate);
    EXPECT_FALSE(again->ends);
    EXPECT_EQ(text_of(history(item.id)), before);
}

TEST_P(Result, ACallbackForATaskThatTheStoreDoesNotKnowIsNotFound) {
    auto const recorded = callback(id_of(9), callback_of(provider_id_of(9), reported_status::completed));

    EXPECT_EQ(recorded.error().code, errc::not_found);
}

TEST_P(Result, ACallbackBindsAQueuedTaskToTheProvidersId) {
    auto const item = accept(sample(1));

    ASSERT_TRUE(callback(item.id, callback_of(provider_id_of(1), reported_status::processing)));

    EXPECT_EQ(wait(store().find_task(provider_id_of(1).value()))->id, item.id);
}

TEST_P(Result, ACallbackWithAnIdThatAnotherTaskHasIsAMismatchAndChangesNothing) {
    static_cast<void>(in_flight(1));
    auto const item = accept(sample(2));

    auto const recorded = callback(item.id, callback_of(provider_id_of(1), reported_status::completed));

    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->what, verdict::mismatch);
    EXPECT_FALSE(recorded->ends);
    EXPECT_EQ(text_of(task(item.id)), text_of(item));
    EXPECT_TRUE(history(item.id).deliveries.empty());
}

TEST_P(Result, AnotherTerminalIsAConflictThatMakesAQueryDueAndKeepsTheResult) {
    static_cast<void>(completed(1, {results}));
    auto const other_body = std::string{"{\"status\":\"failed\"}"};

    auto const recorded =
        callback(id_of(1), callback_of(provider_id_of(1), reported_status::failed, other_body), noon + 5s);

    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->what, verdict::conflict);
    auto const after = history(id_of(1));
    EXPECT_EQ(std::get<core::ended>(after.item.state).what, core::terminal::completed);
    EXPECT_EQ(after.timeline.back().kind, timeline_kind::conflict);
    EXPECT_EQ(after.timeline.back().body, other_body);
    EXPECT_EQ(after.deliveries.size(), 1U);
    EXPECT_EQ(summary().disputed, 1U);
    EXPECT_EQ(claim_query(noon + 5s).id, id_of(1));
}

TEST_P(Result, AQueryThatStandsByTheOtherResultMarksTheTaskDisputedForAnOperator) {
    static_cast<void>(contradicted(1));

    auto const told = query(claim_query(noon + 5s), answer_of(provider_id_of(1), reported_status::failed, noon + 1min));
    auto const disputed = summary().disputed;
    auto const upheld = happens(id_of(1), core::operator_upheld{"ann", "called them"});

    ASSERT_TRUE(told);
    EXPECT_EQ(told->item.quarrel, core::dispute::disputed);
    EXPECT_EQ(disputed, 1U);
    ASSERT_TRUE(upheld);
    EXPECT_EQ(task(id_of(1)).quarrel, core::dispute::upheld);
    EXPECT_EQ(summary().disputed, 0U);
}

TEST_P(Result, AQueryClaimLeasesTheTaskAndComesDueAgainByItself) {
    auto const item = in_flight(1, noon + 15s);

    auto const early = wait(store().claim_queries(claim_at(noon + 14s)));
    auto const taken = wait(store().claim_queries(claim_at(noon + 15s)));
    auto const held = wait(store().claim_queries(claim_at(noon + 74s, 64, other)));
    auto const dead = wait(store().claim_queries(claim_at(noon + 75s, 64, other)));

    EXPECT_TRUE(early->items.empty());
    EXPECT_EQ(early->next_due, noon + 15s);
    ASSERT_EQ(taken->items.size(), 1U);
    EXPECT_EQ(taken->items[0].lease_token, item.lease_token + 1);
    EXPECT_EQ(taken->next_due, noon + 75s);
    EXPECT_TRUE(held->items.empty());
    ASSERT_EQ(dead->items.size(), 1U);
    EXPECT_EQ(dead->items[0].lease_token, item.lease_token + 2);
}

TEST_P(Result, AQueryUnderAnOlderTokenIsALostLease) {
    static_cast<void>(in_flight(1));
    auto const first = claim_query(noon + 15s);
    auto const second = claim_query(noon + 75s);

    auto const late = query(first, answer_of(provider_id_of(1), reported_status::completed, noon + 2min));

    EXPECT_EQ(late.error().code, errc::lease_lost);
    EXPECT_EQ(text_of(task(id_of(1))), text_of(second));
}

TEST_P(Result, AQueryThatFindsTheEndEndsTheTask) {
    static_cast<void>(in_flight(1));

    auto const told =
        query(claim_query(noon + 15s), answer_of(provider_id_of(1), reported_status::cancelled, noon + 1min));

    ASSERT_TRUE(told);
    EXPECT_EQ(told->what, verdict::accepted);
    EXPECT_TRUE(told->ends);
    EXPECT_EQ(history(id_of(1)).deliveries.size(), 2U);
    EXPECT_EQ(summary().results.at(core::result_source::query), 1U);
}

TEST_P(Result, AQueryThatFindsItRunningSetsTheNextOne) {
    static_cast<void>(in_flight(1));

    auto const told =
        query(claim_query(noon + 15s), answer_of(provider_id_of(1), reported_status::processing, noon + 21s));

    ASSERT_TRUE(told);
    EXPECT_EQ(task(id_of(1)).state, (core::task_state{core::in_flight{noon + 21s}}));
}

TEST_P(Result, AWantedQueryIsDueNow) {
    static_cast<void>(in_flight(1, noon + 1h));

    auto const wanted = happens(id_of(1), core::query_wanted{"not JSON"}, noon + 1s);

    ASSERT_TRUE(wanted);
    EXPECT_EQ(claim_query(noon + 1s).id, id_of(1));
}

TEST_P(Result, AnEventWithNothingToDoIsAConflictAndAnUnknownTaskNotFound) {
    static_cast<void>(completed(1, {}));

    EXPECT_EQ(happens(id_of(1), core::operator_resubmitted{"ann"}).error().code, errc::conflict);
    EXPECT_EQ(happens(id_of(2), core::operator_resubmitted{"ann"}).error().code, errc::not_found);
}

TEST_P(Result, AnOperatorWhoBindsAnIdThatAnotherTaskHasIsToldOfAConflictAndChangesNothing) {
    static_cast<void>(in_flight(1));
    static_cast<void>(accept(sample(2)));

    auto const before = text_of(history(id_of(2)));

    auto const bound = happens(id_of(2), core::operator_bound{provider_id_of(1), "ann"});

    EXPECT_EQ(bound.error().code, errc::conflict);
    EXPECT_EQ(text_of(history(id_of(2))), before);
}

TEST_P(Result, AnOperatorEndsATaskThatNothingElseEnds) {
    static_cast<void>(in_flight(1));

    auto const ended = happens(id_of(1), core::operator_ended{core::terminal::failed, {502, "given_up", "{}"}, "ann"});

    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->ends);
    EXPECT_EQ(history(id_of(1)).deliveries.size(), 2U);
    EXPECT_EQ(summary().results.at(core::result_source::operator_action), 1U);
}

TEST_P(Result, AReleasedOwnersQueriesAreDueNow) {
    static_cast<void>(in_flight(1));
    static_cast<void>(contradicted(2));
    static_cast<void>(wait(store().claim_queries(claim_at(noon + 15s))));

    ASSERT_TRUE(wait(store().release_leases(me, 1min, noon + 16s)));

    EXPECT_EQ(wait(store().claim_queries(claim_at(noon + 16s, 64, other)))->items.size(), 2U);
}

TEST_P(Result, ARendererThatThrowsFailsTheOperationAndLeavesNoTrace) {
    auto const item = in_flight(1);
    auto const before = text_of(history(item.id));
    auto const throwing = [](core::task const&) -> std::vector<core::new_delivery> { throw std::runtime_error{"no"}; };

    auto const recorded = wait(
        store().record_callback(item.id, callback_of(provider_id_of(1), reported_status::completed), throwing, noon));

    EXPECT_EQ(recorded.error().code, errc::store_unavailable);
    EXPECT_EQ(text_of(history(item.id)), before);
}

TEST_P(Result, ARendererThatRepeatsAnIdFailsTheOperationAndLeavesNoTrace) {
    auto const item = in_flight(1);
    auto const before = text_of(history(item.id));

    auto const recorded = wait(store().record_callback(
        item.id, callback_of(provider_id_of(1), reported_status::completed), deliver_to({results, results}), noon));

    EXPECT_EQ(recorded.error().code, errc::store_unavailable);
    EXPECT_EQ(text_of(history(item.id)), before);
    EXPECT_EQ(summary().deliveries_created, 0U);
}

}  // namespace
}  // namespace voicehook::contract
