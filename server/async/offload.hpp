// Moves blocking work to a small thread pool and resumes the coroutine on its own executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace voicehook::async {

namespace asio = boost::asio;

namespace detail {

/// What blocking work left behind: a value or an exception.
template <class R>
struct offloaded {
    std::optional<std::conditional_t<std::is_void_v<R>, std::monostate, R>> value;
    std::exception_ptr thrown;
};

template <class R, class Work>
void run_into(offloaded<R>& outcome, Work work) noexcept {
    try {
        if constexpr (std::is_void_v<R>) {
            work();
        } else {
            outcome.value.emplace(work());
        }
    } catch (...) {
        outcome.thrown = std::current_exception();
    }
}

}  // namespace detail

/// Runs `work()` on `pool` and returns its result here. Not cancellable: blocking work brings its own limit.
/// Exceptions of `work` are rethrown here. `work` must own everything it touches.
/// The io_context must outlive the pool: a finished job posts its result there.
template <class Work, class R = std::invoke_result_t<Work>>
asio::awaitable<R> offload(asio::thread_pool& pool, Work work) {
    auto const executor = co_await asio::this_coro::executor;
    auto home = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    auto outcome = std::make_shared<detail::offloaded<R>>();

    auto start = [&pool, &home, &outcome, &work](auto handler) {
        asio::post(pool, [home, outcome, work = std::move(work), handler = std::move(handler)]() mutable {
            detail::run_into<R>(*outcome, std::move(work));
            asio::post(home, std::move(handler));
        });
    };
    co_await asio::async_initiate<asio::use_awaitable_t<> const&, void()>(start, asio::use_awaitable);

    if (outcome->thrown) std::rethrow_exception(outcome->thrown);
    if constexpr (!std::is_void_v<R>) co_return std::move(*outcome->value);
}

}  // namespace voicehook::async
