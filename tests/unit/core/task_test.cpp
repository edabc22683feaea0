#include "core/task.hpp"
#include "core/breaker.hpp"

#include "core/delivery.hpp"
#include "core/provider_verdict.hpp"
#include "core/submission_policy.hpp"
#include "lifecycle_kit.hpp"

#include <set>

namespace voicehook::core {
namespace {

using namespace kit;

TEST(Task, WhatIsDueAndWhenFollowsFromTheState) {
    struct {
        task_state state;
        stage name;
        std::optional<instant> due;
        std::optional<due_kind> kind;
    } const rows[] = {
        {queued{noon}, stage::queued, noon, due_kind::submission},
        {submitting{noon}, stage::submitting, noon, due_kind::submission},
        {unknown{noon}, stage::unknown, noon, due_kind::submission},
        {unknown{std::nullopt}, stage::unknown, std::nullopt, std::nullopt},
        {in_flight{noon}, stage::in_flight, noon, due_kind::query},
        {ended{terminal::failed, noon, later}, stage::ended, later, due_kind::query},
        {ended{terminal::failed, noon, std::nullopt}, stage::ended, std::nullopt, std::nullopt},
    };
    for (auto const& [state, name, due, kind] : rows) {
        SCOPED_TRACE(to_text(name));
        EXPECT_EQ(stage_of(state), name);
        EXPECT_EQ(due_at(state), due);
        EXPECT_EQ(due_kind_of(state), kind);
    }
}

TEST(Task, CallersNeverSeeAStatusThatTheContractDoesNotList) {
    using enum reported_status;
    struct {
        task item;
        reported_status told;
        reported_status expected;
    } const rows[] = {
        {a_queued_task(), pending, pending},           {a_queued_task(), processing, processing},
        {a_submitting_task(), pending, pending},       {a_submitting_task(), processing, processing},
        {a_submitting_task(), other, pending},         {an_unknown_task(), pending, pending},
        {an_unknown_task(), processing, processing},   {an_in_flight_task(), pending, pending},
        {an_in_flight_task(), processing, processing}, {an_in_flight_task(), other, processing},
        {an_in_flight_task(), completed, processing},  {an_ended_task(), completed, completed},
        {an_ended_task(), processing, completed},
    };
    for (auto row : rows) {
        row.item.status = row.told;
        EXPECT_EQ(shown_status(row.item), row.expected)
            << to_text(stage_of(row.item.state)) << ", told " << to_text(row.told);
    }
}

TEST(TaskReport, StandsForTheEndThatTheTableSays) {
    using enum reported_status;
    struct {
        reported_status status;
        std::string_view code;
        std::optional<terminal> expected;
    } constexpr rows[] = {
        {completed, "", terminal::completed},
        {completed, "request_cancelled", terminal::completed},
        {failed, "", terminal::failed},
        {failed, "content_policy_violation", terminal::failed},
        {failed, "request_cancelled", terminal::cancelled},
        {failed, "REQUEST_CANCELLED", terminal::cancelled},
        {cancelled, "", terminal::cancelled},
        {pending, "request_cancelled", std::nullopt},
        {processing, "", std::nullopt},
        {other, "request_cancelled", std::nullopt},
    };
    for (auto const& [status, code, expected] : rows) {
        auto report = a_report(status);
        report.error_code = code;
        EXPECT_EQ(terminal_of(report), expected) << to_text(status) << " " << code;
    }
}

/// Each value from 1 on has one text of its own, and each text leads back.
template <named E>
void expect_names_of_all(std::size_t count) {
    auto texts = std::set<std::string_view>{};
    for (std::size_t value = 1; value <= count; ++value) {
        auto const item = static_cast<E>(value);
        texts.insert(to_text(item));
        EXPECT_EQ(from_text<E>(to_text(item)), item);
    }
    EXPECT_EQ(texts.size(), count);
    EXPECT_FALSE(texts.contains("?"));
    EXPECT_EQ(to_text(static_cast<E>(count + 1)), "?");
}

TEST(Names, EveryValueHasItsOwnText) {
    expect_names_of_all<terminal>(3);
    expect_names_of_all<stage>(5);
    expect_names_of_all<reported_status>(6);
    expect_names_of_all<result_source>(5);
    expect_names_of_all<dispute>(4);
    expect_names_of_all<due_kind>(2);
    expect_names_of_all<confirmation>(2);
    expect_names_of_all<verdict>(8);
    expect_names_of_all<timeline_kind>(22);
    expect_names_of_all<delivery_state>(5);
    expect_names_of_all<delivery_cause>(18);
    expect_names_of_all<delivery_encoding>(2);
    expect_names_of_all<breaker_state>(3);
    expect_names_of_all<submission_verdict>(6);
    expect_names_of_all<replay_mode>(2);
}

}  // namespace
}  // namespace voicehook::core
