#include "store/postgres/pending_writes.hpp"

#include "store/counting.hpp"
#include "store/postgres/write_statement.hpp"
#include "store/sql/delivery_columns.hpp"
#include "store/sql/operator_columns.hpp"
#include "store/sql/task_columns.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::store::postgres {

std::optional<instant> earlier(std::optional<instant> one, std::optional<instant> other) noexcept {
    if (!one || !other) return one ? one : other;
    return std::min(*one, *other);
}

bool pending_writes::is_empty() const noexcept {
    return tasks_.empty() && deliveries_.empty() && events_.empty() && erased_.empty() && counted_.empty() &&
           pauses_.empty() && replicas_.empty() && actions_.empty() && replays_.empty() && !touched_;
}

std::optional<instant> pending_writes::first_due(core::due_kind kind) const {
    auto first = std::optional<instant>{};
    for (auto const& [id, entry] : tasks_) {
        auto const& state = entry.row.item.state;
        if (core::due_kind_of(state) == kind) first = earlier(first, core::due_at(state));
    }
    return first;
}

std::optional<instant> pending_writes::first_due(sink_name const& sink) const {
    auto first = std::optional<instant>{};
    for (auto const& [id, entry] : deliveries_) {
        auto const& item = entry.row.item;
        if (item.sink == sink && is_waiting(item)) first = earlier(first, item.due_at);
    }
    return first;
}

// ---- tasks ----------------------------------------------------------------------------------------------------------

void pending_writes::insert(task_row const& row) {
    tasks_.insert_or_assign(row.item.id, pending_task{row, kind::fresh});
}

void pending_writes::update(task_row const& before, task_row const& after) {
    auto& entry = tasks_.try_emplace(after.item.id).first->second;
    entry.body_changed = entry.body_changed || before.item.provider_body != after.item.provider_body;
    entry.row = after;
}

void pending_writes::erase(task_id const& id) {
    tasks_.erase(id);
    std::erase_if(deliveries_, [&id](auto const& entry) { return entry.second.row.item.task == id; });
    std::erase_if(events_, [&id](pending_event const& each) { return each.task == id; });
    erased_.push_back(id);
}

void pending_writes::append(task_id const& id, std::int64_t place, core::timeline_entry const& entry) {
    events_.push_back({id, place, entry});
}

void pending_writes::insert_tasks(write_statement& into) const {
    auto fresh = std::vector<task_row const*>{};
    for (auto const& [id, entry] : tasks_)
        if (entry.what == kind::fresh) fresh.push_back(&entry.row);
    if (fresh.empty()) return;
    static auto const names = sql::names_of_columns(sql::task_fixed) + ", " + sql::names_of_columns(sql::task_changing);
    auto arrays = into.arrays();
    add_columns(arrays, fresh, sql::task_fixed);
    add_columns(arrays, fresh, sql::task_changing);
    into.part(fmt::format("INSERT INTO task ({}) SELECT * FROM {}", names, arrays.text()));
}

/// The long column goes over the wire only where it changed, and stays where it is stored otherwise.
void pending_writes::update_tasks(write_statement& into) const {
    auto ids = array{sql_type::text};
    auto bodies = array{sql_type::bytes};
    auto changed = std::vector<task_row const*>{};
    for (auto const& [id, entry] : tasks_) {
        if (entry.what == kind::fresh) continue;
        changed.push_back(&entry.row);
        ids.add(id);
        bodies.add(entry.body_changed ? std::optional{sql::blob{entry.row.item.provider_body}} : std::nullopt);
    }
    if (changed.empty()) return;
    static auto const names = "id, changed_body, " + sql::names_of_columns(sql::task_short);
    auto arrays = into.arrays();
    arrays.add(std::move(ids));
    arrays.add(std::move(bodies));
    add_columns(arrays, changed, sql::task_short);
    into.part(
        fmt::format("UPDATE task SET {}, provider_body = coalesce(n.changed_body, task.provider_body) "
                    "FROM {} AS n ({}) WHERE task.id = n.id",
                    assignments(sql::task_short), arrays.text(), names));
}

