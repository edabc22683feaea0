#include "core/lifecycle.hpp"
#include "store/counting.hpp"
#include "store/page.hpp"
#include "store/sqlite/columns.hpp"
#include "store/sqlite/sqlite_rows.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace voicehook::store::sqlite {
namespace {

/// The columns that bodies are read from; `nothing` leaves the pages that one is on alone.
struct task_bodies {
    static constexpr std::string_view nothing = "x''";
    std::string_view refused{"refused_json"};
    std::string_view submit{"submit_body"};
    std::string_view provider{"provider_body"};
};
constexpr auto no_bodies = task_bodies{task_bodies::nothing, task_bodies::nothing, task_bodies::nothing};
constexpr auto for_lists = task_bodies{.submit = task_bodies::nothing};

/// Of a SELECT on task with all its columns, in the order that `read_task` reads them.
std::string select_tasks(std::string_view rest, task_bodies bodies = {}) {
    static constexpr auto columns = R"(
        SELECT id, caller, created_at, model, fingerprint, callback_url, trace_parent, request_id, answer_by,
               idempotency_key, deadline, provider_id, unknown_since, accepted_at, submissions, queries, lease_token,
               leased_by, notes, status, progress, source, quarrel, last_problem,
               refused_status, refused_code, {}, stage, due_at, ended_as, ended_at, {}, {}
        FROM task {})";
    return fmt::format(columns, bodies.refused, bodies.submit, bodies.provider, rest);
}

std::optional<core::refusal> read_refusal(statement& row) {
    auto const status = row.is_null() ? std::nullopt : std::optional{0};
    auto why = core::refusal{row.count<int>(), row.text(), row.bytes()};
    return status ? std::optional{std::move(why)} : std::nullopt;
}

