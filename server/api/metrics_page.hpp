// GET /metrics: counters as they are, gauges from the store's counters at the moment of the scrape; Prometheus text, or
// OpenMetrics for who prefers it.
#pragma once

#include "http/router.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <functional>
#include <set>
#include <vector>

namespace voicehook::api {

/// One thread; the referenced parts must outlive it. A scrape costs the same at any number of tasks.
class metrics_page {
public:
    /// `refresh` sets the gauges that the store does not know.
    metrics_page(ports::store& store, ports::clock& clock, telemetry::metrics& metrics, std::function<void()> refresh)
        : store_{store}, clock_{clock}, metrics_{metrics}, refresh_{std::move(refresh)} {}

    [[nodiscard]] std::vector<http::route> routes();

private:
    [[nodiscard]] awaitable<http::response> render(http::request item);
    void set_gauges(ports::store_summary const& counters);
    void set_lateness(ports::store_summary const& counters, instant now);
    void set_sink_gauges(sink_name const& name, ports::sink_counts const& counts, instant now);

    ports::store& store_;
    ports::clock& clock_;
    telemetry::metrics& metrics_;
    std::function<void()> refresh_;
    std::set<sink_name> shown_;  ///< sinks whose gauges were set: they go back to 0 when the store knows them no more
};

}  // namespace voicehook::api
