#include "watched_store.hpp"

#include "retelling.hpp"

#include <stdexcept>

namespace voicehook::simulation {
namespace {

constexpr std::uint64_t conservation_every = 32;  // commits

class watched_store final : public ports::store {
public:
    watched_store(ports::store& shared, life& caller, world& around) : shared_{shared}, life_{caller}, world_{around} {}

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
    awaitable<result<core::task>> find_task(std::string id) override {
        return through(shared_.find_task(std::move(id)), [](auto const&) {});
    }
    awaitable<result<std::vector<core::task>>> look_up_tasks(ports::task_lookup what) override {
        return through(shared_.look_up_tasks(std::move(what)), [](auto const&) {});
    }
    awaitable<result<ports::task_page>> list_tasks(ports::task_filter filter) override {
        return through(shared_.list_tasks(std::move(filter)), [](auto const&) {});
    }
    awaitable<result<ports::task_history>> read_history(task_id id) override {
        return through(shared_.read_history(std::move(id)), [](auto const&) {});
    }
    awaitable<result<ports::claimed<core::delivery>>> claim_deliveries(sink_name sink,
                                                                       ports::claim_terms terms) override;
    awaitable<result<void>> record_attempt(ports::attempt_record attempt) override;
    awaitable<result<void>> retry_delivery(delivery_id id, std::string who, instant now) override;
    awaitable<result<void>> discard_delivery(delivery_id id, std::string who, std::string reason, instant now) override;
    awaitable<result<ports::delivery_page>> list_deliveries(ports::delivery_filter filter) override {
        return through(shared_.list_deliveries(std::move(filter)), [](auto const&) {});
    }
    awaitable<result<void>> set_sink_paused(sink_name sink, ports::sink_pause pause, instant now) override;
    awaitable<result<std::size_t>> park_removed_sinks(std::vector<sink_name> known, std::size_t limit,
                                                      instant now) override;
    awaitable<result<ports::transition>> act_on_task(task_id id, core::task_event event, ports::render_function render,
                                                     ports::action by) override {
        return through(shared_.act_on_task(std::move(id), std::move(event), std::move(render), std::move(by)),
                       [](auto const&) {});
    }
    awaitable<result<void>> record_action(ports::action done) override {
        return through(shared_.record_action(std::move(done)), [](auto const&) {});
    }
    awaitable<result<ports::action_page>> list_actions(ports::action_filter filter) override {
        return through(shared_.list_actions(filter), [](auto const&) {});
    }
    awaitable<result<ports::parked_count>> count_parked(ports::parked_filter filter) override;
    awaitable<result<void>> start_replay(ports::replay item, ports::action by) override;
    awaitable<result<ports::replay_round>> advance_replays(ports::replay_terms terms) override;
    awaitable<result<ports::replay>> cancel_replay(replay_id id, ports::action by) override;
    awaitable<result<ports::replay>> find_replay(replay_id id) override {
        return through(shared_.find_replay(std::move(id)), [](auto const&) {});
    }
    awaitable<result<std::vector<ports::replay>>> list_replays(std::size_t limit) override {
        return through(shared_.list_replays(limit), [](auto const&) {});
    }
    awaitable<result<ports::company>> beat(ports::replica_note self, std::vector<sink_name> sinks,
                                           ports::beat_terms terms) override;
    awaitable<result<void>> release_leases(lease_owner owner, std::optional<duration> lost_replay_after,
                                           instant now) override;
    awaitable<result<ports::retired>> retire(instant before, std::size_t limit, instant now) override;
    awaitable<result<ports::store_summary>> summary(instant now) override {
        return through(shared_.summary(now), [](auto const&) {});
    }
    awaitable<result<ports::audit_report>> audit() override {
        return through(shared_.audit(), [](auto const&) {});
    }
    awaitable<result<ports::backup_report>> back_up(ports::backup_request request) override {
        return shared_.back_up(std::move(request));
    }
    std::string_view backup_advice() const noexcept override { return shared_.backup_advice(); }
    awaitable<result<void>> probe() override {
        return through(shared_.probe(), [](auto const&) {});
    }
    awaitable<void> close() override { co_return; }

private:
    /// Before the operation, the operation, after it: `see` is told what was committed.
    template <class T, class See>
    awaitable<result<T>> through(awaitable<result<T>> operation, See see, task_id about = {}) {
        co_await life_.pass(latency());
        if (world_.strikes(fault::store_busy)) co_return fail(errc::store_busy, "simulated: the queue is full");
        if (world_.strikes(fault::store_unavailable)) co_return fail(errc::store_unavailable, "simulated: away");
        transaction_broken_ = false;
        auto done = co_await std::move(operation);
        see(done);
        if (!done && done.error().code == errc::store_unavailable && !transaction_broken_)
            world_.book.violated("what the core decides can be stored", about, done.error().doing);
        if (++commits_ % conservation_every == 0) co_await check_conservation(shared_, world_.book);
        co_await life_.pass(latency());
        if (world_.strikes(fault::store_answer_lost))
            co_return fail(errc::store_unavailable, "simulated: the answer was lost");
        co_return done;
    }