core::task_state read_state(statement& row) {
    auto const stage = row.name<core::stage>();
    auto const due = row.at_if();
    auto const ended_as = row.name_if<core::terminal>();
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

task_row read_task(statement& row) {
    auto item = core::task{};
    item.id = row.id<task_id>();
    item.caller = row.id<caller_name>();
    item.created_at = row.at();
    item.model = row.text();
    item.fingerprint = row.text();
    item.callback_url = row.text_if();
    item.trace_parent = row.text();
    item.request_id = row.text();
    item.answer_by = row.at();
    item.idempotency_key = row.text_if();
    item.deadline = row.at();
    item.provider_id = row.id_if<provider_task_id>();
    item.unknown_since = row.at_if();
    item.accepted_at = row.at_if();
    item.submissions = row.count<std::uint32_t>();
    item.queries = row.count<std::uint32_t>();
    item.lease_token = row.count<std::uint32_t>();
    auto leased_by = row.id_if<lease_owner>().value_or(lease_owner{});
    item.notes = row.count<std::uint32_t>();
    item.status = row.name<core::reported_status>();
    item.progress = row.count<int>();
    item.source = row.name_if<core::result_source>();
    item.quarrel = row.name<core::dispute>();
    item.last_problem = row.text();
    item.refused = read_refusal(row);
    item.state = read_state(row);
    item.submit_body = row.bytes();
    item.provider_body = row.bytes();
    return {std::move(item), std::move(leased_by)};
}

// ---- what stands in the columns that change ----

std::optional<std::string_view> text_of(std::optional<std::string> const& text) {
    return text ? std::optional<std::string_view>{*text} : std::nullopt;
}
std::optional<std::string_view> provider_id_of(task_row const& row) {
    return row.item.provider_id ? std::optional<std::string_view>{row.item.provider_id->value()} : std::nullopt;
}
std::optional<core::terminal> ended_as(task_row const& row) {
    auto const* const over = std::get_if<core::ended>(&row.item.state);
    return over == nullptr ? std::nullopt : std::optional{over->what};
}
std::optional<instant> ended_at(task_row const& row) {
    auto const* const over = std::get_if<core::ended>(&row.item.state);
    return over == nullptr ? std::nullopt : std::optional{over->at};
}
std::optional<int> refused_status(task_row const& row) {
    return row.item.refused ? std::optional{row.item.refused->http_status} : std::nullopt;
}
std::optional<std::string_view> refused_code(task_row const& row) {
    return row.item.refused ? std::optional<std::string_view>{row.item.refused->code} : std::nullopt;
}
std::optional<blob> refused_json(task_row const& row) {
    return row.item.refused ? std::optional{blob{row.item.refused->error_json}} : std::nullopt;
}

/// The columns that change in a task's life.
constexpr std::array changing{
    column_of<task_row>("idempotency_key", [](task_row const& row) { return text_of(row.item.idempotency_key); }),
    column_of<task_row>("deadline", [](task_row const& row) { return row.item.deadline; }),
    column_of<task_row>("stage", [](task_row const& row) { return core::stage_of(row.item.state); }),
    column_of<task_row>("due_kind", [](task_row const& row) { return core::due_kind_of(row.item.state); }),
    column_of<task_row>("due_at", [](task_row const& row) { return core::due_at(row.item.state); }),
    column_of<task_row>("ended_as", [](task_row const& row) { return ended_as(row); }),
    column_of<task_row>("ended_at", [](task_row const& row) { return ended_at(row); }),
    column_of<task_row>("provider_id", [](task_row const& row) { return provider_id_of(row); }),
    column_of<task_row>("unknown_since", [](task_row const& row) { return row.item.unknown_since; }),
    column_of<task_row>("accepted_at", [](task_row const& row) { return row.item.accepted_at; }),
    column_of<task_row>("submissions", [](task_row const& row) { return row.item.submissions; }),
    column_of<task_row>("queries", [](task_row const& row) { return row.item.queries; }),
    column_of<task_row>("lease_token", [](task_row const& row) { return row.item.lease_token; }),
    column_of<task_row>("leased_by", [](task_row const& row) { return owner_of(row); }),
    column_of<task_row>("notes", [](task_row const& row) { return row.item.notes; }),
    column_of<task_row>("status", [](task_row const& row) { return row.item.status; }),
    column_of<task_row>("shown", [](task_row const& row) { return core::shown_status(row.item); }),
    column_of<task_row>("progress", [](task_row const& row) { return row.item.progress; }),
    column_of<task_row>("refused_status", [](task_row const& row) { return refused_status(row); }),
    column_of<task_row>("refused_code", [](task_row const& row) { return refused_code(row); }),
    column_of<task_row>("refused_json", [](task_row const& row) { return refused_json(row); }),
    column_of<task_row>("source", [](task_row const& row) { return row.item.source; }),
    column_of<task_row>("quarrel", [](task_row const& row) { return row.item.quarrel; }),
    column_of<task_row>("last_problem", [](task_row const& row) { return std::string_view{row.item.last_problem}; }),
    column_of<task_row>("provider_body", [](task_row const& row) { return blob{row.item.provider_body}; }),
};

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

void sqlite_rows::insert(task_row const& row) {
    static constexpr auto sql = R"(
        INSERT INTO task (id, caller, created_at, model, fingerprint, callback_url, trace_parent, request_id,
                          answer_by, submit_body, idempotency_key, deadline, stage, due_kind, due_at, ended_as,
                          ended_at, provider_id, unknown_since, accepted_at, submissions, queries, lease_token,
                          leased_by, notes, status, shown, progress, refused_status, refused_code, refused_json,
                          source, quarrel, last_problem, provider_body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))";
    auto const& item = row.item;
    auto added = connection_.prepare(sql);
    added.bind(item.id, item.caller, item.created_at, item.model, item.fingerprint, item.callback_url,
               item.trace_parent, item.request_id, item.answer_by, blob{item.submit_body});
    for (auto const& each : changing) each.bind(added, row);
    added.run();
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
    while (found.step()) {
        auto entry = core::timeline_entry{.at = found.at()};
        entry.kind = found.name<core::timeline_kind>();
        entry.detail = found.text();
        entry.body = found.bytes();
        entries.push_back(std::move(entry));
    }
    return entries;
}

std::optional<instant> sqlite_rows::oldest_task(core::stage stage) {
    auto found = connection_.prepare("SELECT min(created_at) FROM task WHERE stage = ? AND stage <> 'ended'");
    return found.bind(stage).step() ? found.at_if() : std::nullopt;
}

}  // namespace voicehook::store::sqlite
