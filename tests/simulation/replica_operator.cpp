// What an operator does at a replica, as api/operations does it.
#include "flows/worker.hpp"
#include "replica.hpp"

namespace voicehook::simulation {

void replica::tend() {
    requests_.spawn("operator", attend());
    life_->run();
}

awaitable<void> replica::attend() {
    co_await flows::ignore_cancellation_errors();
    co_await attend_open_tasks();
    co_await attend_disputes();
    co_await attend_parked();
    co_await attend_sinks();
}

awaitable<void> replica::order(task_id id, core::task_event event) {
    auto const now = life_->now();
    auto const changed = co_await store_->record_event(std::move(id), std::move(event), outbox_.renderer(), now);
    if (changed) announcer_.announce(*changed, now);
}

/// An unknown outcome that nothing will replay: the same bytes again, the provider's id, or an end.
awaitable<void> replica::attend_open_tasks() {
    if (parts_.around.book.open_tasks() == 0) co_return;  // no alarm, no look
    auto const page = co_await store_->list_tasks({.stage = core::stage::unknown, .limit = 1000});
    if (!page) co_return;
    for (auto const& item : page->items) {
        if (core::due_at(item.state)) continue;
        auto const ref = parts_.provider.bound_to(item.id);
        if (ref && parts_.around.luck.chance(0.5))
            co_await order(item.id, core::operator_bound{*ref, "ann"});
        else if (!ref && parts_.around.luck.chance(0.3))
            co_await order(item.id, core::operator_ended{core::terminal::failed, {504, "given_up", "{}"}, "ann"});
        else
            co_await order(item.id, core::operator_resubmitted{"ann"});
    }
}

awaitable<void> replica::attend_disputes() {
    if (parts_.around.book.open_disputes() == 0) co_return;
    auto const page = co_await store_->list_tasks({.stage = core::stage::ended, .limit = 1000});
    if (!page) co_return;
    for (auto const& item : page->items)
        if (item.quarrel == core::dispute::disputed)
            co_await order(item.id, core::operator_upheld{"ann", "it was told first"});
}

awaitable<void> replica::attend_parked() {
    auto const page = co_await store_->list_deliveries({.state = core::delivery_state::parked, .limit = 1000});
    if (!page) co_return;
    for (auto const& item : page->items) {
        if (!parts_.around.luck.chance(0.3)) continue;
        if (parts_.around.luck.chance(0.2)) {
            static_cast<void>(co_await store_->discard_delivery(item.id, "ann", "not needed", life_->now()));
            continue;
        }
        auto const retried = co_await store_->retry_delivery(item.id, "ann", life_->now());
        if (!retried) continue;
        static_cast<void>(co_await store_->park_removed_sinks(bells_.sinks(), 1, life_->now()));
        bells_.ring_every_sink(life_->now());
    }
}

awaitable<void> replica::attend_sinks() {
    auto const counters = co_await store_->summary(life_->now());
    if (!counters) co_return;
    for (auto const& [name, sink] : counters->sinks) {
        if (!sink.paused) continue;
        static_cast<void>(
            co_await store_->set_sink_paused(name, {ports::pause_state::running, {}, "ann"}, life_->now()));
        bells_.ring_sink(name, life_->now());
    }
}

}  // namespace voicehook::simulation
