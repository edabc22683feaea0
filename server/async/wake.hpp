// Lets a worker sleep until a moment, or until somebody has work for it.
#pragma once

#include "base/deadline.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace voicehook::async {

namespace asio = boost::asio;
template <class T>
using awaitable = asio::awaitable<T>;

/// One waiter, many wakers, one thread. A wake-up while nobody waits is remembered once.
class wake {
public:
    explicit wake(asio::any_io_executor executor);

    void notify();
    /// Returns when notified, when `until` has passed, or when cancelled.
    [[nodiscard]] awaitable<void> wait_until(deadline until);
    /// Returns when notified or cancelled.
    [[nodiscard]] awaitable<void> wait();

private:
    asio::steady_timer timer_;
    bool notified_{};
};

}  // namespace voicehook::async
