// The table `delivery`: its columns, and a row read from them.
#pragma once

#include "store/rows.hpp"
#include "store/sql/columns.hpp"
#include "store/sql/task_columns.hpp"
#include "store/sql/typed_row.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace voicehook::store::sql {

/// A SELECT on delivery with all its columns and its task's `trace_parent`, in the order that `read_delivery` reads
/// them; `rest` is what follows `FROM delivery`, `body` the column or something empty that spares the reading.
[[nodiscard]] std::string select_deliveries(std::string_view rest, std::string_view body = "body");

/// The columns that never change in a delivery's life.
inline constexpr std::tuple delivery_fixed{
    column("id", [](delivery_row const& row) { return std::string_view{row.item.id.value()}; }),
    column("task", [](delivery_row const& row) { return std::string_view{row.item.task.value()}; }),
    column("caller", [](delivery_row const& row) { return std::string_view{row.item.caller.value()}; }),
    column("sink", [](delivery_row const& row) { return std::string_view{row.item.sink.value()}; }),
    column("destination", [](delivery_row const& row) { return text_of(row.item.destination); }),
    column("content_type", [](delivery_row const& row) { return std::string_view{row.item.content_type}; }),
    column("created_at", [](delivery_row const& row) { return row.item.created_at; }),
    column("event_type", [](delivery_row const& row) { return std::string_view{row.item.event_type}; }),
    column("encoding", [](delivery_row const& row) { return row.item.encoding; }),
    column("body", [](delivery_row const& row) { return blob{row.item.body}; }),
};

/// The columns that change in a delivery's life.
inline constexpr std::tuple delivery_changing{
    column("state", [](delivery_row const& row) { return row.item.state; }),
    column("due_at", [](delivery_row const& row) { return row.item.due_at; }),
    column("tried_for", [](delivery_row const& row) { return row.item.tried_for; }),
    column("attempts", [](delivery_row const& row) { return row.item.attempts; }),
    column("lease_token", [](delivery_row const& row) { return row.item.lease_token; }),
    column("leased_by", [](delivery_row const& row) { return owner_of(row); }),
    column("cause", [](delivery_row const& row) { return row.item.cause; }),
    column("last_answer", [](delivery_row const& row) { return std::string_view{row.item.last_answer}; }),
};

/// Reads what `select_deliveries` selects; `Row` is a `typed_row`.
template <class Row>
[[nodiscard]] delivery_row read_delivery(Row& row) {
    auto item = core::delivery{};
    item.id = row.template id<delivery_id>();
    item.task = row.template id<task_id>();
    item.task_trace_parent = row.text();
    item.caller = row.template id<caller_name>();
    item.sink = row.template id<sink_name>();
    item.destination = row.text_if();
    item.content_type = row.text();
    item.event_type = row.text();
    item.encoding = row.template name<core::delivery_encoding>();
    item.created_at = row.at();
    item.state = row.template name<core::delivery_state>();
    item.due_at = row.at();
    item.tried_for = duration{row.integer()};
    item.attempts = row.template count<std::uint32_t>();
    item.lease_token = row.template count<std::uint32_t>();
    auto leased_by = row.template id_if<lease_owner>().value_or(lease_owner{});
    item.cause = row.template name_if<core::delivery_cause>();
    item.last_answer = row.text();
    item.body = row.bytes();
    return {std::move(item), std::move(leased_by)};
}

}  // namespace voicehook::store::sql
