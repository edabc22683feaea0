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

void release_task(rows& table, task_row const& row, std::optional<duration> lost_replay_after, instant now) {
    if (core::stage_of(row.item.state) == core::stage::submitting) {
        lose_submission(table, row, lost_replay_after, now);
        return;
    }
    auto released = task_row{row.item};
    set_query_due(released.item, now);
    update_task(table, row.item, released);
}

void release_delivery(rows& table, delivery_row const& row, instant now) {
    auto released = delivery_row{row.item};
    released.item.state = delivery_state::pending;
    released.item.due_at = now;
    update_delivery(table, row.item, released);
}

std::set<sink_name> sinks_with_waiting(rows& table) {
    auto found = std::set<sink_name>{};
    for (auto const& [key, value] : table.counters()) {
        auto const waits =
            key.detail == to_text(delivery_state::pending) || key.detail == to_text(delivery_state::delivering);
        if (key.kind == counter_kind::delivery_state && value > 0 && waits) found.insert(sink_name{key.subject});
    }
    return found;
}

void park_as_removed(rows& table, core::delivery const& item, instant now) {
    auto parked = delivery_row{item};
    parked.item.state = delivery_state::parked;
    parked.item.cause = core::delivery_cause::sink_removed;
    update_delivery(table, item, parked);
    note_delivery(table, item, now, core::timeline_kind::delivery_parked,
                  std::string{to_text(core::delivery_cause::sink_removed)});
}

/// The counters that a deleted task leaves; how it ended still counts.
std::vector<counter_key> left_by(core::task const& item) {
    auto keys = counters_of(item);
    std::erase_if(keys, [](counter_key const& key) { return key.kind == counter_kind::result; });
    return keys;
}

void retire_task(rows& table, task_id const& id) {
    for (auto const& item : table.deliveries_of(id))
        recount(table, counters_of(item), {{counter_kind::delivery_retired}});
    recount(table, left_by(table.task(id)->item), {{counter_kind::retired}});
    table.erase(id);
}

}  // namespace

result<std::size_t> park_removed_sinks(rows& table, std::vector<sink_name> const& known, instant now) {
    std::size_t parked = 0;
    for (auto const& sink : sinks_with_waiting(table)) {
        if (sink.value() == core::callback_url_sink || std::ranges::find(known, sink) != known.end()) continue;
        auto const ids = table.waiting_deliveries(sink);
        for (auto const& id : ids) park_as_removed(table, table.delivery(id)->item, now);
        parked += ids.size();
    }
    return parked;
}

result<void> release_leases(rows& table, std::optional<lease_owner> const& owner,
                            std::optional<duration> lost_replay_after, instant now) {
    for (auto const& id : table.leased_tasks(owner)) release_task(table, *table.task(id), lost_replay_after, now);
    for (auto const& id : table.leased_deliveries(owner)) release_delivery(table, *table.delivery(id), now);
    return {};
}

result<std::size_t> retire(rows& table, instant before, std::size_t limit) {
    auto const ids = table.retirable_tasks(before, limit);
    for (auto const& id : ids) retire_task(table, id);
    return ids.size();
}

result<ports::store_summary> summary(rows& table) { return summarise(table); }

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
