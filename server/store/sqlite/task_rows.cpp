#include "core/lifecycle.hpp"
#include "store/counting.hpp"
#include "store/page.hpp"
#include "store/sql/small_rows.hpp"
#include "store/sql/task_columns.hpp"
#include "store/sqlite/columns.hpp"
#include "store/sqlite/sqlite_rows.hpp"
#include "store/trace_of.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace voicehook::store::sqlite {
namespace {

using sql::read_task;
using sql::select_tasks;

/// Leaves the pages that a body is on alone.
constexpr std::string_view nothing = "x''";
constexpr auto no_bodies = sql::task_bodies{nothing, nothing, nothing};
constexpr auto for_lists = sql::task_bodies{.submit = nothing};

constexpr auto fixed = bindings_of<task_row>(sql::task_fixed);
constexpr auto changing = bindings_of<task_row>(sql::task_changing);

/// The index that leaves the fewest rows to look at. Few tasks are open at a time, whatever else is asked.
std::string_view index_for(ports::task_filter const& filter) {
    if (filter.stage && *filter.stage != core::stage::ended) return "task_stage";
    if (filter.caller) return filter.status ? "task_caller_shown" : "task_caller";
    if (filter.status) return "task_shown";
    return "task_created";  // the few that are open are passed over where the stage is to be ended
}

std::vector<task_id> read_ids(statement& found) {
    auto ids = std::vector<task_id>{};
    while (found.step()) ids.push_back(found.id<task_id>());
    return ids;
}

}  // namespace

std::optional<task_row> sqlite_rows::task(task_id const& id) {
    static auto const by_id = select_tasks("WHERE id = ?");
    auto found = connection_.prepare(by_id);
    return found.bind(id).step() ? std::optional{read_task(found)} : std::nullopt;
}

std::optional<core::task> sqlite_rows::task_outline(task_id const& id) {
    static auto const by_id = select_tasks("WHERE id = ?", no_bodies);
    auto found = connection_.prepare(by_id);
    return found.bind(id).step() ? std::optional{read_task(found).item} : std::nullopt;
}

std::optional<task_id> sqlite_rows::task_bound_to(provider_task_id const& id) {
    auto found = connection_.prepare("SELECT id FROM task WHERE provider_id = ?");
    return found.bind(id).step() ? std::optional{found.id<task_id>()} : std::nullopt;
}

std::optional<task_id> sqlite_rows::task_with_key(caller_name const& caller, std::string const& key) {
    auto found = connection_.prepare("SELECT id FROM task WHERE caller = ? AND idempotency_key = ?");
    return found.bind(caller, key).step() ? std::optional{found.id<task_id>()} : std::nullopt;
}

std::vector<task_id> sqlite_rows::tasks_of_trace(std::string const& trace_id, std::size_t limit) {
    static auto const sql =
        fmt::format("SELECT id FROM task WHERE {} = ? AND trace_parent <> '' ORDER BY created_at DESC, id DESC LIMIT ?",
                    trace_of_column);
    auto found = connection_.prepare(sql);
    found.bind(trace_id, limit);
    auto ids = std::vector<task_id>{};
    while (found.step()) ids.push_back(found.id<task_id>());
    return ids;
}

void sqlite_rows::insert(task_row const& row) {
    static auto const text = insert_text("task", fixed, changing);
    auto added = connection_.prepare(text);
    for (auto const& each : fixed) each.bind(added, row);
    for (auto const& each : changing) each.bind(added, row);
    added.run();
    auto const& item = row.item;
    if (core::stage_of(item.state) == core::stage::ended) unsettled_.emplace(item.id, listing::absent);
}

void sqlite_rows::update(task_row const& before, task_row const& after) {
    update_changed(connection_, task_updates_, changing, before, after, after.item.id);
    auto const& id = after.item.id;
    auto const was_open = core::stage_of(before.item.state) != core::stage::ended;
    if (was_open && core::stage_of(after.item.state) == core::stage::ended) unsettled_.emplace(id, listing::absent);
    if (has_open_dispute(before.item) != has_open_dispute(after.item))
        unsettled_.insert_or_assign(id, listing::unknown);
}

