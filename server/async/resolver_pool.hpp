// Name resolution on threads of our own, so that one dead name delays no other.
#pragma once

#include "base/deadline.hpp"
#include "base/failure.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace voicehook::async {

namespace asio = boost::asio;
template <class T>
using awaitable = asio::awaitable<T>;

/// Asks for every address of a host; blocks, and is called on several threads at once. The default is getaddrinfo(3).
using lookup_function = std::function<result<std::vector<asio::ip::address>>(std::string const& host)>;

/// getaddrinfo(3) on a bounded set of threads. A look-up that outlives its deadline goes on in the background and its
/// answer is dropped; when all threads are stuck and the queue is full, look-ups fail at once with `dns`.
/// Look-ups of the same host share one thread. Failures are remembered for a second. Literal addresses take no thread.
/// The io_context of those who wait must outlive it.
class resolver_pool {
public:
    explicit resolver_pool(std::size_t threads = 4, std::size_t max_queued = 256, lookup_function lookup = {});
    /// Does not wait for stuck look-ups: their threads own what they need.
    ~resolver_pool();
    resolver_pool(resolver_pool const&) = delete;
    resolver_pool& operator=(resolver_pool const&) = delete;

    /// Every stream endpoint of `host`. `dns`, `timeout`, or `stopping` when cancelled.
    [[nodiscard]] awaitable<result<std::vector<asio::ip::tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                                                  deadline until);

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace voicehook::async
