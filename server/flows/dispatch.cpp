#include "flows/dispatch.hpp"

#include "flows/sink_worker.hpp"

#include <algorithm>

namespace voicehook::flows {

struct dispatch::state {
    async::nursery loops;
    async::nursery running;
    dispatch_parts parts;
    std::size_t replicas{1};
    std::vector<std::shared_ptr<sink_worker>> workers;

    state(asio::any_io_executor const& executor, ports::store& store, ports::clock& clock, bells& workers_bells,
          telemetry::metrics& metrics, activity& lately, lease_owner owner, dispatch_settings settings)
        : loops{executor, count_failures(metrics)},
          running{executor, count_failures(metrics)},
          parts{store, clock, workers_bells, metrics, lately, std::move(owner), settings, loops, running} {}
};

dispatch::dispatch(asio::any_io_executor executor, ports::store& store, ports::clock& clock, bells& workers,
                   telemetry::metrics& metrics, activity& lately, lease_owner owner, dispatch_settings settings)
    : state_{std::make_unique<state>(executor, store, clock, workers, metrics, lately, std::move(owner), settings)} {}

dispatch::~dispatch() = default;

void dispatch::use_sinks(std::vector<served_sink> sinks) {
    for (auto const& worker : state_->workers) worker->retire();
    state_->workers.clear();
    for (auto& sink : sinks) {
        auto worker = std::make_shared<sink_worker>(state_->parts, std::move(sink), state_->replicas);
        state_->workers.push_back(worker);
        worker->start();
    }
}

void dispatch::share_among(std::size_t replicas) {
    state_->replicas = replicas;
    for (auto const& worker : state_->workers) worker->share_among(replicas);
}

std::map<sink_name, sink_health> dispatch::health() const {
    std::map<sink_name, sink_health> found;
    for (auto const& worker : state_->workers) found.emplace(worker->name(), worker->health());
    return found;
}

void dispatch::stop_claiming() { state_->loops.stop(); }

awaitable<void> dispatch::finish(deadline until) {
    co_await state_->loops.drained();
    co_await finish_by(state_->running, until);
}

}  // namespace voicehook::flows
