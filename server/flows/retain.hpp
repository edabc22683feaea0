// The verb "retain": keep ended tasks for as long as configured, check conservation, then let go.
#pragma once

#include "async/nursery.hpp"
#include "flows/worker.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <functional>
#include <string>
#include <vector>

namespace voicehook::flows {

struct retain_settings {
    duration retention{30 * 24h};
    duration every{1min};  ///< between two looks; each deletes in small batches until nothing is left
};

/// One thread; the referenced parts must outlive it.
class retain {
public:
    /// `known_sinks` gives the sinks of the configuration: deliveries of others are parked.
    retain(asio::any_io_executor executor, ports::store& store, ports::clock& clock, telemetry::metrics& metrics,
           std::function<std::vector<sink_name>()> known_sinks, retain_settings settings);

    /// Looks at once, and then at intervals.
    void start();
    /// The sinks have changed: look now.
    void look_now() { bell_.ring_now(); }
    void stop_claiming() { loops_.stop(); }
    [[nodiscard]] awaitable<void> finish() { return loops_.drained(); }

    /// Counts and logs what violates conservation.
    void report(std::vector<std::string> const& violations);

private:
    [[nodiscard]] awaitable<turn> look();
    [[nodiscard]] awaitable<bool> park_removed();
    [[nodiscard]] awaitable<bool> delete_expired();

    ports::store& store_;
    ports::clock& clock_;
    telemetry::metrics& metrics_;
    std::function<std::vector<sink_name>()> known_sinks_;
    retain_settings settings_;
    due_bell bell_;
    async::nursery loops_;
};

}  // namespace voicehook::flows
