// Rows in PostgreSQL tables, as a unit of work: what an operation reads is locked and kept, what it writes is collected
// and written by one statement at the end. One thread at a time.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/postgres/create.hpp"
#include "store/postgres/pending_writes.hpp"
#include "store/row_needs.hpp"
#include "store/rows.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace voicehook::store::postgres {

/// When somebody who found rows due, but locked, looks again: another replica is about to change them.
inline constexpr duration after_a_collision = 50ms;

/// Where in its index a queue begins. Rows that no longer wait leave entries there until it is vacuumed, all of them
/// before the first that does: a claim that began at the beginning would pass every one of them.
class queue_front {
public:
    /// No row is due before this, but for one that another replica has made due far in the past; every few seconds it
    /// is the beginning of time, and such a row is found.
    [[nodiscard]] instant at(instant now) const noexcept;
    /// What a look from `began` found to be due first, if anything.
    void note(instant began, std::optional<instant> first, instant now) noexcept;
    /// A row of ours is due then.
    void reach_back_to(instant due) noexcept { front_ = std::min(front_, due); }

private:
    instant looked_at_{};  ///< when the whole queue was looked at
    instant front_{};
};

/// A transaction whose COMMIT was sent and not answered. Its number alone proves nothing: a server that crashed before
/// anything of the transaction reached its disk gives the number to another one.
struct commit_in_doubt {
    std::int64_t transaction{};  ///< as PostgreSQL calls it
    std::int64_t session{};
    std::int64_t mark{};
    bool wrote{};  ///< if not, it was over before its end
};

class postgres_rows final : public rows {
public:
    /// `database` and `settings` must outlive the rows. `slot` is the one of its counters, `session` a
    /// random number for its marks.
    postgres_rows(connection& database, postgres_settings const& settings, std::int64_t slot, std::int64_t session)
        : database_{database}, settings_{settings}, slot_{slot}, mark_{.session = session} {}

    // ---- the transaction ----

    /// Begins one that writes, and reads and locks what `needs` names, all in one exchange.
    void begin(row_needs const& needs);
    /// Begins one that reads, from one state of the database.
    void begin_reading();
    /// Writes what is collected and commits. `is_committing` while it is not known whether it happened.
    void commit();
    void roll_back();
    [[nodiscard]] bool is_committing() const noexcept { return committing_; }
    /// What to ask PostgreSQL about when it is not.
    [[nodiscard]] commit_in_doubt in_doubt() const noexcept {
        return {transaction_, mark_.session, mark_.mark, wrote_};
    }
    /// Grows with each change that is collected.
    [[nodiscard]] std::int64_t written() const noexcept { return written_; }

    // ---- rows ----

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
    duration clock_ahead(instant now) override;

    std::int64_t counter(counter_key const& key) override;
    counter_values counters() override;
    void add(counter_key const& key, std::int64_t change) override;
    counter_values recount() override;

    std::optional<instant> oldest_task(core::stage stage) override;
    std::uint64_t file_bytes() override;
    void touch() override;

private:
    enum class access : std::uint8_t { reading = 1, writing };
    /// What is due next apart from what a claim took, as the claim's own statement told; unless the database must be
    /// asked.
    template <class Kind>
    using look_ahead = std::map<Kind, std::optional<instant>>;

    void forget();
    void learn_context(result_rows found);
    void learn_tasks(row_needs const& needs, result_rows found);
    void learn_deliveries(row_needs const& needs, result_rows found);
    void learn_quotas(row_needs const& needs, result_rows found);
    void remember(task_row const& row);
    void line_up(task_row const& row);
    void line_up(delivery_row const& row);
    /// The deliveries of these tasks into `delivery_outlines_`.
    void read_outlines_of(std::vector<task_id> const& ids);
    /// Writes what is collected, so that a statement over ranges of rows sees it.
    void flush();
    void forget_old_marks();
    void read_clock();
    [[nodiscard]] std::string locking(std::string_view more = {}) const;
    [[nodiscard]] std::int64_t next_place() noexcept;

    connection& database_;
    postgres_settings const& settings_;
    std::int64_t slot_;
    access access_{access::reading};
    bool committing_{};
    bool wrote_{};  ///< in this transaction
    std::int64_t transaction_{};
    commit_mark mark_;
    std::int64_t written_{};
    std::int64_t database_now_{};  ///< microseconds since 1970
    std::int64_t last_place_{};

    std::unordered_map<task_id, std::optional<task_row>> tasks_;  ///< as they are with what is collected
    std::unordered_map<delivery_id, std::optional<delivery_row>> deliveries_;
    std::unordered_map<provider_task_id, std::optional<task_id>> bound_;
    std::map<std::pair<caller_name, std::string>, std::optional<task_id>> keyed_;
    std::map<std::string, std::int64_t> quotas_;  ///< open tasks by caller
    std::map<sink_name, std::string> paused_;
    std::unordered_map<task_id, core::task> outlines_;                            ///< of tasks that may be retired
    std::unordered_map<task_id, std::vector<core::delivery>> delivery_outlines_;  ///< theirs
    look_ahead<core::due_kind> tasks_ahead_;
    look_ahead<sink_name> deliveries_ahead_;
    std::map<core::due_kind, queue_front> task_fronts_;  ///< these outlive the transaction
    std::map<sink_name, queue_front> delivery_fronts_;
    pending_writes pending_;
};

}  // namespace voicehook::store::postgres
