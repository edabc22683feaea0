// What goes into and comes out of the store's operations.
#pragma once

#include "base/ids.hpp"
#include "base/names.hpp"
#include "base/trace_context.hpp"
#include "core/delivery.hpp"
#include "core/delivery_policy.hpp"
#include "core/lifecycle.hpp"
#include "core/task.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace voicehook::ports {

/// Renders the deliveries of a task that ends. Called inside the transaction, perhaps on the store's thread: it must be
/// pure and own what it needs. The same task gives the same deliveries.
using render_function = std::function<std::vector<core::new_delivery>(core::task const& ended)>;

struct acceptance_limits {
    std::uint64_t max_open{1000};  ///< tasks of this caller that have not ended (`callers.max_in_flight`)
    lease_owner owner{};           ///< who holds the lease of a task that comes in stage submitting
};

/// What became of an acceptance.
enum class acceptance_outcome : std::uint8_t {
    stored = 1,
    replayed,       ///< the same key and body: `item` is the earlier task
    key_reused,     ///< the same key with another body: `item` is the earlier task
    still_running,  ///< the same key and body, undecided before its `answer_by`
    over_quota,     ///< the caller has `max_open` open tasks: nothing stored
};
struct acceptance {
    acceptance_outcome what{};
    core::task item;
};

struct claim_terms {
    lease_owner owner;
    instant now;
    instant lease_until;
    std::size_t limit{64};
    std::optional<instant> kept_since{};  ///< deliveries: what they have been due for since then counts as tried
    duration overdue_by{};                ///< deliveries: only those that have been due for so long
};

template <class T>
struct claimed {
    std::vector<T> items;
    std::optional<instant> next_due;  ///< when something of this kind is due next, after this claim; leases count
    std::size_t lost{};               ///< submissions whose lease had run out: unknown now, not among the items
    bool paused{};                    ///< deliveries: their sink is, so nothing was looked for
};

/// What a round of retention deleted.
struct retired {
    std::size_t tasks{};
    std::size_t discarded{};  ///< parked deliveries of theirs, which nobody will get any more
};

/// What an event did to a task.
struct transition {
    core::verdict what{};
    core::task item;       ///< after the event
    core::stage before{};  ///< the stage before it
    bool ends{};
};

struct attempt_record {
    delivery_id id;
    std::uint32_t token{};
    core::delivery_decision decision;
    core::attempt_outcome outcome;
    duration took{};
    instant now;
    span_id span{};  ///< of the attempt, in the delivery's trace; for the timeline
};

enum class pause_state : std::uint8_t { running = 1, paused };
struct sink_pause {
    pause_state state{pause_state::running};
    std::string reason;
    std::string who;
};

struct task_filter {
    std::optional<caller_name> caller;  ///< nothing: every caller's (operators)
    std::optional<core::reported_status> status;
    std::optional<core::stage> stage;
    std::optional<instant> created_after;   ///< exclusive
    std::optional<instant> created_before;  ///< exclusive
    std::optional<task_id> after;           ///< cursor: the last task of the page before
    std::size_t limit{50};
};
/// Whether a task passes all but the cursor.
[[nodiscard]] bool passes(task_filter const& filter, core::task const& item);

struct task_page {
    std::vector<core::task> items;  ///< without `submit_body`
    bool more{};
};

/// Deliveries in one state, for operators.
struct delivery_filter {
    core::delivery_state state{core::delivery_state::parked};
    std::optional<sink_name> sink;              ///< nothing: of every sink
    std::optional<core::delivery_cause> cause;  ///< of parked ones only
    std::optional<delivery_id> after;           ///< cursor: the last delivery of the page before
    std::size_t limit{50};
};
struct delivery_page {
    std::vector<core::delivery> items;  ///< without `body`
    bool more{};
};

struct task_history {
    core::task item;
    std::vector<core::timeline_entry> timeline;  ///< oldest first
    std::vector<core::delivery> deliveries;      ///< in the order of their creation
};

