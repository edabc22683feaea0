// Bounds an operation by a deadline.
#pragma once

#include "base/deadline.hpp"
#include "base/failure.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace voicehook::async {

namespace asio = boost::asio;

namespace detail {

template <class T>
asio::awaitable<void> store_result(asio::awaitable<result<T>> operation, std::optional<result<T>>& into) {
    auto outcome = co_await std::move(operation);
    into.emplace(std::move(outcome));
}

}  // namespace detail

/// Awaits `operation`; `timeout` when `until` passes first. The operation is cancelled then and waited for, so it must
/// support terminal cancellation (blocking work brings its own limit); a value that it returns all the same is kept.
/// Its exceptions arrive here, unlike with `operation || timer`, which swallows them. One thread only.
template <class T>
asio::awaitable<result<T>> within(deadline until, asio::awaitable<result<T>> operation) {
    if (until.passed()) co_return fail(errc::timeout, "wait for an operation");
    auto const executor = co_await asio::this_coro::executor;
    auto timer = asio::steady_timer{executor, until.moment()};
    auto outcome = std::optional<result<T>>{};

    auto both = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, detail::store_result<T>(std::move(operation), outcome), asio::deferred),
        timer.async_wait(asio::deferred));
    auto const [order, thrown, expired] =
        co_await both.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);

    auto const timed_out = order.front() == 1 && !expired;
    if (timed_out && !(outcome && outcome->has_value())) co_return fail(errc::timeout, "wait for an operation");
    if (thrown) std::rethrow_exception(thrown);
    co_return std::move(*outcome);
}

}  // namespace voicehook::async
