// When to try again: exponential growth with full jitter.
#pragma once

#include "base/time.hpp"

#include <cstdint>

namespace voicehook::core {

struct retry_schedule {
    duration first{1s};
    duration longest{1h};
};

/// The wait before the attempt after `failed` failures (≥ 1): uniform in [0, min(longest, first · 2^(failed-1))],
/// but never below 1 % of that ceiling, so that a draw of zero does not hammer. `unit` is in [0, 1).
[[nodiscard]] duration next_wait(retry_schedule const& schedule, std::uint32_t failed, double unit) noexcept;

}  // namespace voicehook::core
