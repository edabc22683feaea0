// The last hour and the last day of this process, in few numbers.
#pragma once

#include "base/names.hpp"
#include "base/time.hpp"
#include "telemetry/metrics.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace voicehook::telemetry {

/// What is kept of each interval.
enum class series : std::uint8_t {
    submissions_per_second = 1,  ///< requests to the provider that submit a task
    callbacks_per_second,        ///< with a valid token
    deliveries_per_second,       ///< that succeeded
    ack_p50_seconds,
    ack_p99_seconds,
    delivery_lag_p50_seconds,
    delivery_lag_p99_seconds,
    oldest_open_task_seconds,  ///< this and the following: the highest of the interval
    oldest_waiting_delivery_seconds,
    parked,
};
inline constexpr std::size_t series_count = 10;

/// Counters as they stand at a moment, and what the store tells then; nothing where it tells nothing.
struct reading {
    instant at;
    double submissions{};
    double callbacks{};
    double deliveries{};
    bucket_counts ack;
    bucket_counts delivery_lag;
    std::optional<double> oldest_open_task_seconds;
    std::optional<double> oldest_waiting_delivery_seconds;
    std::optional<double> parked;
};

/// What is known of one interval; a value that is not known is absent, never 0.
using sample = std::array<std::optional<double>, series_count>;
[[nodiscard]] constexpr std::size_t index_of(series what) noexcept { return static_cast<std::size_t>(what) - 1; }

/// The last `length` intervals of one length. Intervals begin at multiples of it since 1970, and one that no reading
/// ended is a gap.
class track {
public:
    track(duration step, std::size_t length) : step_{step}, samples_(length) {}

    /// Readings come in the order of their time. The first one of an interval ends those before it; the very first
    /// one has nothing to compare with.
    void take(reading const& fresh);

    /// The intervals that had ended at `now`, oldest first; the latest one is left out for as long as its reading may
    /// still come.
    struct excerpt {
        duration step{};
        instant until;  ///< the end of the last interval
        std::vector<sample> samples;
    };
    [[nodiscard]] excerpt read(instant now) const;

private:
    /// Numbers the interval that begins at the last multiple of the step.
    [[nodiscard]] std::int64_t interval_of(instant at) const { return at.time_since_epoch() / step_; }
    [[nodiscard]] std::size_t place_of(std::int64_t interval) const {
        return static_cast<std::size_t>(interval) % samples_.size();
    }
    void note_levels(reading const& fresh);

    struct kept {
        std::int64_t interval{-1};
        sample values;
    };
    duration step_;
    std::vector<kept> samples_;     ///< each interval has its place; what is there may be of an earlier round
    std::optional<reading> begin_;  ///< of the interval under way
    sample highest_;                ///< of the levels in it
};

enum class history_window : std::uint8_t { hour = 1, day };

/// Every 10 s for an hour and every 5 min for a day: 648 samples of 10 values, 110 KB for good. One thread.
class history {
public:
    static constexpr duration reading_interval = 10s;

    void take(reading const& fresh) {
        hour_.take(fresh);
        day_.take(fresh);
    }
    [[nodiscard]] track::excerpt read(history_window window, instant now) const {
        return (window == history_window::hour ? hour_ : day_).read(now);
    }

private:
    track hour_{reading_interval, 360};
    track day_{5min, 288};
};

}  // namespace voicehook::telemetry

namespace voicehook {
template <>
inline constexpr auto names_of<telemetry::series> =
    std::array{entry(telemetry::series::submissions_per_second, "submissions_per_second"),
               entry(telemetry::series::callbacks_per_second, "callbacks_per_second"),
               entry(telemetry::series::deliveries_per_second, "deliveries_per_second"),
               entry(telemetry::series::ack_p50_seconds, "ack_p50_seconds"),
               entry(telemetry::series::ack_p99_seconds, "ack_p99_seconds"),
               entry(telemetry::series::delivery_lag_p50_seconds, "delivery_lag_p50_seconds"),
               entry(telemetry::series::delivery_lag_p99_seconds, "delivery_lag_p99_seconds"),
               entry(telemetry::series::oldest_open_task_seconds, "oldest_open_task_seconds"),
               entry(telemetry::series::oldest_waiting_delivery_seconds, "oldest_waiting_delivery_seconds"),
               entry(telemetry::series::parked, "parked")};
template <>
inline constexpr auto names_of<telemetry::history_window> =
    std::array{entry(telemetry::history_window::hour, "1h"), entry(telemetry::history_window::day, "24h")};
}  // namespace voicehook
