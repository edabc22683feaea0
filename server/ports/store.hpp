// The port to the store: domain operations, each one durable transaction, each idempotent.
#pragma once

#include "base/failure.hpp"
#include "base/ids.hpp"
#include "core/delivery.hpp"
#include "core/delivery_policy.hpp"
#include "core/lifecycle.hpp"
#include "core/task.hpp"
#include "ports/awaitable.hpp"
#include "ports/backup.hpp"
#include "ports/operator_types.hpp"
#include "ports/store_types.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::ports {

/// Every operation returns when it is durable. Failures: `store_unavailable`, `store_full`, `store_busy` (bounded
/// queue), `stopping`, and those named at the operation. Several operations may share one commit; one that fails does
/// not fail the others. A commit that failed for good is `store_unavailable` to what was in it, whose outcome is
/// unknown, and everything after it is `store_failed`. All times are given by the caller, so that the port needs no
/// clock. A store that several processes share has one of its own all the same (PostgreSQL the database's): it decides
/// what is due and when leases end, and what is answered of that is in the caller's time again.
///
/// A claim takes what is due under a lease: the item's token grows, and its due time becomes the lease's end, so that
/// the work of a dead owner becomes due by itself. An outcome with an older token is `lease_lost` and changes nothing.
class store {
public:
    virtual ~store() = default;

    // ---- tasks ----

    /// Stores a task in the stage it has (queued, or submitting under a lease), unless its caller's Idempotency-Key is
    /// known. The key is looked at before the quota. The same task once more is `stored` and changes nothing.
    [[nodiscard]] virtual awaitable<result<acceptance>> accept_task(core::task item, acceptance_limits limits,
                                                                    instant now) = 0;

    /// Takes due submissions, at most `limit`: queued and unknown ones become `submitting` until `lease_until`; a
    /// submission whose lease has run out becomes unknown with `lost_replay_at` and is not returned.
    [[nodiscard]] virtual awaitable<result<claimed<core::task>>> claim_submissions(
        claim_terms terms, std::optional<duration> lost_replay_after) = 0;

    /// Applies the outcome of the submission claimed with `token`. `render` is called if it ends the task.
    [[nodiscard]] virtual awaitable<result<transition>> record_submission(task_id id, std::uint32_t token,
                                                                          core::task_event outcome,
                                                                          render_function render, instant now) = 0;

    /// Applies a callback to the task that its token names. `not_found` when the store does not know it.
    [[nodiscard]] virtual awaitable<result<transition>> record_callback(task_id id, core::callback_received notice,
                                                                        render_function render, instant now) = 0;

    /// Takes tasks whose query is due (in flight, or ended and settling).
    [[nodiscard]] virtual awaitable<result<claimed<core::task>>> claim_queries(claim_terms terms) = 0;

    /// Applies the outcome of a query claimed with `token` (query_answered or query_failed).
    [[nodiscard]] virtual awaitable<result<transition>> record_query(task_id id, std::uint32_t token,
                                                                     core::task_event outcome, render_function render,
                                                                     instant now) = 0;

    /// Applies an event that needs no lease, such as query_wanted. `not_found`; `conflict` when there is nothing to do,
    /// or when another task has the id that it would bind.
    [[nodiscard]] virtual awaitable<result<transition>> record_event(task_id id, core::task_event event,
                                                                     render_function render, instant now) = 0;

    /// A task by our id or the provider's. `not_found`.
    [[nodiscard]] virtual awaitable<result<core::task>> find_task(std::string id) = 0;

    /// Newest first, without `submit_body`; none is no failure.
    [[nodiscard]] virtual awaitable<result<std::vector<core::task>>> look_up_tasks(task_lookup what) = 0;

    /// Newest first, keyset cursor. The tasks come without `submit_body`, and a page ends early (with `more`) at about
    /// 4 MiB of other bodies. `invalid` when the cursor is no task id.
    [[nodiscard]] virtual awaitable<result<task_page>> list_tasks(task_filter filter) = 0;

    /// A task with all that happened to it. `not_found`.
    [[nodiscard]] virtual awaitable<result<task_history>> read_history(task_id id) = 0;

    // ---- deliveries ----

    /// Takes due deliveries of one sink, none while it is paused.
    [[nodiscard]] virtual awaitable<result<claimed<core::delivery>>> claim_deliveries(sink_name sink,
                                                                                      claim_terms terms) = 0;

    /// Writes the decision on an attempt claimed with `token`. `lease_lost`.
    [[nodiscard]] virtual awaitable<result<void>> record_attempt(attempt_record attempt) = 0;

    /// Makes a parked delivery due now, its waits and attempts forgotten. `not_found`, `conflict` unless parked. An
    /// action of `who`, as are the two that follow.
    [[nodiscard]] virtual awaitable<result<void>> retry_delivery(delivery_id id, std::string who, instant now) = 0;

    /// Gives a parked delivery up. `not_found`, `conflict` unless parked.
    [[nodiscard]] virtual awaitable<result<void>> discard_delivery(delivery_id id, std::string who, std::string reason,
                                                                   instant now) = 0;

