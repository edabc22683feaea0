#include "flows/retain.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace voicehook::flows {
namespace {

/// Rows changed per transaction: few, so that no callback waits for long behind one.
constexpr std::size_t batch = 64;

}  // namespace

retain::retain(asio::any_io_executor executor, ports::store& store, ports::clock& clock, telemetry::metrics& metrics,
               std::function<std::vector<sink_name>()> known_sinks, retain_settings settings)
    : store_{store},
      clock_{clock},
      metrics_{metrics},
      known_sinks_{std::move(known_sinks)},
      settings_{settings},
      bell_{clock},
      loops_{executor, count_failures(metrics)} {}

void retain::start() {
    loops_.spawn("retain", work_when_due("retain", bell_, clock_, metrics_, [this] { return look(); }));
    bell_.ring_now();
}

void retain::report(std::vector<std::string> const& violations) {
    if (violations.empty()) return;
    for (auto const& violation : violations) log_error("conservation_violated", {{"violation", violation}});
    metrics_.add(telemetry::counter::conservation_violations, {}, static_cast<double>(violations.size()));
}

awaitable<turn> retain::look() {
    bell_.clear();
    auto const counters = co_await store_.summary(clock_.now());
    if (counters) report(ports::conservation_violations(*counters));
    auto const parked = co_await park_removed();
    auto const deleted = co_await delete_expired();
    if (!counters || !parked || !deleted) co_return turn::failed;
    bell_.ring(clock_.now() + std::min(settings_.every, settings_.retention));
    co_return turn::done;
}

awaitable<bool> retain::park_removed() {
    std::size_t total = 0;
    for (auto stopping = co_await is_stopping(); !stopping; stopping = co_await is_stopping()) {
        auto const parked = co_await store_.park_removed_sinks(known_sinks_(), batch, clock_.now());
        if (!parked) {
            log_failure("park_failed", "deliveries of removed sinks", parked.error());
            co_return false;
        }
        total += *parked;
        if (*parked < batch) break;
    }
    if (total > 0) log_warning("deliveries_parked", {{"cause", "sink_removed"}, {"count", total}});
    co_return true;
}

awaitable<bool> retain::delete_expired() {
    ports::retired total;
    for (auto stopping = co_await is_stopping(); !stopping; stopping = co_await is_stopping()) {
        auto const now = clock_.now();
        auto const gone = co_await store_.retire(now - settings_.retention, batch, now);
        if (!gone) {
            log_failure("retire_failed", "tasks", gone.error());
            co_return false;
        }
        total.tasks += gone->tasks;
        total.discarded += gone->discarded;
        if (gone->tasks < batch) break;
    }
    if (total.discarded > 0) log_warning("deliveries_discarded", {{"cause", "retention"}, {"count", total.discarded}});
    if (total.tasks > 0) log_info("tasks_retired", {{"count", total.tasks}});
    co_return true;
}

}  // namespace voicehook::flows
