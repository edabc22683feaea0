// The port to time: what a simulation replaces.
#pragma once

#include "base/time.hpp"
#include "ports/awaitable.hpp"

namespace voicehook::ports {

/// Tells the time and lets a coroutine wait.
class clock {
public:
    virtual ~clock() = default;

    /// The wall clock at start plus steady time, re-anchored gradually: never jumps, never goes back.
    [[nodiscard]] virtual instant now() const = 0;

    /// Waits for `span`; returns early, without an error, when the coroutine is cancelled.
    [[nodiscard]] virtual awaitable<void> sleep(duration span) = 0;
};

}  // namespace voicehook::ports
