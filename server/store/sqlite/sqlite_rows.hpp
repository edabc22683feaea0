// Rows in SQLite tables. Not synchronised: one connection, one thread, inside a transaction that somebody else began.
#pragma once

#include "store/rows.hpp"
#include "store/sqlite/columns.hpp"
#include "store/sqlite/database.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::store::sqlite {

class sqlite_rows final : public rows {
public:
    /// `connection` must outlive the rows.
    explicit sqlite_rows(database& connection) : connection_{connection} {}

    /// Writes what operations left for the end of their group: counters, each once however often it changed, and which
    /// tasks may now be deleted. To be called before each commit.
    void flush();
    /// Forgets what `flush` would have written: after a rollback.
    void forget() noexcept;
    /// Grows with each row written and each counter changed.
    [[nodiscard]] std::int64_t written() const noexcept { return connection_.rows_written() + counts_; }

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

    std::int64_t counter(counter_key const& key) override;
    counter_values counters() override;
    void add(counter_key const& key, std::int64_t change) override;
    counter_values recount() override;

    std::optional<instant> oldest_task(core::stage stage) override;
    std::uint64_t file_bytes() override;
    void touch() override;

private:
    /// What the table of deletable tasks may hold of a task that was touched.
    enum class listing : std::uint8_t { absent = 1, unknown };
    [[nodiscard]] std::vector<sink_name> sinks_with(core::delivery_state state);
    void settle_retirement(task_id const& id, listing before);

    database& connection_;
    update_texts task_updates_{"task"};
    update_texts delivery_updates_{"delivery"};
    std::int64_t counts_{};                 ///< how often a counter was changed
    counter_values counted_;                ///< changes of counters since the last flush
    std::map<task_id, listing> unsettled_;  ///< tasks that may have become deletable, or no longer are
};

}  // namespace voicehook::store::sqlite
