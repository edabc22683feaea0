#include "store/changes.hpp"
#include "store/operations.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::store::operations {
namespace {

std::optional<ports::replica> find_replica(std::vector<ports::replica> const& all, lease_owner const& owner) {
    auto const found = std::ranges::find(all, owner, [](auto const& each) { return each.note.owner; });
    return found == all.end() ? std::nullopt : std::optional{*found};
}

/// The row of who beats, as it is from now on. Who was away for longer than two refreshments is present anew.
ports::replica signed_on(rows& table, std::optional<ports::replica> const& before, ports::replica_note const& self,
                         ports::beat_terms const& terms, instant store_now) {
    if (before && store_now - before->seen_at < terms.refresh_after) return *before;
    auto const came_back = !before || store_now - before->seen_at > 2 * terms.refresh_after;
    auto row = ports::replica{self, store_now, came_back ? store_now : before->present_since};
    table.put(row);
    return row;
}

/// So that every store begins with the same ones.
template <class Id>
std::vector<Id> sorted(std::vector<Id> ids) {
    std::ranges::sort(ids);
    return ids;
}

/// Takes at most `limit` leases of `owner`; how many. Fewer than `limit` means that there are no more.
std::size_t take_leases(rows& table, lease_owner const& owner, ports::beat_terms const& terms, instant store_now,
                        std::size_t limit) {
    std::size_t taken = 0;
    for (auto const& id : sorted(table.leased_tasks(owner))) {
        if (taken == limit) return taken;
        release_task(table, *table.task(id), terms.lost_replay_after, store_now, terms.now);
        ++taken;
    }
    for (auto const& id : sorted(table.leased_deliveries(owner))) {
        if (taken == limit) return taken;
        release_delivery(table, *table.delivery(id), store_now);
        ++taken;
    }
    return taken;
}

}  // namespace

result<ports::company> beat(rows& table, ports::replica_note const& self, std::vector<sink_name> const& sinks,
                            ports::beat_terms const& terms) {
    auto const ahead = table.clock_ahead(terms.now);
    auto const store_now = terms.now + ahead;
    auto const before = table.replicas();
    auto const own = signed_on(table, find_replica(before, self.owner), self, terms, store_now);
    auto const may_judge = store_now - own.present_since > terms.dead_after;

    auto found = ports::company{};
    for (auto const& each : before) {
        if (each.note.owner == self.owner) continue;
        auto const dead = may_judge && store_now - each.seen_at > terms.dead_after;
        auto const room = terms.limit - found.leases_taken;
        auto const taken = dead ? take_leases(table, each.note.owner, terms, store_now, room) : 0;
        found.leases_taken += taken;
        if (dead && taken < room) {
            table.erase(each.note.owner);
            found.lost.push_back(each.note);
        }
    }
    found.replicas = replicas_by_name(table);

    found.next_submission = in_callers_time(table.next_task_due(core::due_kind::submission), ahead);
    found.next_query = in_callers_time(table.next_task_due(core::due_kind::query), ahead);
    auto const paused = table.paused_sinks();
    for (auto const& sink : sinks) {
        if (paused.contains(sink)) continue;
        if (auto const due = in_callers_time(table.next_delivery_due(sink), ahead))
            found.next_deliveries.emplace(sink, *due);
    }
    return found;
}

}  // namespace voicehook::store::operations
