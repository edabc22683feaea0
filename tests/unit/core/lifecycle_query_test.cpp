#include "lifecycle_kit.hpp"

namespace voicehook::core {
namespace {

using namespace kit;
using kinds = std::vector<timeline_kind>;
using enum reported_status;

instant settle_at(step const& after) { return std::get<ended>(after.next.state).settle_at.value_or(instant{}); }

TEST(LifecycleQuery, AnAnswerWithAnEndEndsTheTask) {
    auto const after = advance(an_in_flight_task(), an_answer(failed), later);

    EXPECT_TRUE(after.ends);
    EXPECT_EQ(after.next.state, task_state(ended{.what = terminal::failed, .at = later, .settle_at = std::nullopt}));
    EXPECT_EQ(after.next.source, result_source::query);
    EXPECT_EQ(after.next.provider_body, "answer");
    EXPECT_EQ(kinds_of(after), (kinds{timeline_kind::query, timeline_kind::ended}));
}

TEST(LifecycleQuery, AnAnswerWithoutAnEndTellsProgressAndIsAskedAgain) {
    auto before = an_in_flight_task();
    before.queries = 3;
    before.last_problem = "timeout";
    auto event = an_answer(processing);
    event.report.progress = 65;

    auto const after = advance(before, event, later);

    EXPECT_EQ(after.next.state, task_state{in_flight{later + 6s}});
    EXPECT_EQ(after.next.progress, 65);
    EXPECT_EQ(after.next.provider_body, "answer");
    EXPECT_EQ(after.next.queries, 0U);
    EXPECT_EQ(after.next.last_problem, "");
    EXPECT_EQ(kinds_of(after), kinds{timeline_kind::query});
}

TEST(LifecycleQuery, AnAnswerThatTellsNothingNewIsNotInTheTimeline) {
    auto const once = advance(an_in_flight_task(), an_answer(processing), later).next;

    auto const after = advance(once, an_answer(processing), later);

    EXPECT_TRUE(after.timeline.empty());
}

TEST(LifecycleQuery, AnAnswerAboutAnotherTaskIsAFailedQuery) {
    auto event = an_answer(completed);
    event.report.id = other_id;

    auto const after = advance(an_in_flight_task(), event, later);

    EXPECT_EQ(after.what, verdict::applied);
    EXPECT_EQ(after.next.state, task_state{in_flight{later + 6s}});
    EXPECT_EQ(after.next.queries, 1U);
    EXPECT_EQ(after.next.provider_body, "acceptance");
    EXPECT_EQ(kinds_of(after), kinds{timeline_kind::query_failed});
}

TEST(LifecycleQuery, AnAnswerAboutAnotherTaskSettlesNothing) {
    auto event = an_answer(failed);
    event.report.id = other_id;

    auto const after = advance(a_settling_task(), event, later);

    EXPECT_EQ(after.next.quarrel, dispute::settling);
    EXPECT_EQ(settle_at(after), later + 6s);
}

TEST(LifecycleQuery, TheProviderStandsByTheStoredResult) {
    auto const after = advance(a_settling_task(), an_answer(completed), later);

    EXPECT_EQ(after.next.quarrel, dispute::upheld);
    EXPECT_EQ(due_at(after.next.state), std::nullopt);
    EXPECT_EQ(after.next.provider_body, "result");
    EXPECT_EQ(kinds_of(after), kinds{timeline_kind::upheld});
}

TEST(LifecycleQuery, TheProviderStandsByTheOtherResult) {
    auto const after = advance(a_settling_task(), an_answer(failed), later);

    EXPECT_EQ(after.next.quarrel, dispute::disputed);
    EXPECT_EQ(due_at(after.next.state), std::nullopt);
    EXPECT_EQ(after.next.provider_body, "result");
    EXPECT_EQ(std::get<ended>(after.next.state).what, terminal::completed);
    ASSERT_EQ(kinds_of(after), kinds{timeline_kind::disputed});
    EXPECT_EQ(after.timeline[0].body, "answer");
}

TEST(LifecycleQuery, TheProviderSaysItStillRunsWhileAContradictionIsSettled) {
    auto const after = advance(a_settling_task(), an_answer(processing), later);

    EXPECT_EQ(after.next.quarrel, dispute::settling);
    EXPECT_EQ(settle_at(after), later + 6s);
    EXPECT_EQ(after.next.provider_body, "result");
}

TEST(LifecycleQuery, AFailedQueryIsTriedLaterAndCounted) {
    auto const after = advance(an_in_flight_task(), query_failed{later + 12s, "http_502"}, later);

    EXPECT_EQ(after.next.state, task_state{in_flight{later + 12s}});
    EXPECT_EQ(after.next.queries, 1U);
    EXPECT_EQ(after.next.last_problem, "http_502");
}

TEST(LifecycleQuery, ThousandsOfEqualFailuresLeaveAFewEntries) {
    auto item = an_in_flight_task();
    auto entries = std::size_t{};

    for (int failure = 0; failure < 5000; ++failure) {
        auto after = advance(item, query_failed{later, "http_502"}, later);
        entries += after.timeline.size();
        item = std::move(after.next);
    }

    EXPECT_EQ(item.queries, 5000U);
    EXPECT_EQ(entries, 13U);  // 1, 2, 4 … 4096
}

TEST(LifecycleQuery, AFailureOfAnotherKindIsNoted) {
    auto before = an_in_flight_task();
    before.queries = 2;
    before.last_problem = "http_502";

    auto const same = advance(before, query_failed{later, "http_502"}, later);
    auto const another = advance(before, query_failed{later, "timeout"}, later);

    EXPECT_TRUE(same.timeline.empty());
    EXPECT_EQ(kinds_of(another), kinds{timeline_kind::query_failed});
}

TEST(LifecycleQuery, AFailedSettlingIsTriedLater) {
    auto const after = advance(a_settling_task(), query_failed{later + 12s, "http_502"}, later);

    EXPECT_EQ(after.next.quarrel, dispute::settling);
    EXPECT_EQ(settle_at(after), later + 12s);
}

TEST(LifecycleQuery, ASettlingThatFailsTooOftenIsLeftToAnOperator) {
    auto before = a_settling_task();
    before.queries = max_settling_queries - 1;

    auto const after = advance(before, query_failed{later + 12s, "task_not_found"}, later);

    EXPECT_EQ(after.next.quarrel, dispute::disputed);
    EXPECT_EQ(due_at(after.next.state), std::nullopt);
}

TEST(LifecycleQuery, AProviderThatSaysForEverThatAnEndedTaskRunsDoesNotKeepUsAsking) {
    auto item = a_settling_task();

    for (auto asked = 1u; asked < max_settling_queries; ++asked) {
        item = advance(item, an_answer(reported_status::processing), later).next;
        ASSERT_EQ(item.quarrel, dispute::settling) << asked;
    }
    auto const after = advance(item, an_answer(reported_status::processing), later);

    EXPECT_EQ(after.next.quarrel, dispute::disputed);
    EXPECT_EQ(due_at(after.next.state), std::nullopt);
}

TEST(LifecycleQuery, ManyFailuresAreNoVerdictOnATaskInFlight) {
    auto before = an_in_flight_task();
    before.queries = max_settling_queries * 10;

    auto const after = advance(before, query_failed{later + 12s, "task_not_found"}, later);

    EXPECT_EQ(after.next.state, task_state{in_flight{later + 12s}});
    EXPECT_EQ(after.next.quarrel, dispute::none);
}

TEST(LifecycleQuery, AWantedQueryIsDueNow) {
    auto before = an_in_flight_task();
    before.state = in_flight{later + 1h};

    auto const after = advance(before, query_wanted{"malformed callback"}, later);

    EXPECT_EQ(after.next.state, task_state{in_flight{later}});
    EXPECT_EQ(kinds_of(after), kinds{timeline_kind::query_wanted});
}

TEST(LifecycleQuery, AWantedQueryDoesNotPushBackOneThatIsDueAlready) {
    auto const before = an_in_flight_task();

    auto const after = advance(before, query_wanted{"malformed callback"}, later);

    EXPECT_EQ(after.next.state, before.state);
}

TEST(LifecycleQuery, AWantedQueryAsksAboutADisputeAgain) {
    auto const wanted = advance(a_disputed_task(), query_wanted{"ann"}, later);

    auto const after = advance(wanted.next, an_answer(completed), later + 1s);

    EXPECT_EQ(settle_at(wanted), later);
    EXPECT_EQ(wanted.next.quarrel, dispute::disputed);
    EXPECT_EQ(after.next.quarrel, dispute::upheld);
}

TEST(LifecycleQuery, WantedQueriesAreBounded) {
    auto before = an_in_flight_task();
    before.state = in_flight{later + 1h};
    before.notes = max_callback_notes;

    auto const after = advance(before, query_wanted{"malformed callback"}, later);

    EXPECT_EQ(after.what, verdict::moot);
    EXPECT_EQ(after.next, before);
}

}  // namespace
}  // namespace voicehook::core
