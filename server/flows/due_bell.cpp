#include "flows/due_bell.hpp"

#include <boost/asio/this_coro.hpp>

namespace voicehook::flows {

void due_bell::ring(instant due) {
    if (due_ && *due_ <= due) return;
    due_ = due;
    alarm_->ring();
}

awaitable<void> due_bell::wait_due() {
    for (;;) {
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
        if (due_ && *due_ <= clock_.now()) co_return;
        co_await alarm_->wait_until(due_.value_or(ports::alarm::never));
    }
}

}  // namespace voicehook::flows