    /// Deliveries in one state, newest first, keyset cursor, without `body`: a task's history has it. `invalid` when
    /// the cursor is unknown.
    [[nodiscard]] virtual awaitable<result<delivery_page>> list_deliveries(delivery_filter filter) = 0;

    /// Pauses or resumes a sink; survives restarts. Idempotent.
    [[nodiscard]] virtual awaitable<result<void>> set_sink_paused(sink_name sink, sink_pause pause, instant now) = 0;

    /// Parks up to `limit` waiting deliveries of sinks that are not in `known`, with cause `sink_removed`. Returns how
    /// many: as many as `limit` means that there may be more.
    [[nodiscard]] virtual awaitable<result<std::size_t>> park_removed_sinks(std::vector<sink_name> known,
                                                                            std::size_t limit, instant now) = 0;

    // ---- operators ----

    /// Applies what an operator does to a task, as `record_event` does, and keeps the action.
    [[nodiscard]] virtual awaitable<result<transition>> act_on_task(task_id id, core::task_event event,
                                                                    render_function render, action by) = 0;

    /// Keeps an action that changes nothing in the store.
    [[nodiscard]] virtual awaitable<result<void>> record_action(action done) = 0;

    /// Newest first, keyset cursor.
    [[nodiscard]] virtual awaitable<result<action_page>> list_actions(action_filter filter) = 0;

    /// Counts parked deliveries, by reading an entry of an index for each.
    [[nodiscard]] virtual awaitable<result<parked_count>> count_parked(parked_filter filter) = 0;

    /// Starts a replay and keeps the action. `conflict` when one runs for the same sink. The same replay once more
    /// changes nothing.
    [[nodiscard]] virtual awaitable<result<void>> start_replay(replay item, action by) = 0;

    /// Makes the next deliveries of each running replay due, as `retry_delivery` does.
    [[nodiscard]] virtual awaitable<result<replay_round>> advance_replays(replay_terms terms) = 0;

    /// Ends a running replay and keeps the action; what was made due stays due. `not_found`; `conflict` when it has
    /// ended.
    [[nodiscard]] virtual awaitable<result<replay>> cancel_replay(replay_id id, action by) = 0;

    /// `not_found`.
    [[nodiscard]] virtual awaitable<result<replay>> find_replay(replay_id id) = 0;

    /// Newest first.
    [[nodiscard]] virtual awaitable<result<std::vector<replay>>> list_replays(std::size_t limit) = 0;

    // ---- upkeep ----

    /// Tells that `self` lives, takes the leases of those who do not any more, and answers when the next work is due.
    /// Its own row is written when it is missing or older than `refresh_after`. Another that was not seen for
    /// `dead_after` loses its leases as in `release_leases`, and its row once it has none; only who was present
    /// for as long may judge, so that nobody is taken for dead because the store was away from all.
    [[nodiscard]] virtual awaitable<result<company>> beat(replica_note self, std::vector<sink_name> sinks,
                                                          beat_terms terms) = 0;

    /// Gives back every lease of `owner`: its deliveries and queries are due now, its submissions become unknown. It
    /// is no replica any more.
    [[nodiscard]] virtual awaitable<result<void>> release_leases(lease_owner owner,
                                                                 std::optional<duration> lost_replay_after,
                                                                 instant now) = 0;

    /// Deletes up to `limit` tasks that ended before `before` and have neither waiting deliveries nor an open dispute;
    /// their parked deliveries are discarded first, and counted in the answer. Actions and ended replays that are as
    /// old go with them.
    [[nodiscard]] virtual awaitable<result<retired>> retire(instant before, std::size_t limit, instant now) = 0;

    /// Counters and ages; cheap at any size.
    [[nodiscard]] virtual awaitable<result<store_summary>> summary(instant now) = 0;

    /// Compares the counters with the rows by scanning: for tests, start-up and an operator's request. Nothing waits
    /// for it; `stopping` when the store closes meanwhile.
    [[nodiscard]] virtual awaitable<result<audit_report>> audit() = 0;

    /// Copies all that was answered before it began into one file, while everything else goes on, and verifies the
    /// copy: the file is whole, of this version, and its counters agree with its rows. `conflict`: there is a file of
    /// that name. `store_busy`: too much is written meanwhile. `store_full`: the copy, or what the store writes
    /// meanwhile, would take the room that intake needs. `unreadable`: the folder or the file cannot be made.
    /// `store_corrupt`: the copy is not sound; it stays as `<name>.unsound`. `stopping` when the store closes
    /// meanwhile. `invalid` where `backup_advice` is not empty. One at a time: others wait.
    [[nodiscard]] virtual awaitable<result<backup_report>> back_up(backup_request request) = 0;
    /// What to do instead, in words, where the store makes no backups itself; empty where it does.
    [[nodiscard]] virtual std::string_view backup_advice() const noexcept = 0;

    /// Whether a callback could be made durable now: an empty commit goes through. Cheap enough for a probe each
    /// second.
    [[nodiscard]] virtual awaitable<result<void>> probe() = 0;

    /// Finishes what is queued, then refuses everything with `stopping`. Idempotent.
    [[nodiscard]] virtual awaitable<void> close() = 0;
};

}  // namespace voicehook::ports