void sqlite_rows::erase(task_id const& id) {
    static constexpr auto forget =
        "DELETE FROM retirable WHERE task = ?1 AND ended_at = (SELECT ended_at FROM task WHERE id = ?1)";
    connection_.prepare(forget).bind(id).run();
    connection_.prepare("DELETE FROM event WHERE task = ?").bind(id).run();
    connection_.prepare("DELETE FROM delivery WHERE task = ?").bind(id).run();
    connection_.prepare("DELETE FROM task WHERE id = ?").bind(id).run();
}

std::vector<task_row> sqlite_rows::due_tasks(core::due_kind kind, instant now, std::size_t limit) {
    static auto const sql = select_tasks("WHERE due_kind = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?");
    auto found = connection_.prepare(sql);
    found.bind(kind, now, limit);
    auto due = std::vector<task_row>{};
    while (found.step()) due.push_back(read_task(found));
    return due;
}

std::optional<instant> sqlite_rows::next_task_due(core::due_kind kind) {
    auto found = connection_.prepare("SELECT min(due_at) FROM task WHERE due_kind = ? AND due_at IS NOT NULL");
    return found.bind(kind).step() ? found.at_if() : std::nullopt;
}

std::vector<task_id> sqlite_rows::leased_tasks(std::optional<lease_owner> const& owner) {
    static constexpr auto sql = R"(
        SELECT id FROM task INDEXED BY task_stage
        WHERE stage IN ('queued', 'submitting', 'unknown', 'in_flight') AND stage <> 'ended' AND {}
        UNION ALL
        SELECT id FROM task INDEXED BY task_disputed
        WHERE quarrel IN ('settling', 'disputed') AND stage = 'ended' AND {})";
    static auto const by_owner = fmt::format(sql, "leased_by = ?1", "leased_by = ?1");
    static auto const by_anybody = fmt::format(sql, "(leased_by > '' OR stage = 'submitting')", "leased_by > ''");
    auto found = connection_.prepare(owner ? by_owner : by_anybody);
    return read_ids(found.bind_if(owner));
}

ports::task_page sqlite_rows::list_tasks(ports::task_filter const& filter, std::optional<list_position> const& start) {
    auto const before_cursor = start && !(filter.created_before && *filter.created_before <= start->created_at);
    auto const before_time =
        filter.created_before && !before_cursor;  // whichever is older: SQLite takes one bound only
    auto where = fmt::format("INDEXED BY {} WHERE TRUE", index_for(filter));
    if (filter.caller) where += " AND caller = ?";
    if (filter.status) where += " AND shown = ?";
    if (filter.stage) where += " AND stage = ?";
    if (filter.stage && *filter.stage != core::stage::ended) where += " AND stage <> 'ended'";  // what its index holds
    if (filter.created_after) where += " AND created_at > ?";
    if (before_time) where += " AND created_at < ?";
    if (before_cursor) where += " AND (created_at, id) < (?, ?)";
    auto found = connection_.prepare(select_tasks(where + " ORDER BY created_at DESC, id DESC LIMIT ?", for_lists));
    found.bind_if(filter.caller).bind_if(filter.status).bind_if(filter.stage).bind_if(filter.created_after);
    if (before_time) found.bind(*filter.created_before);
    if (before_cursor) found.bind(start->created_at, start->id);
    found.bind(filter.limit + 1);

    auto page = page_filler<ports::task_page>{filter.limit};
    while (found.step() && page.has_room()) page.add(read_task(found).item);
    return std::move(page).finish();
}

void sqlite_rows::append(task_id const& id, core::timeline_entry const& entry) {
    auto added = connection_.prepare("INSERT INTO event (task, at, kind, detail, body) VALUES (?, ?, ?, ?, ?)");
    added.bind(id, entry.at, entry.kind, entry.detail, blob{entry.body}).run();
}

std::vector<core::timeline_entry> sqlite_rows::timeline(task_id const& id) {
    auto found = connection_.prepare("SELECT at, kind, detail, body FROM event WHERE task = ? ORDER BY seq");
    found.bind(id);
    auto entries = std::vector<core::timeline_entry>{};
    while (found.step()) entries.push_back(sql::read_timeline_entry(found));
    return entries;
}

std::optional<instant> sqlite_rows::oldest_task(core::stage stage) {
    auto found = connection_.prepare("SELECT min(created_at) FROM task WHERE stage = ? AND stage <> 'ended'");
    return found.bind(stage).step() ? found.at_if() : std::nullopt;
}

}  // namespace voicehook::store::sqlite
