#include "lifecycle_kit.hpp"

namespace voicehook::core {
namespace {

using namespace kit;
using kinds = std::vector<timeline_kind>;
using enum reported_status;

task ended_as(terminal what, result_source source) {
    auto item = an_ended_task();
    std::get<ended>(item.state).what = what;
    item.status = to_status(what);
    item.source = source;
    return item;
}

/// Completed by a callback, then contradicted.
task in_dispute(dispute quarrel) {
    auto item = quarrel == dispute::settling ? a_settling_task() : an_ended_task();
    item.quarrel = quarrel;
    return item;
}

task_report failed_with(std::string code) {
    auto report = a_report(failed);
    report.error_code = std::move(code);
    return report;
}

// ---- the callback verdict, row by row -------------------------------------------------------------------------------

struct verdict_row {
    std::string_view name;
    task before;
    task_report report;
    confirmation confirm;
    verdict what;
    dispute quarrel;
};

std::vector<verdict_row> the_verdicts() {
    using enum verdict;
    using enum dispute;
    auto const end = confirmation::conflict;
    auto const ask = confirmation::always;
    auto const flying = an_in_flight_task();
    auto const done = ended_as(terminal::completed, result_source::callback);
    auto const gone = ended_as(terminal::cancelled, result_source::callback);
    auto const queried = ended_as(terminal::failed, result_source::query);
    auto const denied = ended_as(terminal::failed, result_source::refusal);
    auto const expired = ended_as(terminal::failed, result_source::ours);
    auto const ruled = ended_as(terminal::failed, result_source::operator_action);
    return {
        // clang-format off
        {"first completed",                flying,  a_report(completed),              end, accepted,  none},
        {"first failed",                   flying,  a_report(failed),                 end, accepted,  none},
        {"first cancelled",                flying,  a_report(cancelled),              end, accepted,  none},
        {"not terminal: pending",          flying,  a_report(pending),                end, ignored,   none},
        {"not terminal: processing",       flying,  a_report(processing),             end, ignored,   none},
        {"not terminal: unknown word",     flying,  a_report(other),                  end, ignored,   none},
        {"to be confirmed",                flying,  a_report(completed),              ask, evidence,  none},
        {"to be confirmed, not terminal",  flying,  a_report(processing),             ask, ignored,   none},
        {"another task's",                 flying,  a_report(completed, other_id),    end, mismatch,  none},
        {"the same again",                 done,    a_report(completed),              end, duplicate, none},
        {"the same, to be confirmed",      done,    a_report(completed),              ask, duplicate, none},
        {"cancelled in its other form",    gone,    failed_with("request_cancelled"), end, duplicate, none},
        {"failed is not cancelled",        gone,    failed_with("timeout"),           end, conflict,  settling},
        {"another end",                    done,    a_report(failed),                 end, conflict,  settling},
        {"another end, to be confirmed",   done,    a_report(failed),                 ask, conflict,  settling},
        {"another end than a query's",     queried, a_report(completed),              end, conflict,  settling},
        {"another end than a refusal",     denied,  a_report(completed),              end, conflict,  settling},
        {"another end than our deadline",  expired, a_report(completed),              end, conflict,  settling},
        {"another end than an operator's", ruled,   a_report(completed),              end, conflict,  settling},
        {"the end an operator chose",      ruled,   a_report(failed),                 end, duplicate, none},
        {"progress after the end",         done,    a_report(processing),             end, ignored,   none},
        {"another task's after the end",   done,    a_report(failed, other_id),       end, mismatch,  none},
        {"another end while settling",  in_dispute(settling), a_report(failed),    end, conflict,  settling},
        {"another end when disputed",   in_dispute(disputed), a_report(failed),    end, conflict,  disputed},
        {"another end when upheld",     in_dispute(upheld),   a_report(failed),    end, conflict,  settling},
        {"the same while settling",     in_dispute(settling), a_report(completed), end, duplicate, settling},
        {"the same when disputed",      in_dispute(disputed), a_report(completed), end, duplicate, disputed},
        // clang-format on
    };
}

TEST(CallbackVerdict, IsWhatTheTableSays) {
    for (auto const& expected : the_verdicts()) {
        SCOPED_TRACE(expected.name);
        auto const was_over = stage_of(expected.before.state) == stage::ended;
        auto const event = callback_received{expected.report, "callback", "192.0.2.1", expected.confirm};

        auto const after = advance(expected.before, event, later);

        auto const ends = expected.what == verdict::accepted;
        EXPECT_EQ(after.what, expected.what);
        EXPECT_EQ(stage_after(after), was_over || ends ? stage::ended : stage::in_flight);
        EXPECT_EQ(after.next.quarrel, expected.quarrel);
        EXPECT_EQ(after.ends, ends);
    }
}

// ---- what each verdict writes ---------------------------------------------------------------------------------------

TEST(LifecycleCallback, TheFirstResultEndsTheTaskWithItsBytes) {
    auto event = a_callback(completed, "the result");
    event.report.progress = 100;

    auto const after = advance(an_in_flight_task(), event, later);

    EXPECT_EQ(after.next.state, task_state(ended{.what = terminal::completed, .at = later, .settle_at = std::nullopt}));
    EXPECT_EQ(after.next.source, result_source::callback);
    EXPECT_EQ(after.next.provider_body, "the result");
    EXPECT_EQ(after.next.progress, 100);
    EXPECT_EQ(after.next.status, completed);
    EXPECT_EQ(kinds_of(after), (kinds{timeline_kind::callback, timeline_kind::ended}));
}

TEST(LifecycleCallback, AResultBeforeTheSubmitResponseBindsTheProvidersId) {
    auto const after = advance(a_submitting_task(), a_callback(completed), later);

    EXPECT_TRUE(after.ends);
    EXPECT_EQ(after.next.provider_id, first_id);
    EXPECT_EQ(after.next.accepted_at, later);
}

TEST(LifecycleCallback, AResultKeepsTheCallersKeyRemembered) {
    auto const after = advance(an_in_flight_task(), a_callback(failed), later);

    EXPECT_EQ(after.next.idempotency_key, "caller-key");
}

TEST(LifecycleCallback, ProgressBindsATaskWhoseOutcomeWasUnknownAndMakesAQueryDue) {
    auto event = a_callback(processing, "progress");
    event.report.progress = 40;

    auto const after = advance(an_unknown_task(), event, later);

    EXPECT_EQ(after.next.state, task_state{in_flight{later}});
    EXPECT_EQ(after.next.provider_id, first_id);
    EXPECT_EQ(after.next.progress, 40);
    EXPECT_EQ(after.next.provider_body, "progress");
    EXPECT_EQ(after.next.unknown_since, noon);
    EXPECT_EQ(kinds_of(after), kinds{timeline_kind::progress});
}

TEST(LifecycleCallback, ProgressDuringTheSubmissionBindsTheIdAndLetsTheAttemptFinish) {
    auto const before = a_submitting_task();

    auto const after = advance(before, a_callback(processing), later);

    EXPECT_EQ(after.next.state, before.state);
    EXPECT_EQ(after.next.provider_id, first_id);
    EXPECT_EQ(shown_status(after.next), processing);
}

TEST(LifecycleCallback, ProgressInFlightLeavesTheQueryWhereItWas) {
    auto const before = an_in_flight_task();

    auto const after = advance(before, a_callback(processing), later);

    EXPECT_EQ(after.next.state, before.state);
}

TEST(LifecycleCallback, ProgressThatWasOvertakenMovesNothingBack) {
    auto before = an_in_flight_task();
    before.status = processing;
    before.progress = 65;
    before.provider_body = "65 %";
    auto event = a_callback(pending, "30 %");
    event.report.progress = 30;

    auto const after = advance(before, event, later);

    EXPECT_EQ(after.next.status, processing);
    EXPECT_EQ(after.next.progress, 65);
    EXPECT_EQ(after.next.provider_body, "65 %");
}

TEST(LifecycleCallback, AnOlderPercentageIsNotTakenForNews) {
    auto before = an_in_flight_task();
    before.status = processing;
    before.progress = 65;
    before.provider_body = "65 %";
    auto event = a_callback(processing, "30 %");
    event.report.progress = 30;

    auto const after = advance(before, event, later);

    EXPECT_EQ(after.next.progress, 65);
    EXPECT_EQ(after.next.provider_body, "65 %");
}

TEST(LifecycleCallback, EvidenceIsKeptAndMakesAQueryDueAtOnce) {
    auto const after = advance(an_in_flight_task(), an_unconfirmed_callback(completed), later);

    EXPECT_EQ(after.next.state, task_state{in_flight{later}});
    EXPECT_EQ(after.next.provider_body, "acceptance");
    ASSERT_EQ(kinds_of(after), kinds{timeline_kind::callback});
    EXPECT_EQ(after.timeline[0].body, "callback");
}

TEST(LifecycleCallback, EvidenceDuringTheSubmissionMovesTheTaskInFlightWhereItsOutcomeIsMoot) {
    auto const bound = advance(a_submitting_task(), an_unconfirmed_callback(completed), later).next;

    auto const after = advance(bound, a_refused_submission(400, submission_refused::scope::request), later);

    EXPECT_EQ(bound.provider_id, first_id);
    EXPECT_EQ(after.what, verdict::moot);
    EXPECT_EQ(stage_after(after), stage::in_flight);
}

TEST(LifecycleCallback, ADuplicateWithEqualBytesWritesNothing) {
    auto const before = an_ended_task();

    auto const after = advance(before, a_callback(completed, "result"), later);

    EXPECT_EQ(after.what, verdict::duplicate);
    EXPECT_EQ(after.next, before);
    EXPECT_TRUE(after.timeline.empty());
}

TEST(LifecycleCallback, ADuplicateWithOtherBytesKeepsThemInTheTimelineOnly) {
    auto const after = advance(an_ended_task(), a_callback(completed, "other bytes"), later);

    EXPECT_EQ(after.next.provider_body, "result");
    ASSERT_EQ(kinds_of(after), kinds{timeline_kind::duplicate});
    EXPECT_EQ(after.timeline[0].body, "other bytes");
}

TEST(LifecycleCallback, AgreeingWithAnEndThatIsNotTheProvidersWordIsNotNoted) {
    auto const before = ended_as(terminal::failed, result_source::operator_action);

    auto const after = advance(before, a_callback(failed, "other bytes"), later);

    EXPECT_EQ(after.what, verdict::duplicate);
    EXPECT_EQ(after.next, before);
    EXPECT_TRUE(after.timeline.empty());
}

TEST(LifecycleCallback, ASettlingBeginsWithoutTheFailuresOfEarlierQueries) {
    auto before = an_ended_task();
    before.queries = 7;

    auto const after = advance(before, a_callback(failed), later);

    EXPECT_EQ(after.next.queries, 0U);
}

TEST(LifecycleCallback, AContradictionKeepsTheStoredResultAndAsksTheProvider) {
    auto const after = advance(an_ended_task(), a_callback(failed, "contradiction"), later);

    EXPECT_EQ(after.next.state, task_state(ended{.what = terminal::completed, .at = noon, .settle_at = later}));
    EXPECT_EQ(after.next.provider_body, "result");
    EXPECT_EQ(due_kind_of(after.next.state), due_kind::query);
    ASSERT_EQ(kinds_of(after), kinds{timeline_kind::conflict});
    EXPECT_EQ(after.timeline[0].body, "contradiction");
}

TEST(LifecycleCallback, AContradictionOfAnEndThatNeverReachedTheProviderBindsItsIdToAskAbout) {
    auto const before = advance(a_queued_task(), submission_expired{a_refusal(503)}, noon).next;

    auto const after = advance(before, a_callback(completed), later);

    EXPECT_EQ(after.what, verdict::conflict);
    EXPECT_EQ(after.next.provider_id, first_id);
    EXPECT_EQ(after.next.quarrel, dispute::settling);
}

TEST(LifecycleCallback, AContradictionWhileOneIsBeingSettledLeavesTheQueryWhereItWas) {
    auto const before = a_settling_task();

    auto const after = advance(before, a_callback(failed), later);

    EXPECT_EQ(after.next.state, before.state);
}

// ---- a leaked URL ---------------------------------------------------------------------------------------------------

std::size_t entries_after(task item, callback_received const& event, int times) {
    auto entries = std::size_t{};
    for (int sent = 0; sent < times; ++sent) {
        auto after = advance(item, event, later);
        entries += after.timeline.size();
        item = std::move(after.next);
    }
    return entries;
}

TEST(LifecycleCallback, NoKindOfCallbackFillsTheTimelineWithoutLimit) {
    EXPECT_EQ(entries_after(an_in_flight_task(), a_callback(processing), 300), max_callback_notes);
    EXPECT_EQ(entries_after(an_in_flight_task(), an_unconfirmed_callback(completed), 300), 1u);
    EXPECT_EQ(entries_after(an_ended_task(), a_callback(completed, "other bytes"), 300), max_callback_notes);
    EXPECT_EQ(entries_after(an_ended_task(), a_callback(failed), 300), max_callback_notes);
    EXPECT_EQ(entries_after(in_dispute(dispute::upheld), a_callback(failed), 300), max_callback_notes);
}

TEST(LifecycleCallback, TheSameEvidenceOnceMoreIsADuplicateAndMakesNoQueryDue) {
    auto before = advance(an_in_flight_task(), an_unconfirmed_callback(completed), later).next;
    before.state = in_flight{later + 30s};  // the query is under way

    auto const same = advance(before, an_unconfirmed_callback(completed), later);
    auto const other = advance(before, an_unconfirmed_callback(failed), later);

    EXPECT_EQ(same.what, verdict::duplicate);
    EXPECT_EQ(same.next, before);
    EXPECT_EQ(other.what, verdict::evidence);
    EXPECT_EQ(other.next.state, task_state{in_flight{later}});
    EXPECT_EQ(shown_status(before), processing);
}

TEST(LifecycleCallback, WithAFullTimelineEvidenceLeavesTheQueryToThePlan) {
    auto before = an_in_flight_task();
    before.notes = max_callback_notes;

    auto const after = advance(before, an_unconfirmed_callback(completed), later);

    EXPECT_EQ(after.what, verdict::evidence);
    EXPECT_EQ(after.next, before);
}

TEST(LifecycleCallback, WithAFullTimelineTheFirstContradictionIsStillSettled) {
    auto before = an_ended_task();
    before.notes = max_callback_notes;

    auto const after = advance(before, a_callback(failed), later);

    EXPECT_EQ(after.next.quarrel, dispute::settling);
}

TEST(LifecycleCallback, WithAFullTimelineASettledContradictionStaysSettled) {
    auto before = in_dispute(dispute::upheld);
    before.notes = max_callback_notes;

    auto const after = advance(before, a_callback(failed), later);

    EXPECT_EQ(after.what, verdict::conflict);
    EXPECT_EQ(after.next, before);
}

}  // namespace
}  // namespace voicehook::core
