#include "lifecycle_kit.hpp"

#include <array>
#include <set>

namespace voicehook::core {
namespace {

using namespace kit;
using enum verdict;

/// What becomes of an event in one stage.
struct cell {
    verdict what;
    stage after;
};

/// One event, and a cell for each stage; `settling` is an ended task whose contradiction is being settled.
struct row {
    std::string_view name;
    task_event event;
    cell queued, submitting, replaying, unknown, in_flight, ended, settling;
};

constexpr auto q = stage::queued;
constexpr auto s = stage::submitting;
constexpr auto u = stage::unknown;
constexpr auto f = stage::in_flight;
constexpr auto e = stage::ended;

std::vector<row> the_table() {
    using enum reported_status;
    auto const request = submission_refused::scope::request;
    auto const account = submission_refused::scope::account;
    return {
        // clang-format off
        //  queued         submitting     replaying      unknown        in_flight      ended          settling
        {"claimed", submission_claimed{later + 60s},
            {applied, s},  {moot, s},     {moot, s},     {applied, s},  {moot, f},     {moot, e},     {moot, e}},
        {"lost", submission_lost{later + 60s},
            {moot, q},     {applied, u},  {applied, u},  {moot, u},     {moot, f},     {moot, e},     {moot, e}},
        {"accepted", an_acceptance(),
            {applied, f},  {applied, f},  {applied, f},  {applied, f},  {applied, f},  {applied, e},  {applied, e}},
        {"refused for the request", a_refused_submission(400, request),
            {moot, q},     {applied, e},  {applied, e},  {applied, e},  {moot, f},     {moot, e},     {moot, e}},
        {"refused for the account", a_refused_submission(402, account),
            {moot, q},     {applied, e},  {applied, u},  {applied, u},  {moot, f},     {moot, e},     {moot, e}},
        {"postponed", submission_postponed{later + 1s, "busy"},
            {moot, q},     {applied, q},  {applied, u},  {applied, u},  {moot, f},     {moot, e},     {moot, e}},
        {"unknown", submission_unknown{later + 60s, "timeout"},
            {moot, q},     {applied, u},  {applied, u},  {applied, u},  {moot, f},     {moot, e},     {moot, e}},
        {"expired", submission_expired{a_refusal(503)},
            {applied, e},  {applied, e},  {applied, u},  {applied, u},  {moot, f},     {moot, e},     {moot, e}},
        {"callback: processing", a_callback(processing),
            {ignored, f},  {ignored, s},  {ignored, s},  {ignored, f},  {ignored, f},  {ignored, e},  {ignored, e}},
        {"callback: completed", a_callback(completed),
            {accepted, e}, {accepted, e}, {accepted, e}, {accepted, e}, {accepted, e}, {duplicate, e}, {duplicate, e}},
        {"callback: failed", a_callback(failed),
            {accepted, e}, {accepted, e}, {accepted, e}, {accepted, e}, {accepted, e}, {conflict, e}, {conflict, e}},
        {"callback to be confirmed", an_unconfirmed_callback(completed),
            {evidence, f}, {evidence, f}, {evidence, f}, {evidence, f}, {evidence, f}, {duplicate, e}, {duplicate, e}},
        {"query: processing", an_answer(processing),
            {moot, q},     {moot, s},     {moot, s},     {moot, u},     {ignored, f},  {moot, e},     {ignored, e}},
        {"query: completed", an_answer(completed),
            {moot, q},     {moot, s},     {moot, s},     {moot, u},     {accepted, e}, {moot, e},     {applied, e}},
        {"query: failed", an_answer(failed),
            {moot, q},     {moot, s},     {moot, s},     {moot, u},     {accepted, e}, {moot, e},     {applied, e}},
        {"query failed", query_failed{later + 6s, "timeout"},
            {moot, q},     {moot, s},     {moot, s},     {moot, u},     {applied, f},  {moot, e},     {applied, e}},
        {"query wanted", query_wanted{"malformed callback"},
            {moot, q},     {moot, s},     {moot, s},     {moot, u},     {applied, f},  {moot, e},     {applied, e}},
        {"operator ended", operator_ended{terminal::failed, a_refusal(504), "ann"},
            {applied, e},  {applied, e},  {applied, e},  {applied, e},  {applied, e},  {moot, e},     {moot, e}},
        {"operator bound", operator_bound{first_id, "ann"},
            {applied, f},  {applied, f},  {applied, f},  {applied, f},  {moot, f},     {moot, e},     {moot, e}},
        {"operator resubmitted", operator_resubmitted{"ann"},
            {moot, q},     {moot, s},     {moot, s},     {applied, u},  {moot, f},     {moot, e},     {moot, e}},
        {"operator upheld", operator_upheld{"ann", "heard it"},
            {moot, q},     {moot, s},     {moot, s},     {moot, u},     {moot, f},     {moot, e},     {applied, e}},
        // clang-format on
    };
}

void expect_cell(std::string_view stage_name, task const& before, task_event const& event, cell const& expected) {
    SCOPED_TRACE(stage_name);

    auto const after = advance(before, event, later);

    EXPECT_EQ(after.what, expected.what);
    EXPECT_EQ(stage_after(after), expected.after);
    EXPECT_EQ(after.ends, stage_of(before.state) != stage::ended && expected.after == stage::ended);
    if (expected.what == moot) EXPECT_EQ(after.next, before);
    if (expected.what == applied) EXPECT_TRUE(after.next != before || !after.timeline.empty());
}

TEST(LifecycleTable, EveryEventDoesInEveryStageWhatTheTableSays) {
    for (auto const& expected : the_table()) {
        SCOPED_TRACE(expected.name);
        expect_cell("queued", a_queued_task(), expected.event, expected.queued);
        expect_cell("submitting", a_submitting_task(), expected.event, expected.submitting);
        expect_cell("replaying", a_replaying_task(), expected.event, expected.replaying);
        expect_cell("unknown", an_unknown_task(), expected.event, expected.unknown);
        expect_cell("in flight", an_in_flight_task(), expected.event, expected.in_flight);
        expect_cell("ended", an_ended_task(), expected.event, expected.ended);
        expect_cell("settling", a_settling_task(), expected.event, expected.settling);
    }
}

TEST(LifecycleTable, HasARowForEveryKindOfEvent) {
    auto kinds = std::set<std::size_t>{};

    for (auto const& expected : the_table()) kinds.insert(expected.event.index());

    EXPECT_EQ(kinds.size(), std::variant_size_v<task_event>);
}

TEST(LifecycleTable, TheTypicalTasksStandInTheStagesTheyAreNamedFor) {
    EXPECT_EQ(stage_of(a_queued_task().state), q);
    EXPECT_EQ(stage_of(a_submitting_task().state), s);
    EXPECT_EQ(stage_of(an_unknown_task().state), u);
    EXPECT_EQ(stage_of(an_in_flight_task().state), f);
    EXPECT_EQ(stage_of(an_ended_task().state), e);
}

TEST(LifecycleTable, ACallbackForAnotherProviderTaskChangesNothingInAnyStage) {
    for (auto before :
         {a_submitting_task(), an_unknown_task(), an_in_flight_task(), an_ended_task(), a_settling_task()}) {
        before.provider_id = other_id;

        auto const after = advance(before, a_callback(reported_status::completed), later);

        EXPECT_EQ(after.what, mismatch);
        EXPECT_EQ(after.next, before);
        EXPECT_TRUE(after.timeline.empty());
        EXPECT_FALSE(after.ends);
    }
}

}  // namespace
}  // namespace voicehook::core
