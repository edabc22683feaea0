// Rows in maps: what the tables of a store mean, without SQL.
#pragma once

#include "store/rows.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace voicehook::store::memory {

class memory_rows final : public rows {
public:
    /// Without a clock of its own leases go by the callers'.
    explicit memory_rows(std::function<instant()> clock) : clock_{std::move(clock)} {}

    /// Begins a transaction: `roll_back` undoes what was written since.
    void begin() { undo_.clear(); }
    void roll_back();

    std::optional<task_row> task(task_id const& id) override;
    std::optional<task_id> task_bound_to(provider_task_id const& id) override;
    std::optional<task_id> task_with_key(caller_name const& caller, std::string const& key) override;
    std::vector<task_id> tasks_of_trace(std::string const& trace_id, std::size_t limit) override;
    void insert(task_row const& row) override;
    void update(task_row const& before, task_row const& after) override;
    std::optional<core::task> task_outline(task_id const& id) override;
    void erase(task_id const& id) override;
    std::vector<task_row> due_tasks(core::due_kind kind, instant now, std::size_t limit) override;
    std::optional<instant> next_task_due(core::due_kind kind) override;
    std::vector<task_id> leased_tasks(std::optional<lease_owner> const& owner) override;
    std::vector<task_id> retirable_tasks(instant before, std::size_t limit) override;
    ports::task_page list_tasks(ports::task_filter const& filter, std::optional<list_position> const& start) override;
    void append(task_id const& id, core::timeline_entry const& entry) override;
    std::vector<core::timeline_entry> timeline(task_id const& id) override;

    std::optional<delivery_row> delivery(delivery_id const& id) override;
    void insert(delivery_row const& row) override;
    void update(delivery_row const& before, delivery_row const& after) override;
    std::vector<core::delivery> deliveries_of(task_id const& id) override;
    std::vector<core::delivery> delivery_outlines_of(task_id const& id) override;
    std::vector<delivery_row> due_deliveries(sink_name const& sink, instant now, std::size_t limit) override;
    std::optional<instant> next_delivery_due(sink_name const& sink) override;
    std::vector<delivery_id> leased_deliveries(std::optional<lease_owner> const& owner) override;
    std::vector<delivery_row> waiting_deliveries(sink_name const& sink, std::size_t limit) override;
    ports::delivery_page list_deliveries(ports::delivery_filter const& filter,
                                         std::optional<list_position> const& start) override;

    std::vector<delivery_row> parked_deliveries(ports::parked_filter const& filter,
                                                std::optional<list_position> const& start, std::size_t limit) override;
    std::uint64_t count_parked(ports::parked_filter const& filter) override;
    std::optional<instant> oldest_delivery(sink_name const& sink, core::delivery_state state, instant since) override;

    void append(ports::action const& done) override;
    std::vector<ports::action> actions_before(std::optional<std::int64_t> place, std::size_t limit) override;
    void erase_actions(instant before, std::size_t limit) override;
    std::optional<ports::replay> replay(replay_id const& id) override;
    std::vector<ports::replay> running_replays() override;
    std::vector<ports::replay> replays(std::size_t limit) override;
    void put(ports::replay const& row) override;

    void pause(sink_name const& sink, ports::sink_pause const& pause, instant now) override;
    void resume(sink_name const& sink) override;
    std::map<sink_name, std::string> paused_sinks() override;
    bool is_paused(sink_name const& sink) override;

    std::vector<ports::replica> replicas() override;
    void put(ports::replica const& row) override;
    void erase(lease_owner const& owner) override;
    duration clock_ahead(instant now) override { return clock_ ? clock_() - now : duration::zero(); }

    std::int64_t counter(counter_key const& key) override;
    counter_values counters() override;
    void add(counter_key const& key, std::int64_t change) override;
    counter_values recount() override;

    std::optional<instant> oldest_task(core::stage stage) override;
    std::uint64_t file_bytes() override { return 0; }
    void touch() override {}

private:
    using task_due = std::tuple<core::due_kind, instant, task_id>;
    using delivery_due = std::tuple<sink_name, instant, delivery_id>;

    void index(task_row const& row);
    void unindex(task_row const& row);
    void index(delivery_row const& row);
    void unindex(delivery_row const& row);
    std::vector<delivery_row> delivery_rows_of(task_id const& id) const;
    bool has_waiting_delivery(task_id const& id) const;

    void put(task_row const& row);
    void put(delivery_row const& row);

    std::function<instant()> clock_;
    std::map<task_id, task_row> tasks_;
    std::map<task_id, std::vector<core::timeline_entry>> timelines_;
    std::map<delivery_id, delivery_row> deliveries_;
    std::map<task_id, std::vector<delivery_id>> deliveries_of_;  // in the order of their insertion
    std::map<sink_name, std::string> paused_;
    std::map<lease_owner, ports::replica> replicas_;
    std::vector<ports::action> actions_;  // by place
    std::int64_t last_place_{};
    std::map<replay_id, ports::replay> replays_;
    counter_values counters_;

    std::set<task_due> due_tasks_;
    std::set<delivery_due> due_deliveries_;  // pending and delivering ones
    std::map<provider_task_id, task_id> bound_;
    std::map<std::pair<caller_name, std::string>, task_id> keys_;

    std::vector<std::function<void()>> undo_;
};

}  // namespace voicehook::store::memory
