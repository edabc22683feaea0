#include "lifecycle_kit.hpp"

namespace voicehook::core {
namespace {

using namespace kit;
using kinds = std::vector<timeline_kind>;

TEST(LifecycleOperator, EndsATaskWithTheReasonThatCallersSee) {
    auto const after = advance(an_unknown_task(), operator_ended{terminal::cancelled, a_refusal(504), "ann"}, later);

    EXPECT_TRUE(after.ends);
    EXPECT_EQ(after.next.state, task_state(ended{.what = terminal::cancelled, .at = later, .settle_at = std::nullopt}));
    EXPECT_EQ(after.next.source, result_source::operator_action);
    EXPECT_EQ(after.next.refused, a_refusal(504));
    EXPECT_EQ(kinds_of(after), (kinds{timeline_kind::operator_action, timeline_kind::ended}));
    EXPECT_TRUE(after.timeline[0].detail.starts_with("ann: "));
}

TEST(LifecycleOperator, AnEndByAnOperatorNeverReleasesTheCallersKey) {
    auto const after = advance(an_unknown_task(), operator_ended{terminal::failed, a_refusal(503), "ann"}, later);

    EXPECT_EQ(after.next.idempotency_key, "caller-key");
}

TEST(LifecycleOperator, BindsAnUnknownTaskAndHasItQueriedNow) {
    auto const after = advance(an_unknown_task(), operator_bound{first_id, "ann"}, later);

    EXPECT_EQ(after.next.state, task_state{in_flight{later}});
    EXPECT_EQ(after.next.provider_id, first_id);
    EXPECT_EQ(after.next.accepted_at, later);
    EXPECT_EQ(kinds_of(after), kinds{timeline_kind::operator_action});
}

TEST(LifecycleOperator, CannotBindATaskThatIsBound) {
    auto before = a_submitting_task();
    before.provider_id = first_id;

    auto const after = advance(before, operator_bound{other_id, "ann"}, later);

    EXPECT_EQ(after.what, verdict::moot);
    EXPECT_EQ(after.next, before);
}

TEST(LifecycleOperator, ResubmittingMakesTheReplayDueAndLeavesTimeForIt) {
    auto before = an_unknown_task();
    before.state = unknown{std::nullopt};
    before.deadline = noon;

    auto const after = advance(before, operator_resubmitted{"ann"}, later);

    EXPECT_EQ(after.next.state, task_state{unknown{later}});
    EXPECT_EQ(after.next.deadline, later + 10min);
    EXPECT_EQ(after.next.submit_body, before.submit_body);
}

TEST(LifecycleOperator, ResubmittingDoesNotShortenTheDeadline) {
    auto before = an_unknown_task();
    before.deadline = later + 1h;

    auto const after = advance(before, operator_resubmitted{"ann"}, later);

    EXPECT_EQ(after.next.deadline, later + 1h);
}

TEST(LifecycleOperator, UpholdsTheStoredResultOfADispute) {
    for (auto const& before : {a_settling_task(), a_disputed_task()}) {
        auto const after = advance(before, operator_upheld{"ann", "listened to it"}, later);

        EXPECT_EQ(after.next.quarrel, dispute::upheld);
        EXPECT_EQ(due_at(after.next.state), std::nullopt);
        EXPECT_EQ(kinds_of(after), (kinds{timeline_kind::operator_action, timeline_kind::upheld}));
        EXPECT_FALSE(after.ends);
    }
}

TEST(LifecycleOperator, AnAnswerThatComesAfterTheRulingIsMoot) {
    auto const ruled = advance(a_settling_task(), operator_upheld{"ann", "listened to it"}, later).next;

    auto const after = advance(ruled, an_answer(reported_status::failed), later);

    EXPECT_EQ(after.what, verdict::moot);
    EXPECT_EQ(after.next, ruled);
}

}  // namespace
}  // namespace voicehook::core
