// What a store must be able to read and write inside one transaction; what it means is in operations.hpp.
#pragma once

#include "base/ids.hpp"
#include "base/names.hpp"
#include "base/time.hpp"
#include "core/delivery.hpp"
#include "core/lifecycle.hpp"
#include "core/task.hpp"
#include "ports/operator_types.hpp"
#include "ports/store_types.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::store {

/// A task and who works on it; an empty owner is nobody.
struct task_row {
    core::task item;
    lease_owner leased_by{};
};

/// A delivery and who attempts it; an empty owner is nobody.
struct delivery_row {
    core::delivery item;
    lease_owner leased_by{};
};

/// What is counted, so that no gauge scans.
enum class counter_kind : std::uint8_t {
    accepted = 1,      ///< tasks ever stored
    stage,             ///< tasks by stage (subject)
    retired,           ///< tasks ever deleted
    result,            ///< tasks ever ended, by source (subject)
    disputed,          ///< tasks with an open dispute
    open,              ///< tasks not ended, by caller (subject)
    delivery_created,  ///< deliveries ever stored
    delivery_retired,  ///< deliveries ever deleted
    delivery_state,    ///< deliveries by sink (subject) and state (detail)
    delivery_parked,   ///< parked deliveries by sink (subject) and cause (detail)
    unrouted,          ///< tasks that ever ended without a delivery
};

struct counter_key {
    counter_kind kind{};
    std::string subject{};
    std::string detail{};
    friend auto operator<=>(counter_key const&, counter_key const&) = default;
};
using counter_values = std::map<counter_key, std::int64_t>;

/// A place in a list that runs from the newest to the oldest: by creation, then by id.
struct list_position {
    instant created_at;
    std::string id;
    friend auto operator<=>(list_position const&, list_position const&) = default;
};

/// Rows of one transaction. Surprises (an I/O error, an id that exists already) are exceptions.
/// Lists by due time are ordered by due time, then by id. An *outline* is a row whose bodies were not read: its
/// `submit_body`, `provider_body`, `error_json` or `body` is empty.
class rows {
public:
    virtual ~rows() = default;

    // ---- tasks ----
    [[nodiscard]] virtual std::optional<task_row> task(task_id const& id) = 0;
    [[nodiscard]] virtual std::optional<task_id> task_bound_to(provider_task_id const& id) = 0;
    [[nodiscard]] virtual std::optional<task_id> task_with_key(caller_name const& caller, std::string const& key) = 0;
    /// Tasks whose caller sent this trace id, newest first.
    [[nodiscard]] virtual std::vector<task_id> tasks_of_trace(std::string const& trace_id, std::size_t limit) = 0;
    virtual void insert(task_row const& row) = 0;
    /// Writes what differs between a stored row and `after`; what never changes in a task's life is not looked at.
    virtual void update(task_row const& before, task_row const& after) = 0;
    [[nodiscard]] virtual std::optional<core::task> task_outline(task_id const& id) = 0;
    /// Deletes a task with its timeline and deliveries.
    virtual void erase(task_id const& id) = 0;

    [[nodiscard]] virtual std::vector<task_row> due_tasks(core::due_kind kind, instant now, std::size_t limit) = 0;
    [[nodiscard]] virtual std::optional<instant> next_task_due(core::due_kind kind) = 0;
    /// Tasks that `owner` works on; without an owner: those that anybody works on, and all in stage submitting.
    [[nodiscard]] virtual std::vector<task_id> leased_tasks(std::optional<lease_owner> const& owner) = 0;
    /// Tasks ended before `before`, longest ended first, without an open dispute and without waiting deliveries.
    [[nodiscard]] virtual std::vector<task_id> retirable_tasks(instant before, std::size_t limit) = 0;
    /// Newest first, strictly after `start`, without `submit_body`, as much as page.hpp allows; the filter's own cursor
    /// is not looked at.
    [[nodiscard]] virtual ports::task_page list_tasks(ports::task_filter const& filter,
                                                      std::optional<list_position> const& start) = 0;

    virtual void append(task_id const& id, core::timeline_entry const& entry) = 0;
    [[nodiscard]] virtual std::vector<core::timeline_entry> timeline(task_id const& id) = 0;

