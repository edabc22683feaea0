// The book that the simulation keeps beside the store: what every part was seen to do, and what must hold of it.
#pragma once

#include "core/lifecycle.hpp"
#include "flows/intake.hpp"
#include "plan.hpp"
#include "ports/store.hpp"
#include "ports/store_types.hpp"
#include "scheduler.hpp"
#include "trace.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace voicehook::simulation {

/// A promise that was broken.
struct violation {
    std::string invariant;
    task_id task;
    std::string detail;
};

/// A task as the book knows it.
struct task_account {
    task_id id;
    caller_name caller;
    std::optional<std::string> key;
    std::optional<std::string> callback_url;
    core::stage stage{};
    std::uint32_t token{};
    instant lease_until;  ///< of a submission or a query under way, by the clock that decides leases
    bool leased{};
    lease_owner leased_by;
    std::optional<core::ended> end;
    std::optional<core::result_source> source;
    std::size_t result{};  ///< hash of the stored bytes
    core::dispute quarrel{core::dispute::none};
    std::optional<provider_task_id> provider_id;
    std::optional<provider_task_id> id_at_end;  ///< which deliveries tell
    std::set<core::terminal> evidence;          ///< ends that were kept without ending the task
    std::optional<instant> answered_at;         ///< the last submission, by the clock of who submitted
    std::optional<instant> replay_not_before;   ///< an attempt's outcome is unknown
    std::uint32_t sent_by_operator{};           ///< resubmissions that an operator ordered
    std::size_t submitted{};                    ///< hash of the bytes that the provider got
    std::uint32_t submissions{};
    std::uint32_t creates{};  ///< voices that were paid for
    std::uint32_t refusals{};
    std::uint32_t accepted_callbacks{};
    std::set<core::terminal> told;  ///< ends that the provider told of, by callback or query
    std::vector<delivery_id> deliveries;
    bool retired{};
};

/// From one moment to another, by whichever clock.
struct time_span {
    instant begin;
    instant end;
};

/// A delivery as the book knows it.
struct delivery_account {
    task_id task;
    sink_name sink;
    core::delivery_state state{core::delivery_state::pending};
    std::uint32_t token{};
    bool leased{};
    lease_owner leased_by;
    instant lease_until;
    std::size_t body{};       ///< hash of the bytes that the sink saw
    std::uint32_t copies{};   ///< that the sink took
    std::uint32_t excuses{};  ///< reasons for another copy that were not used up
    instant created_at;
    std::optional<core::delivery_cause> cause;  ///< why it is parked
    instant tried_since;                        ///< its creation, or since an operator made it due again
    std::vector<time_span> waits;               ///< until its next attempt, as decided since then
    duration counted_twice{};                   ///< what its claims took: each ends a wait, and belongs to the next
};

/// A sink as the book knows it.
struct sink_account {
    std::vector<time_span> pauses;  ///< those that are over
    std::optional<instant> paused_since;
    std::optional<instant> down_since;
};

/// A replay as the book knows it.
struct replay_account {
    ports::replay item;                                      ///< as the store had it last
    std::optional<std::pair<instant, delivery_id>> reached;  ///< the last delivery that must have been made due
    std::set<delivery_id> made_due;
};

/// Every method tells what was seen, in the order of its commit. What breaks a promise is kept in `broken`, the first
/// only; the episode ends then.
class ledger {
public:
    ledger(episode_plan const& rules, scheduler const& time, trace& lines)
        : rules_{rules}, time_{time}, lines_{lines}, routes_{rules.sinks} {}

    [[nodiscard]] std::optional<violation> const& broken() const noexcept { return broken_; }
    void violated(std::string_view invariant, task_id const& task, std::string detail);

    // ---- what the store committed ----
    // `ahead` is how far the clock that decides leases was ahead of the caller's.
    void accepted(ports::acceptance const& answer, core::task const& offered, lease_owner const& owner, instant now,
                  duration ahead);
    void submissions_claimed(ports::claimed<core::task> const& claimed, ports::claim_terms const& terms,
                             duration ahead);
    void queries_claimed(ports::claimed<core::task> const& claimed, ports::claim_terms const& terms, duration ahead);
    void outcome_recorded(ports::transition const& change, std::uint32_t token, core::task_event const& outcome);
    void changed(ports::transition const& change);
    void callback_recorded(ports::transition const& change, core::callback_received const& notice);
    void operator_resubmitted(task_id const& id);
    void deliveries_claimed(ports::claimed<core::delivery> const& claimed, ports::claim_terms const& terms,
                            duration ahead);
    void attempt_recorded(ports::attempt_record const& attempt);
    void attempt_not_recorded(delivery_id const& id);
    void delivery_retried(delivery_id const& id, instant now);
    void delivery_discarded(delivery_id const& id);
    /// Submissions whose lease ran out became unknown, or leases were given back: the task as it is now.
    void reread(core::task const& item, std::optional<instant> lost_at);
    void delivery_released(delivery_id const& id);
    /// A sink that is not configured any more: its deliveries were parked.
    void delivery_parked(delivery_id const& id);
    /// The configuration that ends tasks from now on.
    void use_routes(std::vector<flows::sink_route> routes) { routes_ = std::move(routes); }
    void retired(task_id const& id);

