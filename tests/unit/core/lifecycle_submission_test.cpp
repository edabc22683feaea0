#include "lifecycle_kit.hpp"

namespace voicehook::core {
namespace {

using namespace kit;
using kinds = std::vector<timeline_kind>;

constexpr auto about_request = submission_refused::scope::request;
constexpr auto about_account = submission_refused::scope::account;

/// Being submitted, and an early callback has already told the provider's id.
task a_submitting_task_that_is_bound() {
    auto item = a_submitting_task();
    item.provider_id = first_id;
    return item;
}

TEST(LifecycleSubmission, AClaimCountsTheAttemptAndGrowsTheToken) {
    auto const after = advance(a_queued_task(), submission_claimed{later + 60s}, later);

    EXPECT_EQ(after.next.state, task_state{submitting{later + 60s}});
    EXPECT_EQ(after.next.submissions, 1U);
    EXPECT_EQ(after.next.lease_token, 1U);
    EXPECT_EQ(kinds_of(after), kinds{timeline_kind::submission_started});
    EXPECT_EQ(after.timeline.front().at, later);
}

TEST(LifecycleSubmission, AnUnknownTaskWithoutAReplayTimeIsNotClaimed) {
    auto before = an_unknown_task();
    before.state = unknown{std::nullopt};

    auto const after = advance(before, submission_claimed{later + 60s}, later);

    EXPECT_EQ(after.what, verdict::moot);
    EXPECT_EQ(after.next, before);
}

TEST(LifecycleSubmission, AReplayKeepsWhenTheOutcomeBecameUnknown) {
    auto const before = an_unknown_task();

    auto const after = advance(before, submission_claimed{later + 60s}, later);

    EXPECT_EQ(after.next.unknown_since, before.unknown_since);
    EXPECT_EQ(after.next.submissions, before.submissions + 1);
}

TEST(LifecycleSubmission, ALostAttemptIsUnknownFromNowOn) {
    auto const after = advance(a_submitting_task(), submission_lost{later + 60s}, later);

    EXPECT_EQ(after.next.state, task_state{unknown{later + 60s}});
    EXPECT_EQ(after.next.unknown_since, later);
}

TEST(LifecycleSubmission, ALaterUnknownOutcomeDoesNotMoveWhenItBecameUnknown) {
    auto const after = advance(a_replaying_task(), submission_unknown{later + 60s, "timeout"}, later);

    EXPECT_EQ(after.next.unknown_since, noon);
    EXPECT_EQ(after.next.state, task_state{unknown{later + 60s}});
    EXPECT_EQ(after.next.last_problem, "timeout");
}

TEST(LifecycleSubmission, WithABoundIdNoOutcomeButAcceptanceLeadsAnywhereButToAQuery) {
    auto const outcomes = std::vector<task_event>{submission_lost{later + 60s},
                                                  submission_unknown{later + 60s, "timeout"},
                                                  submission_postponed{later + 1s, "busy"},
                                                  a_refused_submission(400, about_request),
                                                  a_refused_submission(402, about_account),
                                                  submission_expired{a_refusal(503)}};

    for (auto const& outcome : outcomes) {
        SCOPED_TRACE(outcome.index());

        auto const after = advance(a_submitting_task_that_is_bound(), outcome, later);

        EXPECT_EQ(after.next.state, task_state{in_flight{later}});
        EXPECT_EQ(after.next.unknown_since, std::nullopt);
        EXPECT_FALSE(after.ends);
    }
}

TEST(LifecycleSubmission, AcceptanceBindsTheIdKeepsTheBytesAndForgetsTheProblem) {
    auto before = a_submitting_task();
    before.last_problem = "rate_limit_exceeded";

    auto const after = advance(before, an_acceptance(), later);

    EXPECT_EQ(after.next.state, task_state{in_flight{later + 15s}});
    EXPECT_EQ(after.next.provider_id, first_id);
    EXPECT_EQ(after.next.provider_body, "acceptance");
    EXPECT_EQ(after.next.accepted_at, later);
    EXPECT_EQ(after.next.last_problem, "");
    EXPECT_EQ(kinds_of(after), kinds{timeline_kind::submission_accepted});
}

TEST(LifecycleSubmission, AnAcceptanceThatIsAlreadyOverMakesAQueryDueAndShowsAsProcessing) {
    auto event = an_acceptance();
    event.status = reported_status::completed;

    auto const after = advance(a_submitting_task(), event, later);

    EXPECT_EQ(after.next.state, task_state{in_flight{later}});
    EXPECT_EQ(shown_status(after.next), reported_status::processing);
    EXPECT_FALSE(after.ends);
}

TEST(LifecycleSubmission, AnAcceptanceUnderAnotherIdKeepsTheFirstAndSaysSo) {
    auto before = a_submitting_task_that_is_bound();
    before.provider_body = "progress";

    auto const after = advance(before, an_acceptance(other_id), later);

    EXPECT_EQ(after.next.provider_id, first_id);
    EXPECT_EQ(after.next.provider_body, "progress");
    EXPECT_EQ(stage_after(after), stage::in_flight);
    ASSERT_EQ(after.timeline.size(), 1U);
    EXPECT_TRUE(after.timeline[0].detail.contains("task-unified-2"));
    EXPECT_TRUE(after.timeline[0].detail.contains("task-unified-1"));
}

TEST(LifecycleSubmission, AnAcceptanceAfterEarlyProgressBringsItsBytesAndMovesNoStatusBack) {
    auto before = a_submitting_task_that_is_bound();
    before.status = reported_status::processing;
    before.provider_body = "progress";

    auto const after = advance(before, an_acceptance(), later);

    EXPECT_EQ(after.next.provider_body, "acceptance");
    EXPECT_EQ(after.next.status, reported_status::processing);
}

TEST(LifecycleSubmission, AnAcceptanceInFlightNeitherMovesTheQueryNorOverwritesNewerBytes) {
    auto before = an_in_flight_task();
    before.provider_body = "progress";

    auto const after = advance(before, an_acceptance(), later);

    EXPECT_EQ(after.next.state, before.state);
    EXPECT_EQ(after.next.provider_body, "progress");
    EXPECT_EQ(after.what, verdict::applied);
}

TEST(LifecycleSubmission, AnAcceptanceReadAfterTheCallbackThatEndedTheTaskKeepsTheResult) {
    auto const before = an_ended_task();

    auto const after = advance(before, an_acceptance(), later);

    EXPECT_EQ(after.what, verdict::applied);
    EXPECT_EQ(after.next, before);
    EXPECT_FALSE(after.ends);
}

TEST(LifecycleSubmission, AnAcceptanceAfterAnOperatorEndedTheTaskStillBindsTheId) {
    auto before = advance(a_submitting_task(), operator_ended{terminal::failed, a_refusal(504), "ann"}, noon).next;

    auto const after = advance(before, an_acceptance(), later);

    EXPECT_EQ(after.next.provider_id, first_id);
    EXPECT_EQ(after.next.state, before.state);
    EXPECT_EQ(after.next.provider_body, "");
}

TEST(LifecycleSubmission, ARefusalEndsATaskThatNobodyCanHaveAccepted) {
    auto const after = advance(a_submitting_task(), a_refused_submission(402, about_account), later);

    EXPECT_TRUE(after.ends);
    EXPECT_EQ(after.next.state, task_state(ended{.what = terminal::failed, .at = later, .settle_at = std::nullopt}));
    EXPECT_EQ(after.next.source, result_source::refusal);
    EXPECT_EQ(after.next.refused, a_refusal(402));
    EXPECT_EQ(after.next.status, reported_status::failed);
    EXPECT_EQ(kinds_of(after), (kinds{timeline_kind::submission_refused, timeline_kind::ended}));
}

TEST(LifecycleSubmission, ARefusalForTheAccountKeepsATaskOpenWhoseEarlierAttemptMayHaveArrived) {
    auto const after = advance(a_replaying_task(), a_refused_submission(402, about_account), later);

    EXPECT_FALSE(after.ends);
    EXPECT_EQ(after.next.state, task_state{unknown{later + 30s}});
    EXPECT_EQ(after.next.last_problem, "insufficient_quota");
    EXPECT_EQ(after.next.refused, std::nullopt);
}

TEST(LifecycleSubmission, RefusalsReleaseTheCallersKeyExactlyWhereTheirStatusIsNotRemembered) {
    struct {
        int status;
        bool kept;
    } constexpr rows[] = {{400, false}, {401, true}, {402, true},  {403, true}, {409, true},
                          {413, true},  {422, true}, {429, false}, {500, true}, {503, false}};
    for (auto const& [status, kept] : rows) {
        SCOPED_TRACE(status);

        auto const refused = advance(a_submitting_task(), a_refused_submission(status, about_request), later);
        auto const expired = advance(a_queued_task(), submission_expired{a_refusal(status)}, later);

        EXPECT_EQ(refused.next.idempotency_key.has_value(), kept);
        EXPECT_EQ(expired.next.idempotency_key.has_value(), kept);
    }
}

TEST(LifecycleSubmission, APostponedAttemptQueuesTheTaskAgain) {
    auto const after = advance(a_submitting_task(), submission_postponed{later + 1s, "rate_limit_exceeded"}, later);

    EXPECT_EQ(after.next.state, task_state{queued{later + 1s}});
    EXPECT_EQ(after.next.last_problem, "rate_limit_exceeded");
    EXPECT_EQ(after.next.unknown_since, std::nullopt);
}

TEST(LifecycleSubmission, APostponedReplayStaysUnknown) {
    auto const after = advance(a_replaying_task(), submission_postponed{later + 1s, "busy"}, later);

    EXPECT_EQ(after.next.state, task_state{unknown{later + 1s}});
    EXPECT_EQ(after.next.unknown_since, noon);
}

TEST(LifecycleSubmission, AtTheDeadlineATaskThatNeverArrivedFailsByOurHand) {
    auto const after = advance(a_queued_task(), submission_expired{a_refusal(503)}, later);

    EXPECT_TRUE(after.ends);
    EXPECT_EQ(after.next.source, result_source::ours);
    EXPECT_EQ(after.next.refused, a_refusal(503));
    EXPECT_EQ(shown_status(after.next), reported_status::failed);
}

TEST(LifecycleSubmission, AtTheDeadlineATaskThatMayHaveArrivedWaitsWithoutEnd) {
    auto const after = advance(a_replaying_task(), submission_expired{a_refusal(503)}, later);

    EXPECT_FALSE(after.ends);
    EXPECT_EQ(after.next.state, task_state{unknown{std::nullopt}});
    EXPECT_EQ(due_at(after.next.state), std::nullopt);
}

TEST(LifecycleSubmission, AnOutcomeThatComesTooLateIsNotedAndLeavesTheTaskInFlight) {
    auto const before = an_in_flight_task();

    auto const after = advance(before, submission_unknown{later + 60s, "timeout"}, later);

    EXPECT_EQ(after.what, verdict::moot);
    EXPECT_EQ(after.next, before);
    EXPECT_EQ(kinds_of(after), kinds{timeline_kind::submission_unknown});
}

TEST(LifecycleSubmission, WhatTheProviderSaysIsShortAndPrintableInTheTimeline) {
    auto const after = advance(a_submitting_task(), submission_unknown{later, std::string(5000, 'x') + "\n"}, later);

    EXPECT_LE(after.timeline.front().detail.size(), 200U);
    EXPECT_LE(after.next.last_problem.size(), 200U);
}

}  // namespace
}  // namespace voicehook::core
