#include "app/system_clock.hpp"

#include "async/nursery.hpp"
#include "async/wake.hpp"
#include "base/deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace voicehook::app {
namespace {

using std::chrono::nanoseconds;
using wall_clock = std::chrono::system_clock;

/// How often the difference to the wall clock is looked at.
constexpr auto anchor_every = 1s;
/// The part of the passed time by which the clock may run fast or slow.
constexpr int slew = 100;

class steady_alarm final : public ports::alarm {
public:
    steady_alarm(asio::any_io_executor executor, ports::clock const& clock)
        : wake_{std::move(executor)}, clock_{clock} {}

    void ring() override { wake_.notify(); }

    awaitable<void> wait_until(instant due) override {
        if (due == never) {
            co_await wake_.wait();
            co_return;
        }
        auto const left = std::max(duration::zero(), due - clock_.now());
        co_await wake_.wait_until(deadline::in(left));
    }

private:
    async::wake wake_;
    ports::clock const& clock_;
};

}  // namespace

system_clock::system_clock(asio::any_io_executor executor)
    : executor_{std::move(executor)}, anchored_at_{steady::now()}, anchor_{wall_clock::now()} {}

instant system_clock::now() const {
    auto const moment = steady::now();
    auto const passed = nanoseconds{moment - anchored_at_};
    if (passed >= anchor_every) {
        auto const ours = anchor_ + passed;
        auto const off = nanoseconds{wall_clock::now() - ours};
        anchor_ = ours + std::clamp(off, -passed / slew, passed / slew);
        anchored_at_ = moment;
        return std::chrono::floor<duration>(anchor_);
    }
    return std::chrono::floor<duration>(anchor_ + passed);
}

instant system_clock::wall() const { return std::chrono::floor<duration>(wall_clock::now()); }

awaitable<void> system_clock::sleep(duration span) {
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    if (async::stopping(cancellation)) co_return;
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, span};
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

std::unique_ptr<ports::alarm> system_clock::make_alarm() { return std::make_unique<steady_alarm>(executor_, *this); }

}  // namespace voicehook::app
