// A store that passes everything on to another: for those that change one operation, and for sharing one.
#pragma once

#include "ports/store.hpp"

#include <memory>
#include <utility>

namespace voicehook::simulation {

class passing_store : public ports::store {
public:
    explicit passing_store(std::shared_ptr<ports::store> below) : below_{std::move(below)} {}

    awaitable<result<ports::acceptance>> accept_task(core::task item, ports::acceptance_limits limits,
                                                     instant now) override {
        return below_->accept_task(std::move(item), std::move(limits), now);
    }
    awaitable<result<ports::claimed<core::task>>> claim_submissions(
        ports::claim_terms terms, std::optional<duration> lost_replay_after) override {
        return below_->claim_submissions(std::move(terms), lost_replay_after);
    }
    awaitable<result<ports::transition>> record_submission(task_id id, std::uint32_t token, core::task_event outcome,
                                                           ports::render_function render, instant now) override {
        return below_->record_submission(std::move(id), token, std::move(outcome), std::move(render), now);
    }
    awaitable<result<ports::transition>> record_callback(task_id id, core::callback_received notice,
                                                         ports::render_function render, instant now) override {
        return below_->record_callback(std::move(id), std::move(notice), std::move(render), now);
    }
    awaitable<result<ports::claimed<core::task>>> claim_queries(ports::claim_terms terms) override {
        return below_->claim_queries(std::move(terms));
    }
    awaitable<result<ports::transition>> record_query(task_id id, std::uint32_t token, core::task_event outcome,
                                                      ports::render_function render, instant now) override {
        return below_->record_query(std::move(id), token, std::move(outcome), std::move(render), now);
    }
    awaitable<result<ports::transition>> record_event(task_id id, core::task_event event, ports::render_function render,
                                                      instant now) override {
        return below_->record_event(std::move(id), std::move(event), std::move(render), now);
    }
    awaitable<result<core::task>> find_task(std::string id) override { return below_->find_task(std::move(id)); }
    awaitable<result<std::vector<core::task>>> look_up_tasks(ports::task_lookup what) override {
        return below_->look_up_tasks(std::move(what));
    }
    awaitable<result<ports::task_page>> list_tasks(ports::task_filter filter) override {
        return below_->list_tasks(std::move(filter));
    }
    awaitable<result<ports::task_history>> read_history(task_id id) override {
        return below_->read_history(std::move(id));
    }
    awaitable<result<ports::claimed<core::delivery>>> claim_deliveries(sink_name sink,
                                                                       ports::claim_terms terms) override {
        return below_->claim_deliveries(std::move(sink), std::move(terms));
    }
    awaitable<result<void>> record_attempt(ports::attempt_record attempt) override {
        return below_->record_attempt(std::move(attempt));
    }
    awaitable<result<void>> retry_delivery(delivery_id id, std::string who, instant now) override {
        return below_->retry_delivery(std::move(id), std::move(who), now);
    }
    awaitable<result<void>> discard_delivery(delivery_id id, std::string who, std::string reason,
                                             instant now) override {
        return below_->discard_delivery(std::move(id), std::move(who), std::move(reason), now);
    }
    awaitable<result<ports::delivery_page>> list_deliveries(ports::delivery_filter filter) override {
        return below_->list_deliveries(std::move(filter));
    }
    awaitable<result<void>> set_sink_paused(sink_name sink, ports::sink_pause pause, instant now) override {
        return below_->set_sink_paused(std::move(sink), std::move(pause), now);
    }
    awaitable<result<std::size_t>> park_removed_sinks(std::vector<sink_name> known, std::size_t limit,
                                                      instant now) override {
        return below_->park_removed_sinks(std::move(known), limit, now);
    }
    awaitable<result<ports::transition>> act_on_task(task_id id, core::task_event event, ports::render_function render,
                                                     ports::action by) override {
        return below_->act_on_task(std::move(id), std::move(event), std::move(render), std::move(by));
    }
    awaitable<result<void>> record_action(ports::action done) override {
        return below_->record_action(std::move(done));
    }
    awaitable<result<ports::action_page>> list_actions(ports::action_filter filter) override {
        return below_->list_actions(filter);
    }
    awaitable<result<ports::parked_count>> count_parked(ports::parked_filter filter) override {
        return below_->count_parked(std::move(filter));
    }
    awaitable<result<void>> start_replay(ports::replay item, ports::action by) override {
        return below_->start_replay(std::move(item), std::move(by));
    }
    awaitable<result<ports::replay_round>> advance_replays(ports::replay_terms terms) override {
        return below_->advance_replays(std::move(terms));
    }
    awaitable<result<ports::replay>> cancel_replay(replay_id id, ports::action by) override {
        return below_->cancel_replay(std::move(id), std::move(by));
    }
    awaitable<result<ports::replay>> find_replay(replay_id id) override { return below_->find_replay(std::move(id)); }
    awaitable<result<std::vector<ports::replay>>> list_replays(std::size_t limit) override {
        return below_->list_replays(limit);
    }
    awaitable<result<ports::company>> beat(ports::replica_note self, std::vector<sink_name> sinks,
                                           ports::beat_terms terms) override {
        return below_->beat(std::move(self), std::move(sinks), terms);
    }
    awaitable<result<void>> release_leases(lease_owner owner, std::optional<duration> lost_replay_after,
                                           instant now) override {
        return below_->release_leases(std::move(owner), lost_replay_after, now);
    }
    awaitable<result<ports::retired>> retire(instant before, std::size_t limit, instant now) override {
        return below_->retire(before, limit, now);
    }
    awaitable<result<ports::store_summary>> summary(instant now) override { return below_->summary(now); }
    awaitable<result<ports::audit_report>> audit() override { return below_->audit(); }
    awaitable<result<ports::backup_report>> back_up(ports::backup_request request) override {
        return below_->back_up(std::move(request));
    }
    std::string_view backup_advice() const noexcept override { return below_->backup_advice(); }
    awaitable<result<void>> probe() override { return below_->probe(); }
    awaitable<void> close() override { return below_->close(); }

protected:
    std::shared_ptr<ports::store> below_;
};

}  // namespace voicehook::simulation
