// Moves blocking work to a small thread pool and resumes the coroutine on its own executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace voicehook::async {

namespace asio = boost::asio;

/// Runs `work()` on `pool` and returns its result here. Not cancellable: blocking work brings its own limit.
/// Exceptions of `work` are rethrown here. `work` must own everything it touches.
template <class Work, class R = std::invoke_result_t<Work>>
asio::awaitable<R> offload(asio::thread_pool& pool, Work work);

}  // namespace voicehook::async
