// Runs one coroutine on an io_context until it has ended, and hands back its value.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace voicehook::test {

/// Runs `io` until `done` is set; throws when that takes longer than any test should.
inline void run_until(boost::asio::io_context& io, bool const& done) {
    auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    io.restart();
    while (!done && io.run_one_until(limit) != 0) {}
    if (!done) throw std::runtime_error{"the awaited event did not come"};
}

/// Drives `io` until `work` is done; rethrows what it throws. Other coroutines may go on later.
template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
    auto thrown = std::exception_ptr{};
    auto value = std::optional<T>{};
    auto done = false;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr const& error, T result) {
        thrown = error;
        value.emplace(std::move(result));
        done = true;
    });
    run_until(io, done);
    if (thrown) std::rethrow_exception(thrown);
    return std::move(value).value();
}

inline void run(boost::asio::io_context& io, boost::asio::awaitable<void> work) {
    auto thrown = std::exception_ptr{};
    auto done = false;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr const& error) {
        thrown = error;
        done = true;
    });
    run_until(io, done);
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace voicehook::test
