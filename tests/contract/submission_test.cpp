#include "store_contract.hpp"

namespace voicehook::contract {
namespace {

using core::stage;
using core::timeline_kind;
using core::verdict;

class Submission : public StoreContract {
protected:
    result<ports::claimed<core::task>> claim(ports::claim_terms terms, std::optional<duration> replay_after = 1min) {
        return wait(store().claim_submissions(std::move(terms), replay_after));
    }
    result<ports::transition> record(core::task const& claimed, core::task_event outcome, instant now = noon) {
        return wait(
            store().record_submission(claimed.id, claimed.lease_token, std::move(outcome), deliver_to({results}), now));
    }
};
INSTANTIATE_TEST_SUITE_P(Stores, Submission, ::testing::ValuesIn(every_store()), store_name);

TEST_P(Submission, ClaimTakesADueTaskUnderALeaseWithAGrownToken) {
    auto const item = accept(sample(1));

    auto const claimed = claim(claim_at(noon));

    ASSERT_TRUE(claimed);
    ASSERT_EQ(claimed->items.size(), 1U);
    auto const& taken = claimed->items[0];
    EXPECT_EQ(taken.id, item.id);
    EXPECT_EQ(taken.state, (core::task_state{core::submitting{noon + 1min}}));
    EXPECT_EQ(taken.lease_token, 1U);
    EXPECT_EQ(taken.submissions, 1U);
    EXPECT_EQ(claimed->next_due, noon + 1min);
    EXPECT_EQ(text_of(task(item.id)), text_of(taken));
}

TEST_P(Submission, ClaimLeavesWhatIsNotDueYetAndTellsWhenItWillBe) {
    auto later = sample(1);
    later.state = core::queued{noon + 1ms};
    static_cast<void>(accept(later));

    auto const claimed = claim(claim_at(noon));

    ASSERT_TRUE(claimed);
    EXPECT_TRUE(claimed->items.empty());
    EXPECT_EQ(claimed->next_due, noon + 1ms);
}

TEST_P(Submission, ClaimOfAnEmptyStoreHasNothingDueEver) {
    auto const claimed = claim(claim_at(noon));

    ASSERT_TRUE(claimed);
    EXPECT_TRUE(claimed->items.empty());
    EXPECT_EQ(claimed->next_due, std::nullopt);
}

TEST_P(Submission, ClaimTakesTheLongestDueFirstAndNoMoreThanItsLimit) {
    for (auto const n : {1U, 2U, 3U}) {
        auto item = sample(n);
        item.state = core::queued{noon - duration{n}};
        static_cast<void>(accept(item));
    }

    auto const claimed = claim(claim_at(noon, 2));

    ASSERT_TRUE(claimed);
    ASSERT_EQ(claimed->items.size(), 2U);
    EXPECT_EQ(claimed->items[0].id, id_of(3));
    EXPECT_EQ(claimed->items[1].id, id_of(2));
    EXPECT_EQ(claimed->next_due, noon - 1ms);
}

TEST_P(Submission, TwoClaimsNeverTakeTheSameTask) {
    static_cast<void>(accept(sample(1)));
    static_cast<void>(claim_submission());

    auto const second = claim(claim_at(noon, 64, other));

    ASSERT_TRUE(second);
    EXPECT_TRUE(second->items.empty());
}

TEST_P(Submission, ALeaseThatRanOutBecomesUnknownAndIsNotReturned) {
    static_cast<void>(accept(sample(1)));
    auto const lost = claim_submission();

    auto const claimed = claim(claim_at(noon + 1min), 30s);

    ASSERT_TRUE(claimed);
    EXPECT_TRUE(claimed->items.empty());
    EXPECT_EQ(claimed->lost, 1U);
    EXPECT_EQ(claimed->next_due, noon + 90s);
    EXPECT_EQ(task(lost.id).state, (core::task_state{core::unknown{noon + 90s}}));
    EXPECT_EQ(task(lost.id).unknown_since, noon + 1min);
}

TEST_P(Submission, ALostOneThatMustNotBeReplayedIsNeverDueAgain) {
    static_cast<void>(accept(sample(1)));
    auto const lost = claim_submission();

    auto const claimed = claim(claim_at(noon + 1min), std::nullopt);

    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->next_due, std::nullopt);
    EXPECT_EQ(task(lost.id).state, core::task_state{core::unknown{}});
    EXPECT_TRUE(claim(claim_at(noon + 24h))->items.empty());
}

TEST_P(Submission, AnUnknownOneIsClaimedAgainAtItsReplayWithTheNextToken) {
    static_cast<void>(accept(sample(1)));
    auto const first = claim_submission();
    ASSERT_TRUE(record(first, core::submission_unknown{noon + 5s, "timeout"}));

    auto const early = claim(claim_at(noon + 4999ms));
    auto const due = claim(claim_at(noon + 5s));

    EXPECT_TRUE(early->items.empty());
    EXPECT_EQ(early->next_due, noon + 5s);
    ASSERT_EQ(due->items.size(), 1U);
    EXPECT_EQ(due->items[0].lease_token, 2U);
    EXPECT_EQ(due->items[0].submit_body, first.submit_body);
}

TEST_P(Submission, AnOutcomeUnderAnOlderTokenIsALostLeaseAndChangesNothing) {
    static_cast<void>(accept(sample(1)));
    auto const first = claim_submission();
    ASSERT_TRUE(record(first, core::submission_postponed{noon, "rate_limit_exceeded"}));
    auto const second = claim_submission();

    auto const late = record(first, accepted_as(provider_id_of(1), noon + 15s));

    EXPECT_EQ(late.error().code, errc::lease_lost);
    EXPECT_EQ(text_of(task(first.id)), text_of(second));
}

TEST_P(Submission, OfATaskThatIsNotThereIsNotFound) {
    auto const recorded = record(sample(1), core::submission_unknown{});

    EXPECT_EQ(recorded.error().code, errc::not_found);
}

TEST_P(Submission, AcceptedPutsTheTaskInFlightUnderTheProvidersId) {
    auto const item = accept(submitting_sample(1));

    auto const recorded = record(item, accepted_as(provider_id_of(1), noon + 15s));

    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->what, verdict::applied);
    EXPECT_EQ(recorded->before, stage::submitting);
    EXPECT_FALSE(recorded->ends);
    EXPECT_EQ(task(item.id).state, (core::task_state{core::in_flight{noon + 15s}}));
    auto const by_theirs = wait(store().find_task(provider_id_of(1).value()));
    ASSERT_TRUE(by_theirs);
    EXPECT_EQ(by_theirs->id, item.id);
}