/// How long the links in a result live after the task's end (provider page, "Query").
inline constexpr duration result_life = 24h;

/// Deliveries of one sink by state, and the parked ones by cause.
struct sink_counts {
    std::map<core::delivery_state, std::uint64_t> by_state;
    std::map<core::delivery_cause, std::uint64_t> parked_by_cause;
    std::optional<instant> oldest_waiting;  ///< creation of the oldest pending or delivering one
    std::optional<instant> oldest_parked;   ///< creation of the oldest parked one
    std::optional<instant> next_due;        ///< when the first that waits is due, whether paused or not; leases count
    /// Creation of the oldest that waits or is parked and is younger than `result_life`: its links die next.
    std::optional<instant> oldest_alive;
    std::optional<std::string> paused;  ///< the reason, while paused
};

/// A process that shares the store with others, as it describes itself.
struct replica_note {
    lease_owner owner;
    std::string name;  ///< `host:pid`, for people
    std::string version;
    instant started_at;
};

/// A process as the store knows it. Both times are the store's: they are compared with its clock only.
struct replica {
    replica_note note;
    instant seen_at;        ///< when it last told that it lives
    instant present_since;  ///< since when it has done so without a long gap
};

struct beat_terms {
    instant now;
    std::optional<duration> lost_replay_after;  ///< of submissions that are taken away from the dead
    duration refresh_after{5s};                 ///< how old the own row may become before it is written again
    duration dead_after{20s};                   ///< how long another may be unseen before it counts as dead
    std::size_t limit{256};                     ///< leases taken away at most; the next beat takes more
};

/// Who works on the store, and what there is to do.
struct company {
    std::vector<replica> replicas;   ///< the one that beats, and all others that are not known to be gone; by name
    std::vector<replica_note> lost;  ///< whose last lease was taken away just now
    std::size_t leases_taken{};
    std::optional<instant> next_submission;  ///< when the next one is due; leases count
    std::optional<instant> next_query;
    std::map<sink_name, instant> next_deliveries;  ///< sinks that are paused, or have nothing waiting, are absent
};

/// The counters, as kept in the transactions that change them. Ages and due times are in the caller's time.
struct store_summary {
    std::uint64_t accepted{};
    std::map<core::stage, std::uint64_t> tasks;            ///< every stage present
    std::map<core::stage, std::optional<instant>> oldest;  ///< creation of the oldest task, open stages only
    std::uint64_t tasks_retired{};
    std::optional<instant> next_submission;  ///< when the first one is due; leases count
    std::optional<instant> next_query;
    std::map<core::result_source, std::uint64_t> results;
    std::uint64_t disputed{};  ///< ended tasks whose dispute is open (settling or disputed)
    std::uint64_t unrouted{};  ///< tasks that ever ended without a delivery: no sink takes them, no callback_url
    std::uint64_t deliveries_created{};
    std::uint64_t deliveries_retired{};
    std::map<sink_name, sink_counts> sinks;
    std::map<caller_name, std::uint64_t> open_by_caller;
    std::uint64_t file_bytes{};     ///< size of the store, 0 where it has none
    std::vector<replica> replicas;  ///< processes that work on it, by name
};

/// The conservation check: `accepted = Σ stages + retired` and `deliveries created = Σ states + retired`. Each violated
/// equation as a sentence with both sides; empty when all is well. Pure.
[[nodiscard]] std::vector<std::string> conservation_violations(store_summary const& counters);

struct audit_report {
    store_summary counters;
    std::vector<std::string> violations;  ///< conservation, and every counter that the rows contradict
};

}  // namespace voicehook::ports

namespace voicehook {
template <>
inline constexpr auto names_of<ports::acceptance_outcome> = std::array{
    entry(ports::acceptance_outcome::stored, "stored"), entry(ports::acceptance_outcome::replayed, "replayed"),
    entry(ports::acceptance_outcome::key_reused, "key_reused"),
    entry(ports::acceptance_outcome::still_running, "still_running"),
    entry(ports::acceptance_outcome::over_quota, "over_quota")};
}
