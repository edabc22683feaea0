// The store's operations, each one transaction over rows: load, ask the core, write what it says. Shared by every
// store, so that their meaning cannot diverge. What they promise is written at the port (ports/store.hpp). All take
// their arguments by const reference: a store may roll one back and run it again.
#pragma once

#include "base/failure.hpp"
#include "store/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::store::operations {

// ---- tasks ----

[[nodiscard]] result<ports::acceptance> accept_task(rows& table, core::task const& item,
                                                    ports::acceptance_limits const& limits, instant now);

[[nodiscard]] result<ports::claimed<core::task>> claim_submissions(rows& table, ports::claim_terms const& terms,
                                                                   std::optional<duration> lost_replay_after);
[[nodiscard]] result<ports::claimed<core::task>> claim_queries(rows& table, ports::claim_terms const& terms);

/// The outcome of a submission or query that was claimed with `token`.
[[nodiscard]] result<ports::transition> record_outcome(rows& table, task_id const& id, std::uint32_t token,
                                                       core::task_event const& outcome,
                                                       ports::render_function const& render, instant now);
[[nodiscard]] result<ports::transition> record_callback(rows& table, task_id const& id,
                                                        core::callback_received const& notice,
                                                        ports::render_function const& render, instant now);
[[nodiscard]] result<ports::transition> record_event(rows& table, task_id const& id, core::task_event const& event,
                                                     ports::render_function const& render, instant now);

[[nodiscard]] result<core::task> find_task(rows& table, std::string const& id);
[[nodiscard]] result<std::vector<core::task>> look_up_tasks(rows& table, ports::task_lookup const& what);
[[nodiscard]] result<ports::task_page> list_tasks(rows& table, ports::task_filter const& filter);
[[nodiscard]] result<ports::task_history> read_history(rows& table, task_id const& id);

// ---- deliveries ----

[[nodiscard]] result<ports::claimed<core::delivery>> claim_deliveries(rows& table, sink_name const& sink,
                                                                      ports::claim_terms const& terms);
[[nodiscard]] result<void> record_attempt(rows& table, ports::attempt_record const& attempt);
[[nodiscard]] result<void> retry_delivery(rows& table, delivery_id const& id, std::string const& who, instant now);
[[nodiscard]] result<void> discard_delivery(rows& table, delivery_id const& id, std::string const& who,
                                            std::string const& reason, instant now);
[[nodiscard]] result<ports::delivery_page> list_deliveries(rows& table, ports::delivery_filter const& filter);
[[nodiscard]] result<void> set_sink_paused(rows& table, sink_name const& sink, ports::sink_pause const& pause,
                                           instant now);
[[nodiscard]] result<std::size_t> park_removed_sinks(rows& table, std::vector<sink_name> const& known,
                                                     std::size_t limit, instant now);

// ---- operators ----

[[nodiscard]] result<ports::transition> act_on_task(rows& table, task_id const& id, core::task_event const& event,
                                                    ports::render_function const& render, ports::action const& by);
[[nodiscard]] result<void> record_action(rows& table, ports::action const& done);
[[nodiscard]] result<ports::action_page> list_actions(rows& table, ports::action_filter const& filter);
[[nodiscard]] result<ports::parked_count> count_parked(rows& table, ports::parked_filter const& filter);
[[nodiscard]] result<void> start_replay(rows& table, ports::replay const& item, ports::action const& by);
[[nodiscard]] result<ports::replay_round> advance_replays(rows& table, ports::replay_terms const& terms);
[[nodiscard]] result<ports::replay> cancel_replay(rows& table, replay_id const& id, ports::action const& by);
[[nodiscard]] result<ports::replay> find_replay(rows& table, replay_id const& id);
[[nodiscard]] result<std::vector<ports::replay>> list_replays(rows& table, std::size_t limit);

// ---- upkeep ----

[[nodiscard]] result<ports::company> beat(rows& table, ports::replica_note const& self,
                                          std::vector<sink_name> const& sinks, ports::beat_terms const& terms);
/// Gives back the leases of `owner`, who is no replica any more; without an owner of all.
[[nodiscard]] result<void> release_leases(rows& table, std::optional<lease_owner> const& owner,
                                          std::optional<duration> lost_replay_after, instant now);
[[nodiscard]] result<ports::retired> retire(rows& table, instant before, std::size_t limit, instant now);
[[nodiscard]] result<ports::store_summary> summary(rows& table, instant now);
[[nodiscard]] result<ports::audit_report> audit(rows& table);
[[nodiscard]] result<void> probe(rows& table);

}  // namespace voicehook::store::operations