    // ---- what operators do with sinks and with what is parked ----
    void sink_paused(sink_name const& sink);
    void sink_resumed(sink_name const& sink);
    /// A dry run.
    void parked_counted(ports::parked_count const& found, ports::parked_filter const& filter);
    /// Its times are the store's, which is `ahead` of who starts it.
    void replay_started(ports::replay item, duration ahead);
    void replays_advanced(ports::replay_round const& round, ports::replay_terms const& terms);
    void replay_cancelled(ports::replay const& item);

    // ---- what the others did ----
    void submitted(task_id const& id, std::string const& body, std::string_view callback_url);
    void submission_answered(task_id const& id, instant local_now);
    void created(task_id const& id);
    void refused(task_id const& id);
    void told(task_id const& id, core::terminal what);
    /// `body` is the hash of the callback's bytes.
    void callback_answered(task_id const& id, std::optional<core::task_report> const& report, std::size_t body,
                           flows::callback_result answer);
    void copy_taken(core::delivery const& item);
    void copy_excused(delivery_id const& id);
    /// Its attempts may have reached their sinks, and nobody will write that down.
    void owner_died(lease_owner const& owner);
    /// It takes nothing until it is back.
    void sink_went_down(sink_name const& sink);
    void sink_came_back(sink_name const& sink);
    /// Clocks of lives were set: what one of them wrote says little to the next.
    void clocks_jumped() noexcept { clocks_jumped_ = true; }
    /// A process was stopped for so long.
    void stood_still(duration span) noexcept { unnoticed_ += span; }
    /// Nothing goes wrong from now on, but for outages that have begun.
    void calmed_down() noexcept { calm_since_ = time_.now(); }

    // ---- what there is ----
    [[nodiscard]] std::size_t open_tasks() const noexcept { return open_; }
    [[nodiscard]] std::size_t waiting_deliveries() const noexcept { return waiting_; }
    [[nodiscard]] std::size_t open_disputes() const noexcept { return disputes_; }
    [[nodiscard]] std::size_t running_replays() const noexcept { return running_; }
    [[nodiscard]] std::map<replay_id, replay_account> const& replays() const noexcept { return replays_; }
    [[nodiscard]] std::size_t lives() const noexcept { return tasks_.size(); }
    [[nodiscard]] std::unordered_map<task_id, task_account> const& tasks() const noexcept { return tasks_; }
    [[nodiscard]] std::unordered_map<delivery_id, delivery_account> const& deliveries() const noexcept {
        return deliveries_;
    }
    [[nodiscard]] task_account const* find(task_id const& id) const;

    /// The store's own row and history of a task against the book.
    void compare(ports::task_history const& stored);
    void compare(ports::replay const& stored);

private:
    task_account* account_of(task_id const& id, std::string_view doing);
    delivery_account* delivery_of(delivery_id const& id, std::string_view doing);
    void look_at(task_account& known, core::task const& item);
    void keep_end(task_account& known, core::task const& item);
    void expect_deliveries(task_account& known);
    void judge_end(task_account const& known);
    void compare_delivery(core::delivery const& stored);
    void make_due(delivery_account& known, instant now);
    [[nodiscard]] std::size_t waiting_for(sink_name const& sink) const;
    [[nodiscard]] std::vector<delivery_id> parked_of(ports::parked_filter const& filter) const;
    void replay_advanced(replay_account& known, ports::replay const& item, ports::replay_terms const& terms);
    void judge_giving_up(delivery_account const& known, delivery_id const& id);
    [[nodiscard]] duration kept_by_pauses(delivery_account const& known) const;

    episode_plan const& rules_;
    scheduler const& time_;
    trace& lines_;
    std::vector<flows::sink_route> routes_;
    std::optional<violation> broken_;
    std::unordered_map<task_id, task_account> tasks_;
    std::unordered_map<delivery_id, delivery_account> deliveries_;
    std::map<std::pair<caller_name, std::string>, task_id> keys_;
    std::size_t open_{};
    std::size_t waiting_{};
    std::size_t disputes_{};
    std::map<sink_name, sink_account> sinks_;
    std::map<replay_id, replay_account> replays_;
    std::size_t running_{};  ///< replays
    bool clocks_jumped_{};
    std::optional<instant> calm_since_;
    duration unnoticed_{10min};  ///< a worker may not have looked during a pause that is no longer
};

}  // namespace voicehook::simulation