void pending_writes::insert_events(write_statement& into) const {
    if (events_.empty()) return;
    auto tasks = array{sql_type::text};
    auto places = array{sql_type::number};
    auto times = array{sql_type::number};
    auto kinds = array{sql_type::text};
    auto details = array{sql_type::text};
    auto bodies = array{sql_type::bytes};
    for (auto const& [task, place, entry] : events_) {
        tasks.add(task);
        places.add(place);
        times.add(entry.at);
        kinds.add(entry.kind);
        details.add(entry.detail);
        bodies.add(sql::blob{entry.body});
    }
    auto arrays = into.arrays();
    for (auto* const each : {&tasks, &places, &times, &kinds, &details, &bodies}) arrays.add(std::move(*each));
    into.part(fmt::format("INSERT INTO event (task, seq, at, kind, detail, body) SELECT * FROM {}", arrays.text()));
}

void pending_writes::erase_tasks(write_statement& into) const {
    if (erased_.empty()) return;
    auto arrays = into.arrays();
    arrays.add(array_of(erased_));
    auto const gone = "(SELECT * FROM " + arrays.text() + ")";
    into.part("DELETE FROM event WHERE task IN " + gone);
    into.part("DELETE FROM delivery WHERE task IN " + gone);
    into.part("DELETE FROM task WHERE id IN " + gone);
}

// ---- deliveries -----------------------------------------------------------------------------------------------------

void pending_writes::insert(delivery_row const& row, std::int64_t place) {
    deliveries_.insert_or_assign(row.item.id, pending_delivery{row, kind::fresh, place});
}

void pending_writes::update(delivery_row const& after) {
    auto& entry = deliveries_.try_emplace(after.item.id).first->second;
    auto body = std::move(entry.row.item.body);  // of a fresh one; that of `after` may not have been read
    entry.row = after;
    entry.row.item.body = std::move(body);
}

void pending_writes::insert_deliveries(write_statement& into) const {
    auto fresh = std::vector<delivery_row const*>{};
    auto places = array{sql_type::number};
    for (auto const& [id, entry] : deliveries_) {
        if (entry.what != kind::fresh) continue;
        fresh.push_back(&entry.row);
        places.add(entry.place);
    }
    if (fresh.empty()) return;
    static auto const names =
        "seq, " + sql::names_of_columns(sql::delivery_fixed) + ", " + sql::names_of_columns(sql::delivery_changing);
    auto arrays = into.arrays();
    arrays.add(std::move(places));
    add_columns(arrays, fresh, sql::delivery_fixed);
    add_columns(arrays, fresh, sql::delivery_changing);
    into.part(fmt::format("INSERT INTO delivery ({}) SELECT * FROM {}", names, arrays.text()));
}

void pending_writes::update_deliveries(write_statement& into) const {
    auto changed = std::vector<delivery_row const*>{};
    auto ids = array{sql_type::text};
    for (auto const& [id, entry] : deliveries_) {
        if (entry.what == kind::fresh) continue;
        changed.push_back(&entry.row);
        ids.add(id);
    }
    if (changed.empty()) return;
    static auto const names = "id, " + sql::names_of_columns(sql::delivery_changing);
    auto arrays = into.arrays();
    arrays.add(std::move(ids));
    add_columns(arrays, changed, sql::delivery_changing);
    into.part(fmt::format("UPDATE delivery SET {} FROM {} AS n ({}) WHERE delivery.id = n.id",
                          assignments(sql::delivery_changing), arrays.text(), names));
}

// ---- counters, sinks, replicas --------------------------------------------------------------------------------------

void pending_writes::add(counter_key const& key, std::int64_t change) { counted_[key] += change; }

/// In the order of their keys, so that two that share a slot after all cannot deadlock.
void pending_writes::add_counters(write_statement& into, std::int64_t slot) const {
    auto kinds = array{sql_type::text};
    auto subjects = array{sql_type::text};
    auto details = array{sql_type::text};
    auto changes = array{sql_type::number};
    for (auto const& [key, change] : counted_) {
        if (change == 0) continue;
        kinds.add(key.kind);
        subjects.add(key.subject);
        details.add(key.detail);
        changes.add(change);
    }
    if (changes.count() == 0) return;
    auto arrays = into.arrays();
    for (auto* const each : {&kinds, &subjects, &details, &changes}) arrays.add(std::move(*each));
    into.values().add(slot);
    into.part(
        fmt::format("INSERT INTO counter (kind, subject, detail, value, slot) SELECT n.*, ${} FROM {} AS n "
                    "ON CONFLICT (kind, subject, detail, slot) "
                    "DO UPDATE SET value = counter.value + excluded.value",
                    into.values().count(), arrays.text()));
}

void pending_writes::pause(sink_name const& sink, ports::sink_pause const& pause, instant now) {
    pauses_.insert_or_assign(sink, pending_pause{pause, now});
}

void pending_writes::resume(sink_name const& sink) { pauses_.insert_or_assign(sink, std::nullopt); }

