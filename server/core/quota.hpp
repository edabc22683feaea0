// So many per second: the requests of one caller, the attempts at one sink. A token bucket.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <optional>

namespace voicehook::core {

/// A bucket of `per_second` tokens (≥ 1) that refills evenly. Starts full: a burst of one second's worth is fine.
class token_bucket {
public:
    token_bucket(unsigned per_second, instant now) noexcept;

    /// Takes one token; nothing when that went well, else how long until there is one (≥ 1 ms).
    /// A clock that went backwards refills nothing.
    [[nodiscard]] std::optional<duration> take(instant now) noexcept;

    /// Takes as many whole tokens as there are, at most `wanted`.
    [[nodiscard]] std::size_t take_up_to(std::size_t wanted, instant now) noexcept;
    /// How long until there is a whole token (≥ 1 ms); what `take` would answer, without taking.
    [[nodiscard]] duration until_next(instant now) noexcept;
    void give_back(std::size_t unused) noexcept;

private:
    void refill(instant now) noexcept;

    double per_second_;
    double tokens_;
    instant refilled_at_;
};

}  // namespace voicehook::core
