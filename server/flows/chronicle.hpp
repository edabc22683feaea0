// Writes the history of this process: every ten seconds a reading of its counters and of the store's.
#pragma once

#include "async/nursery.hpp"
#include "flows/worker.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/history.hpp"
#include "telemetry/metrics.hpp"

namespace voicehook::flows {

/// One thread; the referenced parts must outlive it. While the store tells nothing, what only the store knows is a gap.
class chronicle {
public:
    chronicle(asio::any_io_executor executor, ports::store& store, ports::clock& clock, telemetry::metrics& metrics)
        : store_{store}, clock_{clock}, metrics_{metrics}, bell_{clock}, loops_{executor, count_failures(metrics)} {}

    /// Reads at once, and then at every multiple of ten seconds.
    void start();
    void stop() { loops_.stop(); }
    [[nodiscard]] awaitable<void> finish() { return loops_.drained(); }

    [[nodiscard]] telemetry::history const& history() const noexcept { return history_; }

private:
    [[nodiscard]] awaitable<turn> read();

    ports::store& store_;
    ports::clock& clock_;
    telemetry::metrics& metrics_;
    telemetry::history history_;
    due_bell bell_;
    async::nursery loops_;
};

}  // namespace voicehook::flows
