#include "store/memory/create.hpp"
#include "store/memory/memory_rows.hpp"
#include "store/operations.hpp"

#include <exception>
#include <functional>
#include <utility>

namespace voicehook::store::memory {
namespace {

class memory_store final : public ports::store {
public:
    explicit memory_store(std::function<instant()> clock) : table_{std::move(clock)} {}

    awaitable<result<ports::acceptance>> accept_task(core::task item, ports::acceptance_limits limits,
                                                     instant now) override {
        co_return run([&] { return operations::accept_task(table_, item, limits, now); });
    }
    awaitable<result<ports::claimed<core::task>>> claim_submissions(
        ports::claim_terms terms, std::optional<duration> lost_replay_after) override {
        co_return run([&] { return operations::claim_submissions(table_, terms, lost_replay_after); });
    }
    awaitable<result<ports::transition>> record_submission(task_id id, std::uint32_t token, core::task_event outcome,
                                                           ports::render_function render, instant now) override {
        co_return run([&] { return operations::record_outcome(table_, id, token, outcome, render, now); });
    }
    awaitable<result<ports::transition>> record_callback(task_id id, core::callback_received notice,
                                                         ports::render_function render, instant now) override {
        co_return run([&] { return operations::record_callback(table_, id, notice, render, now); });
    }
    awaitable<result<ports::claimed<core::task>>> claim_queries(ports::claim_terms terms) override {
        co_return run([&] { return operations::claim_queries(table_, terms); });
    }
    awaitable<result<ports::transition>> record_query(task_id id, std::uint32_t token, core::task_event outcome,
                                                      ports::render_function render, instant now) override {
        co_return run([&] { return operations::record_outcome(table_, id, token, outcome, render, now); });
    }
    awaitable<result<ports::transition>> record_event(task_id id, core::task_event event, ports::render_function render,
                                                      instant now) override {
        co_return run([&] { return operations::record_event(table_, id, event, render, now); });
    }
    awaitable<result<core::task>> find_task(std::string id) override {
        co_return run([&] { return operations::find_task(table_, id); });
    }
    awaitable<result<std::vector<core::task>>> look_up_tasks(ports::task_lookup what) override {
        co_return run([&] { return operations::look_up_tasks(table_, what); });
    }
    awaitable<result<ports::task_page>> list_tasks(ports::task_filter filter) override {
        co_return run([&] { return operations::list_tasks(table_, filter); });
    }
    awaitable<result<ports::task_history>> read_history(task_id id) override {
        co_return run([&] { return operations::read_history(table_, id); });
    }

    awaitable<result<ports::claimed<core::delivery>>> claim_deliveries(sink_name sink,
                                                                       ports::claim_terms terms) override {
        co_return run([&] { return operations::claim_deliveries(table_, sink, terms); });
    }
    awaitable<result<void>> record_attempt(ports::attempt_record attempt) override {
        co_return run([&] { return operations::record_attempt(table_, attempt); });
    }
    awaitable<result<void>> retry_delivery(delivery_id id, std::string who, instant now) override {
        co_return run([&] { return operations::retry_delivery(table_, id, who, now); });
    }
    awaitable<result<void>> discard_delivery(delivery_id id, std::string who, std::string reason,
                                             instant now) override {
        co_return run([&] { return operations::discard_delivery(table_, id, who, reason, now); });
    }
    awaitable<result<ports::delivery_page>> list_deliveries(ports::delivery_filter filter) override {
        co_return run([&] { return operations::list_deliveries(table_, filter); });
    }
    awaitable<result<void>> set_sink_paused(sink_name sink, ports::sink_pause pause, instant now) override {
        co_return run([&] { return operations::set_sink_paused(table_, sink, pause, now); });
    }
    awaitable<result<std::size_t>> park_removed_sinks(std::vector<sink_name> known, std::size_t limit,
                                                      instant now) override {
        co_return run([&] { return operations::park_removed_sinks(table_, known, limit, now); });
    }

    awaitable<result<ports::transition>> act_on_task(task_id id, core::task_event event, ports::render_function render,
                                                     ports::action by) override {
        co_return run([&] { return operations::act_on_task(table_, id, event, render, by); });
    }
    awaitable<result<void>> record_action(ports::action done) override {
        co_return run([&] { return operations::record_action(table_, done); });
    }
    awaitable<result<ports::action_page>> list_actions(ports::action_filter filter) override {
        co_return run([&] { return operations::list_actions(table_, filter); });
    }
    awaitable<result<ports::parked_count>> count_parked(ports::parked_filter filter) override {
        co_return run([&] { return operations::count_parked(table_, filter); });
    }
    awaitable<result<void>> start_replay(ports::replay item, ports::action by) override {
        co_return run([&] { return operations::start_replay(table_, item, by); });
    }
    awaitable<result<ports::replay_round>> advance_replays(ports::replay_terms terms) override {
        co_return run([&] { return operations::advance_replays(table_, terms); });
    }
    awaitable<result<ports::replay>> cancel_replay(replay_id id, ports::action by) override {
        co_return run([&] { return operations::cancel_replay(table_, id, by); });
    }
    awaitable<result<ports::replay>> find_replay(replay_id id) override {
        co_return run([&] { return operations::find_replay(table_, id); });
    }
    awaitable<result<std::vector<ports::replay>>> list_replays(std::size_t limit) override {
        co_return run([&] { return operations::list_replays(table_, limit); });
    }

    awaitable<result<ports::company>> beat(ports::replica_note self, std::vector<sink_name> sinks,
                                           ports::beat_terms terms) override {
        co_return run([&] { return operations::beat(table_, self, sinks, terms); });
    }
    awaitable<result<void>> release_leases(lease_owner owner, std::optional<duration> lost_replay_after,
                                           instant now) override {
        co_return run([&] { return operations::release_leases(table_, owner, lost_replay_after, now); });
    }
    awaitable<result<ports::retired>> retire(instant before, std::size_t limit, instant now) override {
        co_return run([&] { return operations::retire(table_, before, limit, now); });
    }
    awaitable<result<ports::store_summary>> summary(instant now) override {
        co_return run([&] { return operations::summary(table_, now); });
    }
    awaitable<result<ports::audit_report>> audit() override {
        co_return run([&] { return operations::audit(table_); });
    }
    awaitable<result<ports::backup_report>> back_up(ports::backup_request) override {
        co_return fail(errc::invalid, std::string{backup_advice()});
    }
    std::string_view backup_advice() const noexcept override {
        return "It is gone with the process: keep nothing in it.";
    }
    awaitable<result<void>> probe() override {
        co_return run([&] { return operations::probe(table_); });
    }
    awaitable<void> close() override {
        closed_ = true;
        co_return;
    }

private:
    /// One transaction: undone as a whole when it fails or throws.
    template <class Operation>
    auto run(Operation&& operation) -> decltype(operation()) {
        if (closed_) return fail(errc::stopping, "the store is closed");
        table_.begin();
        try {
            auto done = operation();
            if (!done) table_.roll_back();
            return done;
        } catch (std::exception const& surprise) {
            table_.roll_back();
            return fail(errc::store_unavailable, surprise.what());
        }
    }

    memory_rows table_;
    bool closed_{};
};

}  // namespace

std::unique_ptr<ports::store> create(std::function<instant()> clock) {
    return std::make_unique<memory_store>(std::move(clock));
}

}  // namespace voicehook::store::memory
