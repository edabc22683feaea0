// What a transaction has to write, collected until one statement writes it all.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::store::postgres {

class write_statement;

/// What only one transaction writes: whoever finds it knows that this one was committed.
struct commit_mark {
    std::int64_t session{};  ///< a random number
    std::int64_t mark{};     ///< grows from transaction to transaction
    instant at{};            ///< by the database's clock
};

/// The earlier of two; nothing is later than anything.
[[nodiscard]] std::optional<instant> earlier(std::optional<instant> one, std::optional<instant> other) noexcept;

/// Several writes of one row become one. The rows that are changed must be locked by the transaction.
class pending_writes {
public:
    void insert(task_row const& row);
    void update(task_row const& before, task_row const& after);
    void erase(task_id const& id);
    void append(task_id const& id, std::int64_t place, core::timeline_entry const& entry);

    void insert(delivery_row const& row, std::int64_t place);
    void update(delivery_row const& after);

    void add(counter_key const& key, std::int64_t change);
    void pause(sink_name const& sink, ports::sink_pause const& pause, instant now);
    void resume(sink_name const& sink);
    void append(ports::action const& done);
    void put(ports::replay const& row);
    void put(ports::replica const& row);
    void erase(lease_owner const& owner);
    /// The mark alone is to be written.
    void touch() { touched_ = true; }

    [[nodiscard]] bool is_empty() const noexcept;
    /// Whether the database still has rows that are gone.
    [[nodiscard]] bool erases() const noexcept { return !erased_.empty(); }
    [[nodiscard]] bool holds(delivery_id const& id) const { return deliveries_.contains(id); }
    /// When the first of the tasks collected here is due.
    [[nodiscard]] std::optional<instant> first_due(core::due_kind kind) const;
    /// Likewise of the waiting deliveries to a sink.
    [[nodiscard]] std::optional<instant> first_due(sink_name const& sink) const;

    /// The one statement: a part for each kind of write, none of which looks at what another one writes. `slot` is
    /// where counters are added up: one that hardly another connection uses, so that nobody waits for a counter.
    [[nodiscard]] request statement(std::int64_t slot, commit_mark const& mark) const;
    void forget() { *this = pending_writes{}; }

private:
    enum class kind : std::uint8_t { fresh = 1, changed };
    struct pending_task {
        task_row row;
        kind what{kind::changed};
        bool body_changed{};  ///< `provider_body`, the one long column that changes
    };
    struct pending_delivery {
        delivery_row row;
        kind what{kind::changed};
        std::int64_t place{};  ///< of a fresh one
    };
    struct pending_event {
        task_id task;
        std::int64_t place{};
        core::timeline_entry entry;
    };
    struct pending_pause {
        ports::sink_pause pause;
        instant at;
    };

    void insert_tasks(write_statement& into) const;
    void update_tasks(write_statement& into) const;
    void insert_events(write_statement& into) const;
    void insert_deliveries(write_statement& into) const;
    void update_deliveries(write_statement& into) const;
    void erase_tasks(write_statement& into) const;
    void add_counters(write_statement& into, std::int64_t slot) const;
    void write_pauses(write_statement& into) const;
    void write_replicas(write_statement& into) const;
    void insert_actions(write_statement& into) const;
    void write_replays(write_statement& into) const;
    static void write_mark(write_statement& into, commit_mark const& mark);

    std::map<task_id, pending_task> tasks_;
    std::map<delivery_id, pending_delivery> deliveries_;
    std::vector<pending_event> events_;
    std::vector<task_id> erased_;
    counter_values counted_;
    std::map<sink_name, std::optional<pending_pause>> pauses_;       ///< nothing: resumed
    std::map<lease_owner, std::optional<ports::replica>> replicas_;  ///< nothing: gone
    std::vector<ports::action> actions_;
    std::map<replay_id, ports::replay> replays_;
    bool touched_{};
};

}  // namespace voicehook::store::postgres