    awaitable<std::optional<failure>> enter() {
        co_await life_.pass(latency());
        if (world_.strikes(fault::store_busy)) co_return failure{errc::store_busy, "simulated: the queue is full"};
        if (world_.strikes(fault::store_unavailable)) co_return failure{errc::store_unavailable, "simulated: away"};
        co_return std::nullopt;
    }
    awaitable<std::optional<failure>> leave() {
        if (++commits_ % conservation_every == 0) co_await check_conservation(shared_, world_.book);
        co_await life_.pass(latency());
        if (world_.strikes(fault::store_answer_lost))
            co_return failure{errc::store_unavailable, "simulated: the answer was lost"};
        co_return std::nullopt;
    }
    /// How far the clock that decides leases is ahead.
    duration ahead_of(instant now) const {
        return world_.rules.leases() == lease_time::shared ? world_.time.now() - now : duration::zero();
    }
    /// A step that ends a task, and fails inside of its transaction now and then.
    ports::render_function breaking(ports::render_function render) {
        return [this, render = std::move(render)](core::task const& ended) {
            if (world_.strikes(fault::transaction_fails)) {
                transaction_broken_ = true;
                throw std::runtime_error{"simulated: no memory"};
            }
            return render(ended);
        };
    }

    duration latency() {
        if (world_.strikes(fault::store_slow)) return world_.luck.between(100ms, 60s);
        return world_.luck.between(0ms, world_.rules.store_latency);
    }

