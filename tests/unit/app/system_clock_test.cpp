#include "app/system_clock.hpp"

#include "tests/unit/async/run_coroutine.hpp"

#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace voicehook::app {
namespace {

awaitable<void> sleep_after_cancellation(asio::cancellation_signal& stop, ports::clock& clock, bool& returned) {
    co_await asio::this_coro::throw_if_cancelled(false);
    stop.emit(asio::cancellation_type::terminal);
    co_await clock.sleep(1h);
    returned = true;
}

TEST(SystemClock, SleepReturnsAtOnceWhenTheCoroutineIsAlreadyCancelled) {
    auto io = asio::io_context{1};
    auto clock = system_clock{io.get_executor()};
    auto stop = asio::cancellation_signal{};
    auto returned = false;

    asio::co_spawn(io, sleep_after_cancellation(stop, clock, returned),
                   asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr const&) {}));
    io.poll();

    EXPECT_TRUE(returned);
}

TEST(SystemClock, SleepLastsAsLongAsItWasAskedTo) {
    auto io = asio::io_context{1};
    auto clock = system_clock{io.get_executor()};
    auto const before = std::chrono::steady_clock::now();

    test::run(io, clock.sleep(5ms));

    EXPECT_GE(std::chrono::steady_clock::now() - before, 5ms);
}

TEST(SystemClock, WallIsTheWallClock) {
    auto io = asio::io_context{1};
    auto const clock = system_clock{io.get_executor()};

    auto const before = std::chrono::floor<duration>(std::chrono::system_clock::now());
    auto const told = clock.wall();
    auto const after = std::chrono::floor<duration>(std::chrono::system_clock::now());

    EXPECT_LE(before, told);
    EXPECT_LE(told, after);
}

}  // namespace
}  // namespace voicehook::app
