#include "telemetry/history.hpp"

#include "telemetry/quantile.hpp"

#include <algorithm>

namespace voicehook::telemetry {
namespace {

constexpr auto levels =
    std::to_array({series::oldest_open_task_seconds, series::oldest_waiting_delivery_seconds, series::parked});

std::optional<double> level_of(reading const& from, series what) {
    switch (what) {
        case series::oldest_open_task_seconds: return from.oldest_open_task_seconds;
        case series::oldest_waiting_delivery_seconds: return from.oldest_waiting_delivery_seconds;
        case series::parked: return from.parked;
        default: return std::nullopt;
    }
}

std::optional<double> higher(std::optional<double> left, std::optional<double> right) {
    return left && right ? std::max(*left, *right) : left ? left : right;
}

/// Rates and quantiles of what happened between two readings.
sample compare(reading const& before, reading const& after) {
    auto const seconds = std::chrono::duration<double>(after.at - before.at).count();
    sample out;
    out[index_of(series::submissions_per_second)] = (after.submissions - before.submissions) / seconds;
    out[index_of(series::callbacks_per_second)] = (after.callbacks - before.callbacks) / seconds;
    out[index_of(series::deliveries_per_second)] = (after.deliveries - before.deliveries) / seconds;
    out[index_of(series::ack_p50_seconds)] = quantile(before.ack, after.ack, 0.5);
    out[index_of(series::ack_p99_seconds)] = quantile(before.ack, after.ack, 0.99);
    out[index_of(series::delivery_lag_p50_seconds)] = quantile(before.delivery_lag, after.delivery_lag, 0.5);
    out[index_of(series::delivery_lag_p99_seconds)] = quantile(before.delivery_lag, after.delivery_lag, 0.99);
    return out;
}

}  // namespace

void track::take(reading const& fresh) {
    note_levels(fresh);
    auto const ends = !begin_ || interval_of(fresh.at) > interval_of(begin_->at);
    if (!ends) return;
    if (begin_) {
        auto const ended = interval_of(fresh.at) - 1;
        auto values = compare(*begin_, fresh);
        for (auto const what : levels) values[index_of(what)] = highest_[index_of(what)];
        samples_[place_of(ended)] = {ended, values};
        highest_ = {};
    }
    begin_ = fresh;
}

void track::note_levels(reading const& fresh) {
    for (auto const what : levels) {
        auto& highest = highest_[index_of(what)];
        highest = higher(highest, level_of(fresh, what));
    }
}

track::excerpt track::read(instant now) const {
    auto last = interval_of(now) - 1;
    if (samples_[place_of(last)].interval != last) --last;  // its reading is on its way, or this is a gap already
    excerpt out{step_, instant{(last + 1) * step_}, {}};
    out.samples.reserve(samples_.size());
    for (auto at = last + 1 - static_cast<std::int64_t>(samples_.size()); at <= last; ++at) {
        auto const& found = samples_[place_of(at)];
        out.samples.push_back(found.interval == at ? found.values : sample{});
    }
    return out;
}

}  // namespace voicehook::telemetry
