// The port to time: what a simulation replaces.
#pragma once

#include "base/time.hpp"
#include "ports/awaitable.hpp"

#include <memory>

namespace voicehook::ports {

/// Lets one coroutine wait for a moment, or until somebody rings.
class alarm {
public:
    virtual ~alarm() = default;

    /// Wakes the waiter; while nobody waits it is remembered once.
    virtual void ring() = 0;

    /// Returns when rung, when `due` has come, or when the coroutine is cancelled. `never` waits for a ring only.
    [[nodiscard]] virtual awaitable<void> wait_until(instant due) = 0;

    static constexpr instant never = instant::max();
};

/// Tells the time and lets coroutines wait.
class clock {
public:
    virtual ~clock() = default;

    /// The wall clock at start plus steady time, re-anchored gradually: never jumps, never goes back. After a suspend
    /// or a step of the wall clock it is off for long: what others compare with their clocks is `wall()`.
    [[nodiscard]] virtual instant now() const = 0;

    /// The wall clock as it is now; may jump. For dates that leave the process or come from outside.
    [[nodiscard]] virtual instant wall() const { return now(); }

    /// Waits for `span`; returns early, without an error, when the coroutine is cancelled, at once if it already is.
    [[nodiscard]] virtual awaitable<void> sleep(duration span) = 0;

    /// An alarm on this clock, which must outlive it.
    [[nodiscard]] virtual std::unique_ptr<alarm> make_alarm() = 0;
};

}  // namespace voicehook::ports
