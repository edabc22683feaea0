#include "flows/due_bell.hpp"

#include "base/deadline.hpp"

#include <boost/asio/this_coro.hpp>

namespace voicehook::flows {

void due_bell::ring(instant due) {
    if (due_ && *due_ <= due) return;
    due_ = due;
    wake_.notify();
}

awaitable<void> due_bell::wait_due() {
    for (;;) {
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
        if (!due_) {
            co_await wake_.wait();
            continue;
        }
        auto const left = *due_ - clock_.now();
        if (left <= duration::zero()) co_return;
        co_await wake_.wait_until(deadline::in(left));
    }
}

}  // namespace voicehook::flows
