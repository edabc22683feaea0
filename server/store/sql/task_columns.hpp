// The table `task`: its columns, and a row read from them.
#pragma once

#include "store/rows.hpp"
#include "store/sql/columns.hpp"
#include "store/sql/typed_row.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace voicehook::store::sql {

/// What stands in the columns for bodies when a task is selected: the columns, or something empty that spares the
/// reading.
struct task_bodies {
    std::string_view refused{"refused_json"};
    std::string_view submit{"submit_body"};
    std::string_view provider{"provider_body"};
};

/// A SELECT on task with all its columns, in the order that `read_task` reads them; `rest` is what follows `FROM task`.
[[nodiscard]] std::string select_tasks(std::string_view rest, task_bodies const& bodies = {});

// ---- what stands in columns that have no member of their own ----

[[nodiscard]] std::optional<std::string_view> text_of(std::optional<std::string> const& text);
[[nodiscard]] std::optional<std::string_view> provider_id_of(task_row const& row);
[[nodiscard]] std::optional<core::terminal> ended_as(task_row const& row);
[[nodiscard]] std::optional<instant> ended_at(task_row const& row);
[[nodiscard]] std::optional<int> refused_status(task_row const& row);
[[nodiscard]] std::optional<std::string_view> refused_code(task_row const& row);
[[nodiscard]] std::optional<blob> refused_json(task_row const& row);

/// The columns that never change in a task's life.
inline constexpr std::tuple task_fixed{
    column("id", [](task_row const& row) { return std::string_view{row.item.id.value()}; }),
    column("caller", [](task_row const& row) { return std::string_view{row.item.caller.value()}; }),
    column("created_at", [](task_row const& row) { return row.item.created_at; }),
    column("model", [](task_row const& row) { return std::string_view{row.item.model}; }),
    column("fingerprint", [](task_row const& row) { return std::string_view{row.item.fingerprint}; }),
    column("callback_url", [](task_row const& row) { return text_of(row.item.callback_url); }),
    column("trace_parent", [](task_row const& row) { return std::string_view{row.item.trace_parent}; }),
    column("request_id", [](task_row const& row) { return std::string_view{row.item.request_id}; }),
    column("answer_by", [](task_row const& row) { return row.item.answer_by; }),
    column("submit_body", [](task_row const& row) { return blob{row.item.submit_body}; }),
};

/// The columns that change in a task's life, without the one that is long.
inline constexpr std::tuple task_short{
    column("idempotency_key", [](task_row const& row) { return text_of(row.item.idempotency_key); }),
    column("deadline", [](task_row const& row) { return row.item.deadline; }),
    column("stage", [](task_row const& row) { return core::stage_of(row.item.state); }),
    column("due_kind", [](task_row const& row) { return core::due_kind_of(row.item.state); }),
    column("due_at", [](task_row const& row) { return core::due_at(row.item.state); }),
    column("ended_as", [](task_row const& row) { return ended_as(row); }),
    column("ended_at", [](task_row const& row) { return ended_at(row); }),
    column("provider_id", [](task_row const& row) { return provider_id_of(row); }),
    column("unknown_since", [](task_row const& row) { return row.item.unknown_since; }),
    column("accepted_at", [](task_row const& row) { return row.item.accepted_at; }),
    column("submissions", [](task_row const& row) { return row.item.submissions; }),
    column("queries", [](task_row const& row) { return row.item.queries; }),
    column("lease_token", [](task_row const& row) { return row.item.lease_token; }),
    column("leased_by", [](task_row const& row) { return owner_of(row); }),
    column("notes", [](task_row const& row) { return row.item.notes; }),
    column("status", [](task_row const& row) { return row.item.status; }),
    column("shown", [](task_row const& row) { return core::shown_status(row.item); }),
    column("progress", [](task_row const& row) { return row.item.progress; }),
    column("refused_status", [](task_row const& row) { return refused_status(row); }),
    column("refused_code", [](task_row const& row) { return refused_code(row); }),
    column("refused_json", [](task_row const& row) { return refused_json(row); }),
    column("source", [](task_row const& row) { return row.item.source; }),
    column("quarrel", [](task_row const& row) { return row.item.quarrel; }),
    column("last_problem", [](task_row const& row) { return std::string_view{row.item.last_problem}; }),
};

/// All that change.
inline constexpr auto task_changing = std::tuple_cat(
    task_short, std::tuple{column("provider_body", [](task_row const& row) { return blob{row.item.provider_body}; })});

template <class Row>
[[nodiscard]] std::optional<core::refusal> read_refusal(Row& row) {
    auto const status = row.template unless_null<int>([&row] { return row.template count<int>(); });
    auto code = row.text_if();
    auto json = row.template unless_null<std::string>([&row] { return row.bytes(); });
    if (!status) return std::nullopt;
    return core::refusal{*status, std::move(code).value_or(""), std::move(json).value_or("")};
}

template <class Row>
[[nodiscard]] core::task_state read_state(Row& row) {
    auto const stage = row.template name<core::stage>();
    auto const due = row.at_if();
    auto const ended_as = row.template name_if<core::terminal>();
    auto const ended_at = row.at_if();
    switch (stage) {
        case core::stage::queued: return core::queued{due.value()};
        case core::stage::submitting: return core::submitting{due.value()};
        case core::stage::unknown: return core::unknown{due};
        case core::stage::in_flight: return core::in_flight{due.value()};
        case core::stage::ended: return core::ended{ended_as.value(), ended_at.value(), due};
    }
    return core::unknown{};
}

/// Reads what `select_tasks` selects; `Row` is a `typed_row`.
template <class Row>
[[nodiscard]] task_row read_task(Row& row) {
    auto item = core::task{};
    item.id = row.template id<task_id>();
    item.caller = row.template id<caller_name>();
    item.created_at = row.at();
    item.model = row.text();
    item.fingerprint = row.text();
    item.callback_url = row.text_if();
    item.trace_parent = row.text();
    item.request_id = row.text();
    item.answer_by = row.at();
    item.idempotency_key = row.text_if();
    item.deadline = row.at();
    item.provider_id = row.template id_if<provider_task_id>();
    item.unknown_since = row.at_if();
    item.accepted_at = row.at_if();
    item.submissions = row.template count<std::uint32_t>();
    item.queries = row.template count<std::uint32_t>();
    item.lease_token = row.template count<std::uint32_t>();
    auto leased_by = row.template id_if<lease_owner>().value_or(lease_owner{});
    item.notes = row.template count<std::uint32_t>();
    item.status = row.template name<core::reported_status>();
    item.progress = row.template count<int>();
    item.source = row.template name_if<core::result_source>();
    item.quarrel = row.template name<core::dispute>();
    item.last_problem = row.text();
    item.refused = read_refusal(row);
    item.state = read_state(row);
    item.submit_body = row.bytes();
    item.provider_body = row.bytes();
    return {std::move(item), std::move(leased_by)};
}

}  // namespace voicehook::store::sql
