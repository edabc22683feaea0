#include "store/counting.hpp"
#include "store/page.hpp"
#include "store/postgres/postgres_rows.hpp"
#include "store/sql/small_rows.hpp"
#include "store/sql/task_columns.hpp"
#include "store/trace_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voicehook::store::postgres {
namespace {

using sql::read_task;
using sql::select_tasks;

/// Spares the reading of a body.
constexpr std::string_view nothing = "''::bytea";
constexpr auto no_bodies = sql::task_bodies{nothing, nothing, nothing};
constexpr auto for_lists = sql::task_bodies{.submit = nothing};

}  // namespace

std::optional<task_row> postgres_rows::task(task_id const& id) {
    auto const known = tasks_.find(id);
    if (known != tasks_.end()) return known->second;
    auto found = database_.run({select_tasks("WHERE id = $1" + locking()), parameters::of(id)});
    if (found.next())
        remember(read_task(found));
    else
        tasks_.try_emplace(id);
    return tasks_.at(id);
}

std::optional<core::task> postgres_rows::task_outline(task_id const& id) {
    if (auto const listed = outlines_.find(id); listed != outlines_.end()) return listed->second;
    if (auto const known = tasks_.find(id); known != tasks_.end())
        return known->second ? std::optional{known->second->item} : std::nullopt;
    auto found = database_.run({select_tasks("WHERE id = $1" + locking(), no_bodies), parameters::of(id)});
    return found.next() ? std::optional{read_task(found).item} : std::nullopt;
}

std::optional<task_id> postgres_rows::task_bound_to(provider_task_id const& id) {
    auto const known = bound_.find(id);
    if (known != bound_.end()) return known->second;
    if (pending_.erases()) flush();
    auto found = database_.run({"SELECT id FROM task WHERE provider_id = $1", parameters::of(id)});
    auto const task = found.next() ? std::optional{found.id<task_id>()} : std::nullopt;
    return bound_.emplace(id, task).first->second;
}

std::optional<task_id> postgres_rows::task_with_key(caller_name const& caller, std::string const& key) {
    auto const known = keyed_.find({caller, key});
    if (known != keyed_.end()) return known->second;
    if (pending_.erases()) flush();
    static constexpr auto sql = "SELECT id FROM task WHERE caller = $1 AND idempotency_key = $2";
    auto found = database_.run({sql, parameters::of(caller, key)});
    auto const task = found.next() ? std::optional{found.id<task_id>()} : std::nullopt;
    return keyed_.emplace(std::pair{caller, key}, task).first->second;
}

void postgres_rows::insert(task_row const& row) {
    ++written_;
    remember(row);
    line_up(row);
    pending_.insert(row);
}

void postgres_rows::update(task_row const& before, task_row const& after) {
    if (before.item == after.item && before.leased_by == after.leased_by) return;
    ++written_;
    auto const& caller = after.item.caller;
    auto const& key = before.item.idempotency_key;
    if (key && after.item.idempotency_key != key) keyed_.insert_or_assign(std::pair{caller, *key}, std::nullopt);
    remember(after);
    line_up(after);
    pending_.update(before, after);
}

std::vector<task_id> postgres_rows::tasks_of_trace(std::string const& trace_id, std::size_t limit) {
    static auto const sql = fmt::format(
        "SELECT id FROM task WHERE {} = $1 AND trace_parent <> '' ORDER BY created_at DESC, id DESC LIMIT $2",
        trace_of_column);
    flush();
    auto found = database_.run({sql, parameters::of(trace_id, limit)});
    auto ids = std::vector<task_id>{};
    while (found.next()) ids.push_back(found.id<task_id>());
    return ids;
}

void postgres_rows::line_up(task_row const& row) {
    auto const& state = row.item.state;
    if (auto const due = core::due_at(state)) task_fronts_[*core::due_kind_of(state)].reach_back_to(*due);
}

void postgres_rows::erase(task_id const& id) {
    ++written_;
    tasks_.insert_or_assign(id, std::nullopt);
    outlines_.erase(id);
    delivery_outlines_.erase(id);
    for (auto& [provider, task] : bound_)
        if (task == id) task.reset();
    for (auto& [key, task] : keyed_)
        if (task == id) task.reset();
    for (auto& [delivery, row] : deliveries_)
        if (row && row->item.task == id) row.reset();
    pending_.erase(id);
}

/// One statement gives what is due and when the rest is, so that a claim asks once.
std::vector<task_row> postgres_rows::due_tasks(core::due_kind kind, instant now, std::size_t limit) {
    static auto const sql = fmt::format(
        R"(
        WITH due AS MATERIALIZED ({})
        SELECT (SELECT later.due_at FROM task AS later
                WHERE later.due_kind = $1 AND later.due_at >= $4 AND later.id NOT IN (SELECT id FROM due)
                ORDER BY later.due_at, later.id LIMIT 1),
               due.*
        FROM (SELECT 1) AS one LEFT JOIN due ON true ORDER BY due.due_at, due.id)",
        select_tasks("WHERE due_kind = $1 AND due_at <= $2 AND due_at >= $4 ORDER BY due_at, id LIMIT $3 FOR UPDATE "
                     "SKIP LOCKED"));
    flush();
    auto& front = task_fronts_[kind];
    auto const began = front.at(now);
    auto found = database_.run({sql, parameters::of(kind, now, limit, began)});
    auto due = std::vector<task_row>{};
    auto rest = std::optional<instant>{};
    while (found.next()) {
        rest = found.at_if();
        if (!found.is_null()) due.push_back(read_task(found));
    }
    for (auto const& row : due) remember(row);
    front.note(began, due.empty() ? rest : core::due_at(due.front().item.state), now);
    if (rest && *rest <= now && due.size() < limit) rest = now + after_a_collision;
    tasks_ahead_[kind] = rest;
    return due;
}

