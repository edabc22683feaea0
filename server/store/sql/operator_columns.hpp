// The tables `operator_action` and `replay`: their columns, and rows read from them.
#pragma once

#include "ports/operator_types.hpp"
#include "store/sql/columns.hpp"
#include "store/sql/typed_row.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace voicehook::store::sql {

inline constexpr std::tuple action_columns{
    column("seq", [](ports::action const& row) { return row.place; }),
    column("at", [](ports::action const& row) { return row.at; }),
    column("who", [](ports::action const& row) { return std::string_view{row.who}; }),
    column("what", [](ports::action const& row) { return row.what; }),
    column("subject", [](ports::action const& row) { return std::string_view{row.subject}; }),
    column("why", [](ports::action const& row) { return std::string_view{row.why}; }),
};

/// What `read_action` reads.
inline constexpr std::string_view select_actions = "SELECT seq, at, who, what, subject, why FROM operator_action";

/// `Row` is a `typed_row`, here and below.
template <class Row>
[[nodiscard]] ports::action read_action(Row& row) {
    auto found = ports::action{};
    found.place = row.integer();
    found.at = row.at();
    found.who = row.text();
    found.what = row.template name<ports::action_kind>();
    found.subject = row.text();
    found.why = row.text();
    return found;
}

/// A SELECT on replay with all its columns, in the order that `read_replay` reads them; `rest` is what follows
/// `FROM replay`.
[[nodiscard]] std::string select_replays(std::string_view rest);

[[nodiscard]] inline std::optional<instant> reached_at(ports::replay const& row) {
    return row.reached ? std::optional{row.reached->created_at} : std::nullopt;
}
[[nodiscard]] inline std::optional<std::string_view> reached_id(ports::replay const& row) {
    return row.reached ? std::optional<std::string_view>{row.reached->id.value()} : std::nullopt;
}

inline constexpr std::tuple replay_columns{
    column("id", [](ports::replay const& row) { return std::string_view{row.id.value()}; }),
    column("sink", [](ports::replay const& row) { return std::string_view{row.filter.sink.value().value()}; }),
    column("cause", [](ports::replay const& row) { return row.filter.cause; }),
    column("created_after", [](ports::replay const& row) { return row.filter.created_after; }),
    column("created_before", [](ports::replay const& row) { return row.filter.created_before; }),
    column("who", [](ports::replay const& row) { return std::string_view{row.who}; }),
    column("why", [](ports::replay const& row) { return std::string_view{row.why}; }),
    column("started_at", [](ports::replay const& row) { return row.started_at; }),
    column("updated_at", [](ports::replay const& row) { return row.updated_at; }),
    column("finished_at", [](ports::replay const& row) { return row.finished_at; }),
    column("state", [](ports::replay const& row) { return row.state; }),
    column("total", [](ports::replay const& row) { return row.total; }),
    column("replayed", [](ports::replay const& row) { return row.replayed; }),
    column("reached_at", [](ports::replay const& row) { return reached_at(row); }),
    column("reached_id", [](ports::replay const& row) { return reached_id(row); }),
};

template <class Row>
[[nodiscard]] ports::replay read_replay(Row& row) {
    auto item = ports::replay{};
    item.id = row.template id<replay_id>();
    item.filter.sink = row.template id<sink_name>();
    item.filter.cause = row.template name_if<core::delivery_cause>();
    item.filter.created_after = row.at_if();
    item.filter.created_before = row.at_if();
    item.who = row.text();
    item.why = row.text();
    item.started_at = row.at();
    item.updated_at = row.at();
    item.finished_at = row.at_if();
    item.state = row.template name<ports::replay_state>();
    item.total = row.template count<std::uint64_t>();
    item.replayed = row.template count<std::uint64_t>();
    auto const at = row.at_if();
    auto id = row.template id_if<delivery_id>();
    if (at && id) item.reached = {*at, std::move(*id)};
    return item;
}

}  // namespace voicehook::store::sql
