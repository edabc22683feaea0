#include "store/lanes/store_on_lanes.hpp"

#include "store/lanes/announced.hpp"
#include "store/operations.hpp"

#include <boost/asio/post.hpp>

#include <variant>

namespace voicehook::store::lanes {
namespace {

/// Rows have a price beside their bodies: about what a task's other columns and index entries take.
constexpr std::size_t row_bytes = 1024;

std::size_t bytes_of(core::task_event const& event) {
    if (auto const* const told = std::get_if<core::submission_accepted>(&event)) return row_bytes + told->body.size();
    if (auto const* const told = std::get_if<core::query_answered>(&event)) return row_bytes + told->body.size();
    return row_bytes;
}

}  // namespace

template <class T, class Operation>
awaitable<result<T>> store_on_lanes::write(std::size_t bytes, Operation operation) {
    if (closing_) return refuse<T>({errc::stopping, "the store is closed"});
    return run_on<T>(lanes_.writes, executor_, bytes, std::move(operation));
}

template <class T, class Operation>
awaitable<result<T>> store_on_lanes::read_on(lane& where, Operation operation) {
    if (closing_) return refuse<T>({errc::stopping, "the store is closed"});
    if (auto why = broken()) return refuse<T>(std::move(*why));
    return run_on<T>(where, executor_, 0, std::move(operation));
}

template <class T>
awaitable<result<T>> store_on_lanes::refuse(failure why) {
    co_return unexpected{std::move(why)};
}

awaitable<result<ports::acceptance>> store_on_lanes::accept_task(core::task item, ports::acceptance_limits limits,
                                                                 instant now) {
    auto const bytes = row_bytes + item.submit_body.size();
    return write<ports::acceptance>(bytes, announced::acceptance{std::move(item), std::move(limits), now});
}

awaitable<result<ports::claimed<core::task>>> store_on_lanes::claim_submissions(
    ports::claim_terms terms, std::optional<duration> lost_replay_after) {
    return write<ports::claimed<core::task>>(row_bytes * terms.limit, [terms, lost_replay_after](rows& table) {
        return operations::claim_submissions(table, terms, lost_replay_after);
    });
}

awaitable<result<ports::transition>> store_on_lanes::record_submission(task_id id, std::uint32_t token,
                                                                       core::task_event outcome,
                                                                       ports::render_function render, instant now) {
    auto const bytes = bytes_of(outcome);
    return write<ports::transition>(
        bytes, announced::outcome{std::move(id), token, std::move(outcome), std::move(render), now});
}

awaitable<result<ports::transition>> store_on_lanes::record_callback(task_id id, core::callback_received notice,
                                                                     ports::render_function render, instant now) {
    auto const bytes = row_bytes + 2 * notice.body.size();
    return write<ports::transition>(bytes,
                                    announced::callback{std::move(id), std::move(notice), std::move(render), now});
}

awaitable<result<ports::claimed<core::task>>> store_on_lanes::claim_queries(ports::claim_terms terms) {
    return write<ports::claimed<core::task>>(row_bytes * terms.limit,
                                             [terms](rows& table) { return operations::claim_queries(table, terms); });
}

awaitable<result<ports::transition>> store_on_lanes::record_query(task_id id, std::uint32_t token,
                                                                  core::task_event outcome,
                                                                  ports::render_function render, instant now) {
    return record_submission(std::move(id), token, std::move(outcome), std::move(render), now);
}

awaitable<result<ports::transition>> store_on_lanes::record_event(task_id id, core::task_event event,
                                                                  ports::render_function render, instant now) {
    return write<ports::transition>(row_bytes,
                                    announced::event{std::move(id), std::move(event), std::move(render), now});
}

awaitable<result<core::task>> store_on_lanes::find_task(std::string id) {
    return read_on<core::task>(lanes_.reads,
                               [id = std::move(id)](rows& table) { return operations::find_task(table, id); });
}

awaitable<result<std::vector<core::task>>> store_on_lanes::look_up_tasks(ports::task_lookup what) {
    return read_on<std::vector<core::task>>(
        lanes_.reads, [what = std::move(what)](rows& table) { return operations::look_up_tasks(table, what); });
}

awaitable<result<ports::task_page>> store_on_lanes::list_tasks(ports::task_filter filter) {
    return read_on<ports::task_page>(
        lanes_.reads, [filter = std::move(filter)](rows& table) { return operations::list_tasks(table, filter); });
}

awaitable<result<ports::task_history>> store_on_lanes::read_history(task_id id) {
    return read_on<ports::task_history>(
        lanes_.reads, [id = std::move(id)](rows& table) { return operations::read_history(table, id); });
}

awaitable<result<ports::claimed<core::delivery>>> store_on_lanes::claim_deliveries(sink_name sink,
                                                                                   ports::claim_terms terms) {
    return write<ports::claimed<core::delivery>>(row_bytes * terms.limit, [sink = std::move(sink), terms](rows& table) {
        return operations::claim_deliveries(table, sink, terms);
    });
}

awaitable<result<void>> store_on_lanes::record_attempt(ports::attempt_record attempt) {
    return write<void>(row_bytes, announced::attempt{std::move(attempt)});
}

awaitable<result<void>> store_on_lanes::retry_delivery(delivery_id id, std::string who, instant now) {
    return write<void>(row_bytes, [id = std::move(id), who = std::move(who), now](rows& table) {
        return operations::retry_delivery(table, id, who, now);
    });
}

awaitable<result<void>> store_on_lanes::discard_delivery(delivery_id id, std::string who, std::string reason,
                                                         instant now) {
    return write<void>(row_bytes,
                       [id = std::move(id), who = std::move(who), reason = std::move(reason), now](rows& table) {
                           return operations::discard_delivery(table, id, who, reason, now);
                       });
}

awaitable<result<ports::delivery_page>> store_on_lanes::list_deliveries(ports::delivery_filter filter) {
    return read_on<ports::delivery_page>(
        lanes_.reads, [filter = std::move(filter)](rows& table) { return operations::list_deliveries(table, filter); });
}

awaitable<result<void>> store_on_lanes::set_sink_paused(sink_name sink, ports::sink_pause pause, instant now) {
    return write<void>(row_bytes, [sink = std::move(sink), pause = std::move(pause), now](rows& table) {
        return operations::set_sink_paused(table, sink, pause, now);
    });
}

awaitable<result<std::size_t>> store_on_lanes::park_removed_sinks(std::vector<sink_name> known, std::size_t limit,
                                                                  instant now) {
    return write<std::size_t>(row_bytes * limit, [known = std::move(known), limit, now](rows& table) {
        return operations::park_removed_sinks(table, known, limit, now);
    });
}

// ---- operators ------------------------------------------------------------------------------------------------------

awaitable<result<ports::transition>> store_on_lanes::act_on_task(task_id id, core::task_event event,
                                                                 ports::render_function render, ports::action by) {
    return write<ports::transition>(
        row_bytes, [id = std::move(id), event = std::move(event), render = std::move(render),
                    by = std::move(by)](rows& table) { return operations::act_on_task(table, id, event, render, by); });
}

awaitable<result<void>> store_on_lanes::record_action(ports::action done) {
    return write<void>(row_bytes,
                       [done = std::move(done)](rows& table) { return operations::record_action(table, done); });
}

awaitable<result<ports::action_page>> store_on_lanes::list_actions(ports::action_filter filter) {
    return read_on<ports::action_page>(lanes_.reads,
                                       [filter](rows& table) { return operations::list_actions(table, filter); });
}

awaitable<result<ports::parked_count>> store_on_lanes::count_parked(ports::parked_filter filter) {
    return read_on<ports::parked_count>(
        lanes_.reads, [filter = std::move(filter)](rows& table) { return operations::count_parked(table, filter); });
}

awaitable<result<void>> store_on_lanes::start_replay(ports::replay item, ports::action by) {
    return write<void>(row_bytes, [item = std::move(item), by = std::move(by)](rows& table) {
        return operations::start_replay(table, item, by);
    });
}

awaitable<result<ports::replay_round>> store_on_lanes::advance_replays(ports::replay_terms terms) {
    auto const bytes = row_bytes * terms.batch;
    return write<ports::replay_round>(
        bytes, [terms = std::move(terms)](rows& table) { return operations::advance_replays(table, terms); });
}

awaitable<result<ports::replay>> store_on_lanes::cancel_replay(replay_id id, ports::action by) {
    return write<ports::replay>(row_bytes, [id = std::move(id), by = std::move(by)](rows& table) {
        return operations::cancel_replay(table, id, by);
    });
}

awaitable<result<ports::replay>> store_on_lanes::find_replay(replay_id id) {
    return read_on<ports::replay>(lanes_.reads,
                                  [id = std::move(id)](rows& table) { return operations::find_replay(table, id); });
}

awaitable<result<std::vector<ports::replay>>> store_on_lanes::list_replays(std::size_t limit) {
    return read_on<std::vector<ports::replay>>(lanes_.reads,
                                               [limit](rows& table) { return operations::list_replays(table, limit); });
}

// ---- upkeep ---------------------------------------------------------------------------------------------------------

awaitable<result<ports::company>> store_on_lanes::beat(ports::replica_note self, std::vector<sink_name> sinks,
                                                       ports::beat_terms terms) {
    return write<ports::company>(row_bytes, [self = std::move(self), sinks = std::move(sinks), terms](rows& table) {
        return operations::beat(table, self, sinks, terms);
    });
}

awaitable<result<void>> store_on_lanes::release_leases(lease_owner owner, std::optional<duration> lost_replay_after,
                                                       instant now) {
    return write<void>(row_bytes, [owner = std::move(owner), lost_replay_after, now](rows& table) {
        return operations::release_leases(table, owner, lost_replay_after, now);
    });
}

awaitable<result<ports::retired>> store_on_lanes::retire(instant before, std::size_t limit, instant now) {
    return write<ports::retired>(
        row_bytes * limit, [before, limit, now](rows& table) { return operations::retire(table, before, limit, now); });
}

awaitable<result<ports::store_summary>> store_on_lanes::summary(instant now) {
    return read_on<ports::store_summary>(lanes_.reads, [now](rows& table) { return operations::summary(table, now); });
}

awaitable<result<ports::audit_report>> store_on_lanes::audit() {
    return read_on<ports::audit_report>(lanes_.audits, [](rows& table) { return operations::audit(table); });
}

awaitable<result<ports::backup_report>> store_on_lanes::back_up(ports::backup_request) {
    return refuse<ports::backup_report>({errc::invalid, std::string{backup_advice()}});
}

awaitable<result<void>> store_on_lanes::probe() {
    return write<void>(0, [](rows& table) { return operations::probe(table); });
}

awaitable<void> store_on_lanes::close() {
    stop_taking();
    co_await closed(lanes_.audits);
    co_await closed(lanes_.reads);
    co_await closed(lanes_.writes);  // the last connection leaves a clean store
}

awaitable<void> store_on_lanes::closed(lane& which) {
    auto wait = [this, &which](auto handler) {
        which.close([executor = executor_, handler = std::move(handler)]() mutable {
            asio::post(executor, [handler = std::move(handler)]() mutable { std::move(handler)(); });
        });
    };
    return asio::async_initiate<asio::use_awaitable_t<> const, void()>(std::move(wait), asio::use_awaitable);
}

}  // namespace voicehook::store::lanes
