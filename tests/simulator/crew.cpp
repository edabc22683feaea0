#include "tests/simulator/crew.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <vector>

namespace simulator {

void crew::spawn(awaitable<void> work) {
    if (phase_ == phase::stopped) return;
    auto const who = members_.insert(members_.end(), std::make_shared<asio::cancellation_signal>());
    auto finished = [this, who](std::exception_ptr const& why) { left(who, why); };
    asio::co_spawn(executor_, std::move(work), asio::bind_cancellation_slot((*who)->slot(), std::move(finished)));
}

void crew::stop() {
    phase_ = phase::stopped;
    auto const present = std::vector<member>(members_.begin(), members_.end());
    for (auto const& one : present) one->emit(asio::cancellation_type::terminal);
}

void crew::left(std::list<member>::iterator who, std::exception_ptr const& why) {
    members_.erase(who);
    if (!why || phase_ == phase::stopped) return;
    try {
        std::rethrow_exception(why);
    } catch (std::exception const& surprise) {
        failed_(surprise);
    }
}

awaitable<void> pause(std::chrono::milliseconds how_long) {
    if (how_long <= std::chrono::milliseconds::zero()) co_return;
    auto const executor = co_await asio::this_coro::executor;
    auto timer = asio::steady_timer{executor, how_long};
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace simulator
