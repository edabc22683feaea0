#include "async/nursery.hpp"
#include "async/offload.hpp"
#include "async/wake.hpp"
#include "async/within.hpp"
#include "run_coroutine.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace voicehook::async {
namespace {

using test::run;

awaitable<void> wait_for_ever() {
    auto timer = asio::steady_timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
    co_await timer.async_wait(asio::use_awaitable);
}

awaitable<void> wait_and_note(std::vector<std::string>& notes, std::string name) {
    notes.push_back(name + " began");
    auto timer = asio::steady_timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    notes.push_back(name + " ended");
}

awaitable<void> throw_runtime_error() {
    throw std::runtime_error{"broken"};
    co_return;
}

awaitable<void> do_nothing() { co_return; }

TEST(Nursery, StopCancelsEveryCoroutineAndDrainedWaitsForThem) {
    auto io = asio::io_context{1};
    auto owner = nursery{io.get_executor()};
    auto notes = std::vector<std::string>{};
    owner.spawn("a", wait_and_note(notes, "a"));
    owner.spawn("b", wait_and_note(notes, "b"));
    io.poll();
    ASSERT_EQ(owner.size(), 2U);

    owner.stop();
    run(io, owner.drained());

    EXPECT_EQ(notes, (std::vector<std::string>{"a began", "b began", "a ended", "b ended"}));
    EXPECT_EQ(owner.size(), 0U);
}

TEST(Nursery, SpawnRunsNothingInsideItsCaller) {
    auto io = asio::io_context{1};
    auto owner = nursery{io.get_executor()};
    auto notes = std::vector<std::string>{};

    owner.spawn("a", wait_and_note(notes, "a"));

    EXPECT_TRUE(notes.empty());
    owner.stop();
    run(io, owner.drained());
}

TEST(Nursery, AnExceptionEndsOneCoroutineAndIsCounted) {
    auto io = asio::io_context{1};
    auto failed = std::vector<std::string>{};
    auto owner = nursery{io.get_executor(), [&](std::string_view name) { failed.emplace_back(name); }};
    owner.spawn("healthy", wait_for_ever());

    owner.spawn("broken", throw_runtime_error());
    io.poll();

    EXPECT_EQ(failed, std::vector<std::string>{"broken"});
    EXPECT_EQ(owner.size(), 1U);
    owner.stop();
    run(io, owner.drained());
    EXPECT_EQ(failed, std::vector<std::string>{"broken"}) << "a cancelled coroutine is no failure";
}

TEST(Nursery, WhatIsSpawnedAfterStopIsCancelledToo) {
    auto io = asio::io_context{1};
    auto owner = nursery{io.get_executor()};
    owner.stop();

    owner.spawn("late", wait_for_ever());
    run(io, owner.drained());

    EXPECT_EQ(owner.size(), 0U);
}

TEST(Nursery, DrainedReturnsAtOnceWhenNothingRuns) {
    auto io = asio::io_context{1};
    auto owner = nursery{io.get_executor()};
    owner.spawn("short", do_nothing());
    io.run();

    run(io, owner.drained());

    EXPECT_EQ(owner.size(), 0U);
}

TEST(Wake, ANotificationWhileNobodyWaitsIsRememberedOnce) {
    auto io = asio::io_context{1};
    auto bell = wake{io.get_executor()};
    bell.notify();
    bell.notify();

    run(io, bell.wait());

    auto again = false;
    asio::co_spawn(io, bell.wait(), [&](std::exception_ptr const&) { again = true; });
    io.restart();
    io.poll();
    EXPECT_FALSE(again);
    bell.notify();
    io.run();
    EXPECT_TRUE(again);
}

TEST(Wake, WaitUntilReturnsWhenTheDeadlineHasPassed) {
    auto io = asio::io_context{1};
    auto bell = wake{io.get_executor()};

    auto const until = deadline::in(1ms);
    run(io, bell.wait_until(until));

    EXPECT_TRUE(until.passed());
}

awaitable<void> wait_after_cancellation(asio::cancellation_signal& signal, wake& bell, bool& returned) {
    co_await asio::this_coro::throw_if_cancelled(false);
    signal.emit(asio::cancellation_type::terminal);
    co_await bell.wait();
    returned = true;
}

TEST(Wake, ACancellationBeforeTheWaitIsNotLost) {
    auto io = asio::io_context{1};
    auto bell = wake{io.get_executor()};
    auto signal = asio::cancellation_signal{};
    auto returned = false;

    asio::co_spawn(io, wait_after_cancellation(signal, bell, returned),
                   asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr const&) {}));
    io.run();

    EXPECT_TRUE(returned);
}

