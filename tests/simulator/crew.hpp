// Owns every running coroutine: nothing runs detached.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>

namespace simulator {

namespace asio = boost::asio;
template <class T>
using awaitable = asio::awaitable<T>;

/// Coroutines that can be told to stop together. One thread only; must outlive the last run of the io_context.
class crew {
public:
    /// `failed` hears of each exception that ended a coroutine, but for cancellation.
    crew(asio::any_io_executor executor, std::function<void(std::exception const&)> failed)
        : executor_{std::move(executor)}, failed_{std::move(failed)} {}

    /// Runs `work` until it ends or the crew stops. After `stop` nothing new begins.
    void spawn(awaitable<void> work);

    /// Cancels all that runs.
    void stop();

    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    using member = std::shared_ptr<asio::cancellation_signal>;
    enum class phase : std::uint8_t { working, stopped };

    void left(std::list<member>::iterator who, std::exception_ptr const& why);

    asio::any_io_executor executor_;
    std::function<void(std::exception const&)> failed_;
    std::list<member> members_;
    phase phase_ = phase::working;
};

/// Waits; throws when cancelled.
[[nodiscard]] awaitable<void> pause(std::chrono::milliseconds how_long);

}  // namespace simulator
