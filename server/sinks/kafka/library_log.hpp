// What librdkafka says of itself, as lines of our log: few of them, without secrets.
#pragma once

#include "base/ids.hpp"
#include "base/log.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace voicehook::sinks::kafka {

/// The level of ours for one of syslog's: librdkafka calls a lost connection an error, though it mends it by itself.
[[nodiscard]] log_level level_of(int syslog_level) noexcept;

/// Writes `kafka_library` lines: ten at once, then one in six seconds; the next one tells how many were left out.
/// One thread.
class library_log {
public:
    using clock = std::chrono::steady_clock;

    explicit library_log(sink_name sink) : sink_{std::move(sink)} {}

    void write(log_level level, std::string_view about, std::string_view text, clock::time_point now = clock::now());
    [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }

private:
    [[nodiscard]] bool may_write(clock::time_point now) noexcept;

    static constexpr unsigned at_once = 10;

    sink_name sink_;
    unsigned tokens_{at_once};
    clock::time_point refilled_{};
    std::uint64_t left_out_{};
};

}  // namespace voicehook::sinks::kafka
