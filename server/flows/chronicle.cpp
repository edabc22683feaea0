#include "flows/chronicle.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::flows {
namespace {

using telemetry::counter;
using telemetry::histogram;

constexpr auto interval = telemetry::history::reading_interval;

instant next_reading(instant now) { return instant{(now.time_since_epoch() / interval + 1) * interval}; }

template <class Fits>
double sum(std::vector<telemetry::counted> const& series, Fits fits) {
    auto total = 0.0;
    for (auto const& each : series)
        if (fits(each.labels)) total += each.value;
    return total;
}

using labels = std::vector<std::string>;

telemetry::reading read_counters(telemetry::metrics const& from, instant now) {
    telemetry::reading out{.at = now};
    out.submissions = sum(from.read(counter::provider_requests), [](labels const& of) { return of[0] == "submit"; });
    auto const is_the_providers = [](labels const& of) { return of[0] != "bad_token" && of[0] != "canary"; };
    out.callbacks = sum(from.read(counter::callbacks), is_the_providers);
    out.deliveries = sum(from.read(counter::deliveries), [](labels const& of) { return of[1] == "delivered"; });
    out.ack = from.read(histogram::callback_ack_seconds);
    out.delivery_lag = from.read(histogram::delivery_lag_seconds);
    return out;
}

double age(instant since, instant now) { return std::max(0.0, std::chrono::duration<double>(now - since).count()); }

std::optional<instant> earlier(std::optional<instant> left, std::optional<instant> right) {
    return left && right ? std::min(*left, *right) : left ? left : right;
}

void add_levels(telemetry::reading& out, ports::store_summary const& counters) {
    std::optional<instant> oldest_task;
    for (auto const& [stage, created] : counters.oldest) oldest_task = earlier(oldest_task, created);
    std::optional<instant> oldest_delivery;
    std::uint64_t parked = 0;
    for (auto const& [name, counts] : counters.sinks) {
        oldest_delivery = earlier(oldest_delivery, counts.oldest_waiting);
        auto const here = counts.by_state.find(core::delivery_state::parked);
        if (here != counts.by_state.end()) parked += here->second;
    }
    if (oldest_task) out.oldest_open_task_seconds = age(*oldest_task, out.at);
    if (oldest_delivery) out.oldest_waiting_delivery_seconds = age(*oldest_delivery, out.at);
    out.parked = static_cast<double>(parked);
}

}  // namespace

void chronicle::start() {
    loops_.spawn("chronicle", work_when_due("chronicle", bell_, clock_, metrics_, [this] { return read(); }));
    bell_.ring_now();
}

awaitable<turn> chronicle::read() {
    bell_.clear();
    auto fresh = read_counters(metrics_, clock_.now());
    auto const counters = co_await store_.summary(clock_.now());
    if (counters) add_levels(fresh, *counters);
    history_.take(fresh);
    bell_.ring(next_reading(clock_.now()));
    co_return turn::done;
}

}  // namespace voicehook::flows