awaitable<result<int>> answer(int value) { co_return value; }

awaitable<result<int>> answer_after_for_ever() {
    co_await wait_for_ever();
    co_return 1;
}

awaitable<result<int>> answer_in_spite_of_cancellation() {
    co_await asio::this_coro::throw_if_cancelled(false);
    auto timer = asio::steady_timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return 7;
}

awaitable<result<int>> answer_with_exception() {
    co_await throw_runtime_error();
    co_return 1;
}

awaitable<result<std::unique_ptr<int>>> answer_with_ownership() { co_return std::make_unique<int>(3); }

awaitable<result<void>> refuse() { co_return fail(errc::refused, "knock"); }

TEST(Within, AnOperationThatIsInTimeKeepsItsValue) {
    auto io = asio::io_context{1};

    auto const outcome = run(io, within(deadline::in(1h), answer(5)));

    EXPECT_EQ(outcome.value(), 5);
}

TEST(Within, ValuesMayBeMovableOnly) {
    auto io = asio::io_context{1};

    auto const outcome = run(io, within(deadline::in(1h), answer_with_ownership()));

    EXPECT_EQ(*outcome.value(), 3);
}

TEST(Within, AFailureOfTheOperationIsPassedOn) {
    auto io = asio::io_context{1};

    auto const outcome = run(io, within(deadline::in(1h), refuse()));

    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, errc::refused);
}

TEST(Within, TheDeadlineEndsASlowOperationWithTimeout) {
    auto io = asio::io_context{1};

    auto const outcome = run(io, within(deadline::in(1ms), answer_after_for_ever()));

    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, errc::timeout);
}

TEST(Within, APassedDeadlineStartsNothing) {
    auto io = asio::io_context{1};

    auto const outcome = run(io, within(deadline::in(0ms), answer(5)));

    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, errc::timeout);
}

TEST(Within, AValueThatComesInSpiteOfTheDeadlineIsKept) {
    auto io = asio::io_context{1};

    auto const outcome = run(io, within(deadline::in(1ms), answer_in_spite_of_cancellation()));

    EXPECT_EQ(outcome.value(), 7);
}

TEST(Within, AnExceptionOfTheOperationArrives) {
    auto io = asio::io_context{1};

    EXPECT_THROW(run(io, within(deadline::in(1h), answer_with_exception())), std::runtime_error);
}

awaitable<void> keep_outcome(std::optional<result<int>>& outcome) {
    co_await asio::this_coro::throw_if_cancelled(false);
    outcome = co_await within(deadline::in(1h), answer_in_spite_of_cancellation());
}

TEST(Within, CancellingTheWaiterCancelsTheOperation) {
    auto io = asio::io_context{1};
    auto owner = nursery{io.get_executor()};
    auto outcome = std::optional<result<int>>{};
    owner.spawn("waiter", keep_outcome(outcome));
    io.poll();

    owner.stop();
    run(io, owner.drained());

    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->value(), 7);
}

TEST(Offload, WorkRunsOnThePoolAndItsCallerResumesAtHome) {
    auto io = asio::io_context{1};
    auto pool = asio::thread_pool{1};
    auto const home = std::this_thread::get_id();

    auto const worker = run(io, offload(pool, [] { return std::this_thread::get_id(); }));

    EXPECT_NE(worker, home);
}

TEST(Offload, WorkMayOwnWhatCannotBeCopiedAndReturnNothing) {
    auto io = asio::io_context{1};
    auto pool = asio::thread_pool{1};
    auto seen = 0;

    run(io, offload(pool, [&seen, number = std::make_unique<int>(4)] { seen = *number; }));

    EXPECT_EQ(seen, 4);
}

TEST(Offload, ExceptionsAreRethrownAtHome) {
    auto io = asio::io_context{1};
    auto pool = asio::thread_pool{1};

    EXPECT_THROW(run(io, offload(pool, []() -> int { throw std::runtime_error{"broken"}; })), std::runtime_error);
}

}  // namespace
}  // namespace voicehook::async
