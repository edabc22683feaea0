// Lets a worker sleep until its earliest due time, which others may bring forward.
#pragma once

#include "async/wake.hpp"
#include "ports/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <optional>

namespace voicehook::flows {

/// One worker waits, anybody rings. Idle costs nothing: nothing due, nothing runs. One thread only.
class due_bell {
public:
    due_bell(asio::any_io_executor executor, ports::clock const& clock) : wake_{std::move(executor)}, clock_{clock} {}

    /// Something is due at `due`: the worker wakes then, or earlier if it was to.
    void ring(instant due);
    void ring_now() { ring(clock_.now()); }

    /// Forgets every due time: call before asking the store, so that a ring meanwhile is kept.
    void clear() noexcept { due_.reset(); }

    /// Returns when something is due, or when the coroutine is cancelled.
    [[nodiscard]] awaitable<void> wait_due();

private:
    async::wake wake_;
    ports::clock const& clock_;
    std::optional<instant> due_;
};

}  // namespace voicehook::flows
