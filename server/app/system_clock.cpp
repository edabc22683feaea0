#include "app/system_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace voicehook::app {
namespace {

using std::chrono::nanoseconds;
using wall = std::chrono::system_clock;

/// How often the difference to the wall clock is looked at.
constexpr auto anchor_every = 1s;
/// The part of the passed time by which the clock may run fast or slow.
constexpr int slew = 100;

}  // namespace

system_clock::system_clock() : anchored_at_{steady::now()}, anchor_{wall::now()} {}

instant system_clock::now() const {
    auto const moment = steady::now();
    auto const passed = nanoseconds{moment - anchored_at_};
    if (passed >= anchor_every) {
        auto const ours = anchor_ + passed;
        auto const off = nanoseconds{wall::now() - ours};
        anchor_ = ours + std::clamp(off, -passed / slew, passed / slew);
        anchored_at_ = moment;
        return std::chrono::floor<duration>(anchor_);
    }
    return std::chrono::floor<duration>(anchor_ + passed);
}

awaitable<void> system_clock::sleep(duration span) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, span};
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace voicehook::app
