// Lets a worker sleep until its earliest due time, which others may bring forward.
#pragma once

#include "ports/clock.hpp"

#include <memory>
#include <optional>

namespace voicehook::flows {

/// One worker waits, anybody rings. Idle costs nothing: nothing due, nothing runs. One thread only.
class due_bell {
public:
    /// `clock` must outlive it.
    explicit due_bell(ports::clock& clock) : clock_{clock}, alarm_{clock.make_alarm()} {}

    /// Something is due at `due`: the worker wakes then, or earlier if it was to.
    void ring(instant due);
    void ring_now() { ring(clock_.now()); }

    /// Forgets every due time: call before asking the store, so that a ring meanwhile is kept.
    void clear() noexcept { due_.reset(); }

    /// Returns when something is due, or when the coroutine is cancelled.
    [[nodiscard]] awaitable<void> wait_due();

private:
    ports::clock const& clock_;
    std::unique_ptr<ports::alarm> alarm_;
    std::optional<instant> due_;
};

}  // namespace voicehook::flows
