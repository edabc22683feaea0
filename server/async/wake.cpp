#include "async/wake.hpp"

#include "async/nursery.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace voicehook::async {

wake::wake(asio::any_io_executor executor) : timer_{std::move(executor)} {}

void wake::notify() {
    notified_ = true;
    timer_.cancel();
}

awaitable<void> wake::wait_until(deadline until) {
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    if (!notified_ && !stopping(cancellation)) {
        timer_.expires_at(until.moment());
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    notified_ = false;
}

awaitable<void> wake::wait() { co_await wait_until(deadline::at(deadline::clock::time_point::max())); }

}  // namespace voicehook::async