void pending_writes::write_pauses(write_statement& into) const {
    for (auto const& [sink, change] : pauses_) {
        auto const at = into.values().count();
        into.values().add(sink);
        if (!change) {
            into.part(fmt::format("DELETE FROM sink_pause WHERE sink = ${}", at + 1));
            continue;
        }
        into.values().add(change->pause.reason);
        into.values().add(change->pause.who);
        into.values().add(change->at);
        into.part(
            fmt::format("INSERT INTO sink_pause (sink, reason, who, at) VALUES (${}, ${}, ${}, ${}) "
                        "ON CONFLICT (sink) DO UPDATE SET reason = excluded.reason, who = excluded.who, "
                        "at = excluded.at",
                        at + 1, at + 2, at + 3, at + 4));
    }
}

void pending_writes::put(ports::replica const& row) { replicas_.insert_or_assign(row.note.owner, row); }

void pending_writes::erase(lease_owner const& owner) { replicas_.insert_or_assign(owner, std::nullopt); }

void pending_writes::write_replicas(write_statement& into) const {
    for (auto const& [owner, row] : replicas_) {
        auto const at = into.values().count();
        into.values().add(owner);
        if (!row) {
            into.part(fmt::format("DELETE FROM replica WHERE owner = ${}", at + 1));
            continue;
        }
        into.values().add(row->note.name);
        into.values().add(row->note.version);
        into.values().add(row->note.started_at);
        into.values().add(row->seen_at);
        into.values().add(row->present_since);
        into.part(
            fmt::format("INSERT INTO replica (owner, name, version, started_at, seen_at, present_since) "
                        "VALUES (${}, ${}, ${}, ${}, ${}, ${}) ON CONFLICT (owner) DO UPDATE SET "
                        "name = excluded.name, version = excluded.version, started_at = excluded.started_at, "
                        "seen_at = excluded.seen_at, present_since = excluded.present_since",
                        at + 1, at + 2, at + 3, at + 4, at + 5, at + 6));
    }
}

// ---- operators ------------------------------------------------------------------------------------------------------

void pending_writes::append(ports::action const& done) { actions_.push_back(done); }

void pending_writes::insert_actions(write_statement& into) const {
    if (actions_.empty()) return;
    auto rows = std::vector<ports::action const*>{};
    for (auto const& each : actions_) rows.push_back(&each);
    auto arrays = into.arrays();
    add_columns(arrays, rows, sql::action_columns);
    into.part(fmt::format("INSERT INTO operator_action ({}) SELECT * FROM {}",
                          sql::names_of_columns(sql::action_columns), arrays.text()));
}

void pending_writes::put(ports::replay const& row) { replays_.insert_or_assign(row.id, row); }

void pending_writes::write_replays(write_statement& into) const {
    if (replays_.empty()) return;
    auto rows = std::vector<ports::replay const*>{};
    for (auto const& [id, row] : replays_) rows.push_back(&row);
    auto arrays = into.arrays();
    add_columns(arrays, rows, sql::replay_columns);
    into.part(
        fmt::format("INSERT INTO replay ({}) SELECT * FROM {} ON CONFLICT (id) DO UPDATE SET "
                    "updated_at = excluded.updated_at, finished_at = excluded.finished_at, "
                    "state = excluded.state, replayed = excluded.replayed, reached_at = excluded.reached_at, "
                    "reached_id = excluded.reached_id",
                    sql::names_of_columns(sql::replay_columns), arrays.text()));
}

void pending_writes::write_mark(write_statement& into, commit_mark const& mark) {
    auto const at = into.values().count();
    into.values().add(mark.session);
    into.values().add(mark.mark);
    into.values().add(mark.at);
    into.part(
        fmt::format("INSERT INTO commit_mark (session, mark, at) VALUES (${}, ${}, ${}) "
                    "ON CONFLICT (session) DO UPDATE SET mark = excluded.mark, at = excluded.at",
                    at + 1, at + 2, at + 3));
}

request pending_writes::statement(std::int64_t slot, commit_mark const& mark) const {
    auto made = write_statement{};
    insert_tasks(made);
    update_tasks(made);
    insert_events(made);
    insert_deliveries(made);
    update_deliveries(made);
    erase_tasks(made);
    add_counters(made, slot);
    write_pauses(made);
    write_replicas(made);
    insert_actions(made);
    write_replays(made);
    write_mark(made, mark);
    return std::move(made).finish();
}

}  // namespace voicehook::store::postgres
