// Name resolution on threads of our own, so that one dead name delays no other.
#pragma once

#include "base/deadline.hpp"
#include "base/failure.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace voicehook::async {

namespace asio = boost::asio;
template <class T>
using awaitable = asio::awaitable<T>;

/// getaddrinfo(3) on a bounded set of threads. A look-up that outlives its deadline goes on in the background and its
/// answer is dropped; when all threads are stuck and the queue is full, look-ups fail at once with `dns`.
/// Failures are remembered for a second. Literal addresses take no thread.
class resolver_pool {
public:
    explicit resolver_pool(std::size_t threads = 4, std::size_t max_queued = 256);
    /// Does not wait for stuck look-ups: their threads own what they need.
    ~resolver_pool();
    resolver_pool(resolver_pool const&) = delete;
    resolver_pool& operator=(resolver_pool const&) = delete;

    /// Every stream endpoint of `host`. `dns` or `timeout`.
    [[nodiscard]] awaitable<result<std::vector<asio::ip::tcp::endpoint>>> resolve(std::string host, std::uint16_t port, deadline until);

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace voicehook::async
