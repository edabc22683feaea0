// The verb "retain": keep ended tasks for as long as configured, check conservation, then let go.
#pragma once

#include "async/nursery.hpp"
#include "base/deadline.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

namespace voicehook::flows {

struct retain_settings {
    duration retention{30 * 24h};
    duration every{1min};  ///< between two looks; each deletes in small batches until nothing is left
};

/// One thread; the referenced parts must outlive it.
class retain {
public:
    retain(asio::any_io_executor executor, ports::store& store, ports::clock& clock, telemetry::metrics& metrics,
           retain_settings settings)
        : store_{store}, clock_{clock}, metrics_{metrics}, settings_{settings}, loops_{executor} {}

    void start() { loops_.spawn("retain", work()); }
    [[nodiscard]] awaitable<void> finish();

    /// Counts and logs each violated equation; returns whether all hold.
    bool check(ports::store_summary const& counters);

private:
    [[nodiscard]] awaitable<void> work();
    [[nodiscard]] awaitable<void> delete_expired();

    ports::store& store_;
    ports::clock& clock_;
    telemetry::metrics& metrics_;
    retain_settings settings_;
    async::nursery loops_;
};

}  // namespace voicehook::flows
