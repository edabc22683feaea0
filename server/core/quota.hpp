// Requests per second of one caller: a token bucket.
#pragma once

#include "base/time.hpp"

#include <optional>

namespace voicehook::core {

/// A bucket of `per_second` tokens (≥ 1) that refills evenly. Starts full: a burst of one second's worth is fine.
class token_bucket {
public:
    token_bucket(unsigned per_second, instant now) noexcept;

    /// Takes one token; nothing when that went well, else how long until there is one (≥ 1 ms).
    /// A clock that went backwards refills nothing.
    [[nodiscard]] std::optional<duration> take(instant now) noexcept;

private:
    double per_second_;
    double tokens_;
    instant refilled_at_;
};

}  // namespace voicehook::core