    ports::store& shared_;
    life& life_;
    world& world_;
    std::uint64_t commits_{};
    bool transaction_broken_{};
};

awaitable<result<ports::acceptance>> watched_store::accept_task(core::task item, ports::acceptance_limits limits,
                                                                instant now) {
    auto offered = core::task{};
    offered.id = item.id;
    offered.caller = item.caller;
    offered.idempotency_key = item.idempotency_key;
    auto const owner = limits.owner;
    return through(shared_.accept_task(std::move(item), std::move(limits), now),
                   [this, offered, owner, now](result<ports::acceptance> const& done) {
                       if (done) world_.book.accepted(*done, offered, owner, now, ahead_of(now));
                   });
}

awaitable<result<ports::claimed<core::task>>> watched_store::claim_submissions(
    ports::claim_terms terms, std::optional<duration> lost_replay_after) {
    auto refused = co_await enter();
    if (refused) co_return unexpected{std::move(*refused)};
    auto done = co_await shared_.claim_submissions(terms, lost_replay_after);
    auto const ahead = ahead_of(terms.now);
    if (done && done->lost > 0) co_await tell_of_lost(shared_, world_.book, terms.now + ahead, terms.now);
    if (done) world_.book.submissions_claimed(*done, terms, ahead);
    auto lost = co_await leave();
    if (lost) co_return unexpected{std::move(*lost)};
    co_return done;
}

awaitable<result<ports::transition>> watched_store::record_submission(task_id id, std::uint32_t token,
                                                                      core::task_event outcome,
                                                                      ports::render_function render, instant now) {
    return through(
        shared_.record_submission(id, token, outcome, breaking(std::move(render)), now),
        [this, token, outcome](result<ports::transition> const& done) {
            if (done) world_.book.outcome_recorded(*done, token, outcome);
        },
        id);
}

awaitable<result<ports::transition>> watched_store::record_callback(task_id id, core::callback_received notice,
                                                                    ports::render_function render, instant now) {
    return through(
        shared_.record_callback(id, notice, breaking(std::move(render)), now),
        [this, notice](result<ports::transition> const& done) {
            if (done) world_.book.callback_recorded(*done, notice);
        },
        id);
}

awaitable<result<ports::claimed<core::task>>> watched_store::claim_queries(ports::claim_terms terms) {
    return through(shared_.claim_queries(terms), [this, terms](result<ports::claimed<core::task>> const& done) {
        if (done) world_.book.queries_claimed(*done, terms, ahead_of(terms.now));
    });
}

awaitable<result<ports::transition>> watched_store::record_query(task_id id, std::uint32_t token,
                                                                 core::task_event outcome,
                                                                 ports::render_function render, instant now) {
    return through(
        shared_.record_query(id, token, outcome, breaking(std::move(render)), now),
        [this, token, outcome](result<ports::transition> const& done) {
            if (done) world_.book.outcome_recorded(*done, token, outcome);
        },
        id);
}

awaitable<result<ports::transition>> watched_store::record_event(task_id id, core::task_event event,
                                                                 ports::render_function render, instant now) {
    auto const resubmitted = std::holds_alternative<core::operator_resubmitted>(event);
    return through(
        shared_.record_event(id, std::move(event), breaking(std::move(render)), now),
        [this, resubmitted](result<ports::transition> const& done) {
            if (done && resubmitted) world_.book.operator_resubmitted(done->item.id);
            if (done) world_.book.changed(*done);
        },
        id);
}

awaitable<result<ports::claimed<core::delivery>>> watched_store::claim_deliveries(sink_name sink,
                                                                                  ports::claim_terms terms) {
    return through(shared_.claim_deliveries(std::move(sink), terms),
                   [this, terms](result<ports::claimed<core::delivery>> const& done) {
                       if (done) world_.book.deliveries_claimed(*done, terms, ahead_of(terms.now));
                   });
}

awaitable<result<void>> watched_store::record_attempt(ports::attempt_record attempt) {
    auto refused = co_await enter();
    if (refused) {
        world_.book.attempt_not_recorded(attempt.id);
        co_return unexpected{std::move(*refused)};
    }
    auto done = co_await shared_.record_attempt(attempt);
    if (done) world_.book.attempt_recorded(attempt);
    auto lost = co_await leave();
    if (lost) co_return unexpected{std::move(*lost)};
    co_return done;
}

awaitable<result<void>> watched_store::retry_delivery(delivery_id id, std::string who, instant now) {
    return through(shared_.retry_delivery(id, std::move(who), now), [this, id, now](result<void> const& done) {
        if (done) world_.book.delivery_retried(id, now);
    });
}

awaitable<result<void>> watched_store::discard_delivery(delivery_id id, std::string who, std::string reason,
                                                        instant now) {
    return through(shared_.discard_delivery(id, std::move(who), std::move(reason), now),
                   [this, id](result<void> const& done) {
                       if (done) world_.book.delivery_discarded(id);
                   });
}

awaitable<result<void>> watched_store::set_sink_paused(sink_name sink, ports::sink_pause pause, instant now) {
    auto const paused = pause.state == ports::pause_state::paused;
    return through(shared_.set_sink_paused(sink, std::move(pause), now),
                   [this, sink, paused](result<void> const& done) {
                       if (!done) return;
                       if (paused)
                           world_.book.sink_paused(sink);
                       else
                           world_.book.sink_resumed(sink);
                   });
}

awaitable<result<ports::parked_count>> watched_store::count_parked(ports::parked_filter filter) {
    return through(shared_.count_parked(filter), [this, filter](result<ports::parked_count> const& done) {
        if (done) world_.book.parked_counted(*done, filter);
    });
}

awaitable<result<void>> watched_store::start_replay(ports::replay item, ports::action by) {
    return through(shared_.start_replay(item, by), [this, item, at = by.at](result<void> const& done) {
        if (done) world_.book.replay_started(item, ahead_of(at));
    });
}

awaitable<result<ports::replay_round>> watched_store::advance_replays(ports::replay_terms terms) {
    return through(shared_.advance_replays(terms), [this, terms](result<ports::replay_round> const& done) {
        if (done) world_.book.replays_advanced(*done, terms);
    });
}

awaitable<result<ports::replay>> watched_store::cancel_replay(replay_id id, ports::action by) {
    return through(shared_.cancel_replay(std::move(id), std::move(by)), [this](result<ports::replay> const& done) {
        if (done) world_.book.replay_cancelled(*done);
    });
}

awaitable<result<ports::company>> watched_store::beat(ports::replica_note self, std::vector<sink_name> sinks,
                                                      ports::beat_terms terms) {
    auto refused = co_await enter();
    if (refused) co_return unexpected{std::move(*refused)};
    auto done = co_await shared_.beat(std::move(self), std::move(sinks), terms);
    if (done)
        for (auto const& gone : done->lost)
            co_await tell_of_release(shared_, world_.book, leases_of(world_.book, gone.owner), terms.now);
    auto lost = co_await leave();
    if (lost) co_return unexpected{std::move(*lost)};
    co_return done;
}

awaitable<result<void>> watched_store::release_leases(lease_owner owner, std::optional<duration> lost_replay_after,
                                                      instant now) {
    auto refused = co_await enter();
    if (refused) co_return unexpected{std::move(*refused)};
    auto done = co_await release_and_tell(shared_, world_.book, std::move(owner), lost_replay_after, now);
    auto lost = co_await leave();
    if (lost) co_return unexpected{std::move(*lost)};
    co_return done;
}

awaitable<result<ports::retired>> watched_store::retire(instant before, std::size_t limit, instant now) {
    auto refused = co_await enter();
    if (refused) co_return unexpected{std::move(*refused)};
    auto done = co_await shared_.retire(before, limit, now);
    if (done && done->tasks > 0) co_await tell_of_retired(shared_, world_.book);
    auto lost = co_await leave();
    if (lost) co_return unexpected{std::move(*lost)};
    co_return done;
}

awaitable<result<std::size_t>> watched_store::park_removed_sinks(std::vector<sink_name> known, std::size_t limit,
                                                                 instant now) {
    auto refused = co_await enter();
    if (refused) co_return unexpected{std::move(*refused)};
    auto done = co_await shared_.park_removed_sinks(known, limit, now);
    if (done && *done > 0) co_await tell_of_removed_sinks(shared_, world_.book, known);
    auto lost = co_await leave();
    if (lost) co_return unexpected{std::move(*lost)};
    co_return done;
}

}  // namespace

std::unique_ptr<ports::store> watch_store(ports::store& shared, life& caller, world& around) {
    return std::make_unique<watched_store>(shared, caller, around);
}

}  // namespace voicehook::simulation
