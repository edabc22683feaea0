#include "flows/retain.hpp"

#include "base/log.hpp"
#include "flows/worker.hpp"

#include <algorithm>

namespace voicehook::flows {
namespace {

/// Tasks deleted per transaction: small, so that no callback waits for long behind one.
constexpr std::size_t batch = 64;

}  // namespace

awaitable<void> retain::finish() {
    loops_.stop();
    co_await loops_.drained();
}

bool retain::check(ports::store_summary const& counters) {
    auto const violations = ports::conservation_violations(counters);
    for (auto const& violation : violations) log_error("conservation_violated", {{"violation", violation}});
    if (!violations.empty())
        metrics_.add(telemetry::counter::conservation_violations, {}, static_cast<double>(violations.size()));
    return violations.empty();
}

awaitable<void> retain::work() {
    co_await ignore_cancellation_errors();
    while (!co_await is_stopping()) {
        auto const counters = co_await store_.summary();
        if (counters) check(*counters);
        co_await delete_expired();
        co_await clock_.sleep(std::min(settings_.every, settings_.retention));
    }
}

awaitable<void> retain::delete_expired() {
    std::size_t total = 0;
    while (!co_await is_stopping()) {
        auto const now = clock_.now();
        auto const deleted = co_await store_.retire(now - settings_.retention, batch, now);
        if (!deleted) {
            log_failure("retire_failed", "tasks", deleted.error());
            co_return;
        }
        total += *deleted;
        if (*deleted < batch) break;
    }
    if (total > 0) log_info("tasks_retired", {{"count", total}});
}

}  // namespace voicehook::flows