std::optional<instant> postgres_rows::next_task_due(core::due_kind kind) {
    auto const ahead = tasks_ahead_.find(kind);
    if (ahead != tasks_ahead_.end()) return earlier(ahead->second, pending_.first_due(kind));
    static constexpr auto sql =
        "SELECT due_at FROM task WHERE due_kind = $1 AND due_at IS NOT NULL ORDER BY due_at, id LIMIT 1";
    flush();
    auto found = database_.run({sql, parameters::of(kind)});
    return found.next() ? found.at_if() : std::nullopt;
}

std::vector<task_id> postgres_rows::leased_tasks(std::optional<lease_owner> const& owner) {
    static constexpr auto by_owner = R"(
        WHERE (stage <> 'ended' AND leased_by = $1) OR (quarrel IN ('settling', 'disputed') AND leased_by = $1)
        ORDER BY id)";
    static constexpr auto by_anybody = R"(
        WHERE (stage <> 'ended' AND (leased_by IS NOT NULL OR stage = 'submitting'))
           OR (quarrel IN ('settling', 'disputed') AND leased_by IS NOT NULL)
        ORDER BY id)";
    flush();
    auto const text = select_tasks((owner ? by_owner : by_anybody) + locking());
    auto found = database_.run({text, owner ? parameters::of(*owner) : parameters{}});
    auto ids = std::vector<task_id>{};
    while (found.next()) {
        auto const row = read_task(found);
        remember(row);
        ids.push_back(row.item.id);
    }
    return ids;
}

/// Reads their outlines and those of their deliveries at once: retention is going to ask for each. Only now that both
/// are locked is it certain that nobody has had a parked delivery retried meanwhile.
std::vector<task_id> postgres_rows::retirable_tasks(instant before, std::size_t limit) {
    static auto const tasks = select_tasks(R"(
        WHERE ended_at < $1 AND quarrel NOT IN ('settling', 'disputed')
          AND NOT EXISTS (SELECT 1 FROM delivery
                          WHERE delivery.task = task.id AND delivery.state IN ('pending', 'delivering'))
        ORDER BY ended_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)",
                                           no_bodies);
    flush();
    forget_old_marks();
    auto found = database_.run({tasks, parameters::of(before, limit)});
    auto ids = std::vector<task_id>{};
    while (found.next()) {
        auto item = read_task(found).item;
        ids.push_back(item.id);
        delivery_outlines_[item.id] = {};
        outlines_.insert_or_assign(item.id, std::move(item));
    }
    if (!ids.empty()) read_outlines_of(ids);
    std::erase_if(ids, [this](task_id const& id) { return std::ranges::any_of(delivery_outlines_[id], is_waiting); });
    return ids;
}

ports::task_page postgres_rows::list_tasks(ports::task_filter const& filter,
                                           std::optional<list_position> const& start) {
    auto values = parameters{};
    auto where = std::string{"WHERE true"};
    auto const restrict_to = [&](std::string_view condition, auto const& value) {
        values.add(value);
        where += fmt::format(" AND {} ${}", condition, values.count());
    };
    if (filter.caller) restrict_to("caller =", *filter.caller);
    if (filter.status) restrict_to("shown =", *filter.status);
    if (filter.stage) restrict_to("stage =", *filter.stage);
    if (filter.stage && *filter.stage != core::stage::ended) where += " AND stage <> 'ended'";  // what its index holds
    if (filter.created_after) restrict_to("created_at >", *filter.created_after);
    if (filter.created_before) restrict_to("created_at <", *filter.created_before);
    if (start) {
        values.add(start->created_at);
        values.add(start->id);
        where += fmt::format(" AND (created_at, id) < (${}, ${})", values.count() - 1, values.count());
    }
    values.add(filter.limit + 1);
    where += fmt::format(" ORDER BY created_at DESC, id DESC LIMIT ${}", values.count());

    flush();
    auto found = database_.run({select_tasks(where, for_lists), std::move(values)});
    auto page = page_filler<ports::task_page>{filter.limit};
    while (found.next() && page.has_room()) page.add(read_task(found).item);
    return std::move(page).finish();
}

void postgres_rows::append(task_id const& id, core::timeline_entry const& entry) {
    ++written_;
    pending_.append(id, next_place(), entry);
}

std::vector<core::timeline_entry> postgres_rows::timeline(task_id const& id) {
    flush();
    auto found =
        database_.run({"SELECT at, kind, detail, body FROM event WHERE task = $1 ORDER BY seq", parameters::of(id)});
    auto entries = std::vector<core::timeline_entry>{};
    while (found.next()) entries.push_back(sql::read_timeline_entry(found));
    return entries;
}

std::optional<instant> postgres_rows::oldest_task(core::stage stage) {
    flush();
    static constexpr auto sql =
        "SELECT created_at FROM task WHERE stage = $1 AND stage <> 'ended' ORDER BY created_at, id LIMIT 1";
    auto found = database_.run({sql, parameters::of(stage)});
    return found.next() ? found.at_if() : std::nullopt;
}

}  // namespace voicehook::store::postgres
