// What an operator does at a replica, as api/operations does it.
#include "base/random.hpp"
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
    co_await attend_replays();
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

/// Cancels now and then what has just begun, and what nobody serves any more; starts others.
awaitable<void> replica::attend_replays() {
    auto const known = co_await store_->list_replays(20);
    if (!known) co_return;
    for (auto const& item : *known) {
        if (item.state != ports::replay_state::running) continue;
        auto const is_new = life_->now() - item.started_at < 1h;
        if (bells_.serves(*item.filter.sink) && !(is_new && parts_.around.luck.chance(0.3))) continue;
        static_cast<void>(co_await store_->cancel_replay(
            item.id,
            {.at = life_->now(), .who = "ann", .what = ports::action_kind::replay_cancel, .subject = item.id.value()}));
    }
    if (parts_.around.luck.chance(0.5)) co_await start_replays();
}

/// As after a dry run: of every sink that has some, or of those that failed in one way.
awaitable<void> replica::start_replays() {
    auto filter = ports::parked_filter{};
    if (parts_.around.luck.chance(0.4))
        filter.cause =
            parts_.around.luck.pick(std::vector{core::delivery_cause::unavailable, core::delivery_cause::format,
                                                core::delivery_cause::timeout, core::delivery_cause::sink_removed});
    auto const found = co_await store_->count_parked(filter);
    if (!found) co_return;
    for (auto const& [sink, count] : found->sinks) {
        if (!bells_.serves(sink)) continue;
        filter.sink = sink;
        auto const started = co_await start_replay(filter, count);
        if (!started) co_return;
        replay_.look_now();
    }
}

awaitable<result<void>> replica::start_replay(ports::parked_filter filter, std::uint64_t total) {
    auto const now = life_->now();
    auto item = ports::replay{};
    item.id = replay_id{"replay-" + make_uuid_v7(now, random_entropy())};
    item.filter = std::move(filter);
    item.who = "ann";
    item.why = "it was down";
    item.started_at = now;
    item.updated_at = now;
    item.total = total;
    auto const by =
        ports::action{.at = now, .who = "ann", .what = ports::action_kind::replay, .subject = item.id.value()};
    return store_->start_replay(std::move(item), by);
}

/// What is paused runs again before long; what stays down is paused now and then.
awaitable<void> replica::attend_sinks() {
    auto const counters = co_await store_->summary(life_->now());
    if (!counters) co_return;
    for (auto const& [name, sink] : counters->sinks) {
        auto const often = parts_.around.is_down(name) ? 0.3 : 0.0;
        if (!parts_.around.luck.chance(sink.paused ? 0.7 : often)) continue;
        auto const wanted = sink.paused ? ports::pause_state::running : ports::pause_state::paused;
        static_cast<void>(co_await store_->set_sink_paused(name, {wanted, {}, "ann"}, life_->now()));
        bells_.ring_sink(name, life_->now());
    }
}

}  // namespace voicehook::simulation