TEST_P(Submission, RecordedTwiceChangesTheTaskOnce) {
    auto const item = accept(submitting_sample(1));
    ASSERT_TRUE(record(item, core::submission_postponed{noon + 1s, "busy"}));
    auto const after_first = task(item.id);

    auto const second = record(item, core::submission_postponed{noon + 9s, "busy"});

    ASSERT_TRUE(second);
    EXPECT_EQ(second->what, verdict::moot);
    EXPECT_EQ(text_of(task(item.id)), text_of(after_first));
}

TEST_P(Submission, RefusedEndsTheTaskAndRendersItsDeliveries) {
    auto const item = accept(submitting_sample(1));
    auto const refusal = core::submission_refused{.why = {403, "permission_denied", "{}"}, .retry_at = std::nullopt};

    auto const recorded = record(item, refusal);

    ASSERT_TRUE(recorded);
    EXPECT_TRUE(recorded->ends);
    auto const made = delivery(item.id, results);
    EXPECT_EQ(made.body, item.id.value() + " failed");
    EXPECT_EQ(made.state, core::delivery_state::pending);
    EXPECT_EQ(made.caller, item.caller);
    EXPECT_EQ(summary().results.at(core::result_source::refusal), 1U);
}

TEST_P(Submission, ACallbackInBetweenDoesNotInvalidateTheToken) {
    auto const item = accept(submitting_sample(1));
    ASSERT_TRUE(wait(store().record_callback(item.id, callback_of(provider_id_of(1), core::reported_status::processing),
                                             deliver_nothing(), noon)));

    auto const recorded = record(item, accepted_as(provider_id_of(1), noon + 15s));

    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->what, verdict::applied);
    EXPECT_EQ(core::stage_of(recorded->item.state), stage::in_flight);
}

TEST_P(Submission, AcceptedUnderAnIdThatAnotherTaskHasIsAMismatchAndChangesNothing) {
    static_cast<void>(in_flight(1));
    auto const item = accept(submitting_sample(2));

    auto const recorded = record(item, accepted_as(provider_id_of(1), noon + 15s));

    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->what, verdict::mismatch);
    EXPECT_EQ(text_of(task(item.id)), text_of(item));
    EXPECT_EQ(wait(store().find_task(provider_id_of(1).value()))->id, id_of(1));
    EXPECT_EQ(timeline(item.id).size(), 2U);
}

TEST_P(Submission, TheTimelineTellsEveryAttempt) {
    static_cast<void>(accept(sample(1)));
    auto const first = claim_submission();
    ASSERT_TRUE(record(first, core::submission_unknown{noon, "reset"}));
    auto const second = claim_submission();
    ASSERT_TRUE(record(second, accepted_as(provider_id_of(1), noon + 15s)));

    EXPECT_EQ(timeline(first.id), (std::vector{timeline_kind::accepted, timeline_kind::submission_started,
                                               timeline_kind::submission_unknown, timeline_kind::submission_started,
                                               timeline_kind::submission_accepted}));
}

TEST_P(Submission, OfAnotherOwnerIsNotReleased) {
    static_cast<void>(accept(sample(1)));
    auto const mine = claim_submission();

    ASSERT_TRUE(wait(store().release_leases(other, 10s, noon + 1s)));

    EXPECT_EQ(text_of(task(mine.id)), text_of(mine));
}

TEST_P(Submission, OfAReleasedOwnerIsUnknownAtOnce) {
    static_cast<void>(accept(sample(1)));
    auto const mine = claim_submission();

    ASSERT_TRUE(wait(store().release_leases(me, 10s, noon + 1s)));

    EXPECT_EQ(task(mine.id).state, (core::task_state{core::unknown{noon + 11s}}));
}

TEST_P(Submission, AcceptedUnderALeaseIsReleasedWithItsOwner) {
    ASSERT_TRUE(wait(store().accept_task(submitting_sample(1), {.owner = me}, noon)));
    ASSERT_TRUE(wait(store().accept_task(submitting_sample(2), {.owner = other}, noon)));

    ASSERT_TRUE(wait(store().release_leases(me, std::nullopt, noon + 1s)));

    EXPECT_EQ(core::stage_of(task(id_of(1)).state), stage::unknown);
    EXPECT_EQ(core::stage_of(task(id_of(2)).state), stage::submitting);
}

TEST_P(Submission, AnOutcomeThatComesAfterTheReleaseStillCounts) {
    auto const item = accept(submitting_sample(1));
    ASSERT_TRUE(wait(store().release_leases(me, 10s, noon)));

    auto const recorded = record(item, accepted_as(provider_id_of(1), noon + 15s));

    ASSERT_TRUE(recorded);
    EXPECT_EQ(core::stage_of(task(item.id).state), stage::in_flight);
}

}  // namespace
}  // namespace voicehook::contract
