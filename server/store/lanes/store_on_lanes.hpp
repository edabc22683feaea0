// The port's operations on threads: each is handed to a lane, and its result comes back to where it was asked for.
#pragma once

#include "ports/store.hpp"
#include "store/lanes/job.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::store::lanes {

/// Who works for a store.
struct crew {
    lane& writes;  ///< a transaction of its own, or part of a group's
    lane& reads;   ///< a transaction that only reads: it sees every commit that was answered before
    lane& audits;  ///< likewise, for what reads every row
};

/// A store whose rows live behind threads. What derives from it owns the lanes, and has closed them before it ends.
class store_on_lanes : public ports::store {
public:
    awaitable<result<ports::acceptance>> accept_task(core::task item, ports::acceptance_limits limits,
                                                     instant now) override;
    awaitable<result<ports::claimed<core::task>>> claim_submissions(ports::claim_terms terms,
                                                                    std::optional<duration> lost_replay_after) override;
    awaitable<result<ports::transition>> record_submission(task_id id, std::uint32_t token, core::task_event outcome,
                                                           ports::render_function render, instant now) override;
    awaitable<result<ports::transition>> record_callback(task_id id, core::callback_received notice,
                                                         ports::render_function render, instant now) override;
    awaitable<result<ports::claimed<core::task>>> claim_queries(ports::claim_terms terms) override;
    awaitable<result<ports::transition>> record_query(task_id id, std::uint32_t token, core::task_event outcome,
                                                      ports::render_function render, instant now) override;
    awaitable<result<ports::transition>> record_event(task_id id, core::task_event event, ports::render_function render,
                                                      instant now) override;
    awaitable<result<core::task>> find_task(std::string id) override;
    awaitable<result<std::vector<core::task>>> look_up_tasks(ports::task_lookup what) override;
    awaitable<result<ports::task_page>> list_tasks(ports::task_filter filter) override;
    awaitable<result<ports::task_history>> read_history(task_id id) override;

    awaitable<result<ports::claimed<core::delivery>>> claim_deliveries(sink_name sink,
                                                                       ports::claim_terms terms) override;
    awaitable<result<void>> record_attempt(ports::attempt_record attempt) override;
    awaitable<result<void>> retry_delivery(delivery_id id, std::string who, instant now) override;
    awaitable<result<void>> discard_delivery(delivery_id id, std::string who, std::string reason, instant now) override;
    awaitable<result<ports::delivery_page>> list_deliveries(ports::delivery_filter filter) override;
    awaitable<result<void>> set_sink_paused(sink_name sink, ports::sink_pause pause, instant now) override;
    awaitable<result<std::size_t>> park_removed_sinks(std::vector<sink_name> known, std::size_t limit,
                                                      instant now) override;

    awaitable<result<ports::transition>> act_on_task(task_id id, core::task_event event, ports::render_function render,
                                                     ports::action by) override;
    awaitable<result<void>> record_action(ports::action done) override;
    awaitable<result<ports::action_page>> list_actions(ports::action_filter filter) override;
    awaitable<result<ports::parked_count>> count_parked(ports::parked_filter filter) override;
    awaitable<result<void>> start_replay(ports::replay item, ports::action by) override;
    awaitable<result<ports::replay_round>> advance_replays(ports::replay_terms terms) override;
    awaitable<result<ports::replay>> cancel_replay(replay_id id, ports::action by) override;
    awaitable<result<ports::replay>> find_replay(replay_id id) override;
    awaitable<result<std::vector<ports::replay>>> list_replays(std::size_t limit) override;

    awaitable<result<ports::company>> beat(ports::replica_note self, std::vector<sink_name> sinks,
                                           ports::beat_terms terms) override;
    awaitable<result<void>> release_leases(lease_owner owner, std::optional<duration> lost_replay_after,
                                           instant now) override;
    awaitable<result<ports::retired>> retire(instant before, std::size_t limit, instant now) override;
    awaitable<result<ports::store_summary>> summary(instant now) override;
    awaitable<result<ports::audit_report>> audit() override;
    awaitable<result<ports::backup_report>> back_up(ports::backup_request request) override;
    awaitable<result<void>> probe() override;

    awaitable<void> close() override;

protected:
    /// The lanes are only used once the object is complete.
    store_on_lanes(asio::any_io_executor executor, crew lanes) : executor_{std::move(executor)}, lanes_{lanes} {}

    /// From now on everything is refused: the first step of closing.
    void stop_taking() noexcept { closing_ = true; }
    /// Why no reading is worth while any more, if so; a lane that writes says so itself.
    [[nodiscard]] virtual std::optional<failure> broken() const { return std::nullopt; }

    /// Waits until the lane has finished and takes no more.
    awaitable<void> closed(lane& which);

private:
    template <class T, class Operation>
    awaitable<result<T>> write(std::size_t bytes, Operation operation);
    template <class T, class Operation>
    awaitable<result<T>> read_on(lane& where, Operation operation);
    template <class T>
    static awaitable<result<T>> refuse(failure why);

    asio::any_io_executor executor_;
    crew lanes_;
    bool closing_{};
};

}  // namespace voicehook::store::lanes
