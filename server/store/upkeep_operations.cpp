#include "store/changes.hpp"
#include "store/counting.hpp"
#include "store/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace voicehook::store::operations {
namespace {

using core::delivery_state;

std::set<sink_name> sinks_with_waiting(rows& table) {
    auto found = std::set<sink_name>{};
    for (auto const& [key, value] : table.counters()) {
        auto const waits =
            key.detail == to_text(delivery_state::pending) || key.detail == to_text(delivery_state::delivering);
        if (key.kind == counter_kind::delivery_state && value > 0 && waits) found.insert(sink_name{key.subject});
    }
    return found;
}

void park_as_removed(rows& table, delivery_row const& row, instant now) {
    auto parked = delivery_row{row.item};
    parked.item.state = delivery_state::parked;
    parked.item.cause = core::delivery_cause::sink_removed;
    update_delivery(table, row, parked);
    note_delivery(table, row.item, now, core::timeline_kind::delivery_parked,
                  std::string{to_text(core::delivery_cause::sink_removed)});
}

/// The counters that a deleted task leaves; how it ended still counts.
std::vector<counter_key> left_by(core::task const& item) {
    auto keys = counters_of(item);
    std::erase_if(keys, [](counter_key const& key) { return key.kind == counter_kind::result; });
    return keys;
}

core::delivery discard_retired(rows& table, core::delivery const& parked, instant now) {
    auto discarded = delivery_row{parked};
    discarded.item.state = delivery_state::discarded;
    update_delivery(table, {parked}, discarded);
    note_delivery(table, discarded.item, now, core::timeline_kind::delivery_discarded, "by retention");
    return std::move(discarded.item);
}

/// How many parked deliveries went with the task.
std::size_t retire_task(rows& table, task_id const& id, instant now) {
    std::size_t discarded = 0;
    for (auto item : table.delivery_outlines_of(id)) {
        if (item.state == delivery_state::parked) {
            item = discard_retired(table, item, now);
            ++discarded;
        }
        recount(table, counters_of(item), {{counter_kind::delivery_retired}});
    }
    recount(table, left_by(*table.task_outline(id)), {{counter_kind::retired}});
    table.erase(id);
    return discarded;
}

}  // namespace

result<std::size_t> park_removed_sinks(rows& table, std::vector<sink_name> const& known, std::size_t limit,
                                       instant now) {
    std::size_t parked = 0;
    for (auto const& sink : sinks_with_waiting(table)) {
        if (sink.value() == core::callback_url_sink || std::ranges::find(known, sink) != known.end()) continue;
        auto const waiting = table.waiting_deliveries(sink, limit - parked);
        for (auto const& row : waiting) park_as_removed(table, row, now);
        parked += waiting.size();
    }
    return parked;
}

result<void> release_leases(rows& table, std::optional<lease_owner> const& owner,
                            std::optional<duration> lost_replay_after, instant now) {
    auto const due = now + table.clock_ahead(now);
    for (auto const& id : table.leased_tasks(owner)) release_task(table, *table.task(id), lost_replay_after, due, now);
    for (auto const& id : table.leased_deliveries(owner)) release_delivery(table, *table.delivery(id), due);
    for (auto const& each : table.replicas())
        if (!owner || each.note.owner == *owner) table.erase(each.note.owner);
    return {};
}

result<ports::retired> retire(rows& table, instant before, std::size_t limit, instant now) {
    auto gone = ports::retired{};
    for (auto const& id : table.retirable_tasks(before, limit)) {
        gone.discarded += retire_task(table, id, now);
        ++gone.tasks;
    }
    table.erase_actions(before, limit);
    return gone;
}

result<ports::store_summary> summary(rows& table, instant now) {
    auto found = summarise(table);
    add_due_times(table, found, now);
    return found;
}

result<ports::audit_report> audit(rows& table) {
    auto report = ports::audit_report{.counters = summarise(table)};
    report.violations = ports::conservation_violations(report.counters);
    std::ranges::move(contradictions(table.counters(), table.recount()), std::back_inserter(report.violations));
    return report;
}

result<void> probe(rows& table) {
    table.touch();
    return {};
}

}  // namespace voicehook::store::operations