    // ---- deliveries ----
    [[nodiscard]] virtual std::optional<delivery_row> delivery(delivery_id const& id) = 0;
    virtual void insert(delivery_row const& row) = 0;
    /// Likewise. The body never changes: outlines will do.
    virtual void update(delivery_row const& before, delivery_row const& after) = 0;
    /// In the order of their insertion.
    [[nodiscard]] virtual std::vector<core::delivery> deliveries_of(task_id const& id) = 0;
    [[nodiscard]] virtual std::vector<core::delivery> delivery_outlines_of(task_id const& id) = 0;
    [[nodiscard]] virtual std::vector<delivery_row> due_deliveries(sink_name const& sink, instant now,
                                                                   std::size_t limit) = 0;
    [[nodiscard]] virtual std::optional<instant> next_delivery_due(sink_name const& sink) = 0;
    /// Deliveries that `owner` attempts; without an owner: all that anybody attempts.
    [[nodiscard]] virtual std::vector<delivery_id> leased_deliveries(std::optional<lease_owner> const& owner) = 0;
    /// Outlines of pending and delivering ones, by due time.
    [[nodiscard]] virtual std::vector<delivery_row> waiting_deliveries(sink_name const& sink, std::size_t limit) = 0;
    /// Outlines, newest first, strictly after `start`; the filter's own cursor is not looked at.
    [[nodiscard]] virtual ports::delivery_page list_deliveries(ports::delivery_filter const& filter,
                                                               std::optional<list_position> const& start) = 0;

    /// Outlines of parked ones that pass, oldest first, strictly after `start`; the filter has a sink.
    [[nodiscard]] virtual std::vector<delivery_row> parked_deliveries(ports::parked_filter const& filter,
                                                                      std::optional<list_position> const& start,
                                                                      std::size_t limit) = 0;
    /// How many parked ones pass; the filter has a sink.
    [[nodiscard]] virtual std::uint64_t count_parked(ports::parked_filter const& filter) = 0;
    /// Creation of the oldest in a state that was created after `since`.
    [[nodiscard]] virtual std::optional<instant> oldest_delivery(sink_name const& sink, core::delivery_state state,
                                                                 instant since) = 0;

    // ---- operators ----
    /// The action gets the place that is next.
    virtual void append(ports::action const& done) = 0;
    /// Newest first, before a place.
    [[nodiscard]] virtual std::vector<ports::action> actions_before(std::optional<std::int64_t> place,
                                                                    std::size_t limit) = 0;
    /// Of the first `limit` actions, and of the ended replays, those that are older.
    virtual void erase_actions(instant before, std::size_t limit) = 0;
    [[nodiscard]] virtual std::optional<ports::replay> replay(replay_id const& id) = 0;
    /// By their start.
    [[nodiscard]] virtual std::vector<ports::replay> running_replays() = 0;
    /// Newest first.
    [[nodiscard]] virtual std::vector<ports::replay> replays(std::size_t limit) = 0;
    /// Inserts, or replaces the row of the same id.
    virtual void put(ports::replay const& row) = 0;

    // ---- sinks ----
    virtual void pause(sink_name const& sink, ports::sink_pause const& pause, instant now) = 0;
    virtual void resume(sink_name const& sink) = 0;
    /// Paused sinks and the reason.
    [[nodiscard]] virtual std::map<sink_name, std::string> paused_sinks() = 0;
    [[nodiscard]] virtual bool is_paused(sink_name const& sink) = 0;

    // ---- replicas ----
    /// All of them, by owner.
    [[nodiscard]] virtual std::vector<ports::replica> replicas() = 0;
    /// Inserts, or replaces the row of the same owner.
    virtual void put(ports::replica const& row) = 0;
    /// Nothing when there is no such row.
    virtual void erase(lease_owner const& owner) = 0;
    /// How far the store's clock, which decides leases, is ahead of that of the caller, who says that it is `now`; the
    /// same throughout a transaction.
    [[nodiscard]] virtual duration clock_ahead(instant /*now*/) { return duration::zero(); }

    // ---- counters ----
    [[nodiscard]] virtual std::int64_t counter(counter_key const& key) = 0;
    [[nodiscard]] virtual counter_values counters() = 0;
    virtual void add(counter_key const& key, std::int64_t change) = 0;
    /// What the rows themselves say, by scanning: stages, results, disputes, open tasks, delivery states and causes.
    [[nodiscard]] virtual counter_values recount() = 0;

    // ---- ages ----
    [[nodiscard]] virtual std::optional<instant> oldest_task(core::stage stage) = 0;
    [[nodiscard]] virtual std::uint64_t file_bytes() = 0;

    /// Writes something that nobody reads: a commit must go through.
    virtual void touch() = 0;
};

}  // namespace voicehook::store

namespace voicehook {
template <>
inline constexpr auto names_of<store::counter_kind> =
    std::array{entry(store::counter_kind::accepted, "accepted"),
               entry(store::counter_kind::stage, "stage"),
               entry(store::counter_kind::retired, "retired"),
               entry(store::counter_kind::result, "result"),
               entry(store::counter_kind::disputed, "disputed"),
               entry(store::counter_kind::open, "open"),
               entry(store::counter_kind::delivery_created, "delivery_created"),
               entry(store::counter_kind::delivery_retired, "delivery_retired"),
               entry(store::counter_kind::delivery_state, "delivery_state"),
               entry(store::counter_kind::delivery_parked, "delivery_parked"),
               entry(store::counter_kind::unrouted, "unrouted")};
}
