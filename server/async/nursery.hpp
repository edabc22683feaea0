// Owns coroutines: nothing runs detached.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace voicehook::async {

namespace asio = boost::asio;
template <class T>
using awaitable = asio::awaitable<T>;

/// What a loop asks: `while (!stopping(co_await asio::this_coro::cancellation_state))`.
[[nodiscard]] inline bool stopping(asio::cancellation_state const& state) noexcept {
    return state.cancelled() != asio::cancellation_type::none;
}

/// A set of running coroutines that can be cancelled together and waited for. One thread only. Its destruction requires
/// that it is empty, or that the io_context will run no more.
class nursery {
public:
    /// `failed` is told the name of each coroutine that an exception ended, for counting. May be empty.
    explicit nursery(asio::any_io_executor executor, std::function<void(std::string_view name)> failed = {});
    ~nursery();
    nursery(nursery const&) = delete;
    nursery& operator=(nursery const&) = delete;

    /// Runs `work` until it ends, beginning with the next turn of the io_context. An exception that leaves it is logged
    /// as `worker_failed` with `name` and counted; it ends that coroutine only.
    void spawn(std::string_view name, awaitable<void> work);

    /// Asks every coroutine to stop (terminal cancellation). New ones may still be spawned; they are cancelled too.
    void stop();

    /// Waits until none is left, or until the waiter itself is cancelled.
    [[nodiscard]] awaitable<void> drained();

    [[nodiscard]] std::size_t size() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace voicehook::async
