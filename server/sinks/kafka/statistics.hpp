// What is taken from librdkafka's statistics. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace voicehook::sinks::kafka {

struct statistics {
    std::int64_t queued{};  ///< messages without a report
    double
        slowest_rtt_seconds{};  ///< the average of the broker where it is longest; 0: none answered since the last time
    friend bool operator==(statistics const&, statistics const&) = default;
};

/// Nothing when `json` is not what librdkafka writes.
/// Source: librdkafka 2.0, STATISTICS.md.
[[nodiscard]] std::optional<statistics> read_statistics(std::string_view json);

}  // namespace voicehook::sinks::kafka
