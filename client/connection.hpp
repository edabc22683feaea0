// One socket to one peer, plain or TLS, whose waiting ends at a moment that is set beforehand.
#pragma once

#include "base/deadline.hpp"
#include "base/failure.hpp"
#include "ports/awaitable.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::client {

/// How far one read or write came.
struct transfer {
    boost::system::error_code error;
    std::size_t bytes{};
};

/// A connection is used by one coroutine at a time: never two reads or two writes at once. It is closed hard, without a
/// TLS goodbye that could wait for ever. Every operation ends when its coroutine is cancelled.
class connection {
public:
    explicit connection(asio::any_io_executor const& executor);
    ~connection();
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    /// Tries the endpoints in turn, each with its share of the time. `refused`, `timeout`, `reset` or `stopping`.
    [[nodiscard]] awaitable<result<void>> connect(std::vector<asio::ip::tcp::endpoint> const& endpoints,
                                                  deadline until);

    /// Starts TLS and verifies that the peer's certificate is trusted and names `host`, a name or an address.
    /// `tls`, `timeout` or `stopping`.
    [[nodiscard]] awaitable<result<void>> handshake(asio::ssl::context& trust, std::string const& host, deadline until);

    /// Starts TLS with whoever answers: encrypted, nothing verified. Only for listeners of this machine.
    [[nodiscard]] awaitable<result<void>> handshake_with_anybody(asio::ssl::context& settings, deadline until);

    /// Closes the socket when `until` passes, which ends whatever waits on it. Replaces an earlier limit.
    void limit(deadline until);
    void lift_limit();

    /// Writes `head`, then `body`.
    [[nodiscard]] awaitable<transfer> write(std::string_view head, std::string_view body);
    [[nodiscard]] awaitable<transfer> read_some(std::span<char> room);

    /// What an error of `write` or `read_some` means: `timeout` when the limit passed, `stopping` when cancelled,
    /// `reset` when the peer went away, else `tls` or `protocol`.
    [[nodiscard]] failure explain(boost::system::error_code error, std::string_view doing) const;

    /// Whether the peer neither closed nor sent anything: only such a connection may carry another request.
    [[nodiscard]] bool silent_and_open();
    [[nodiscard]] bool encrypted() const noexcept;

private:
    [[nodiscard]] awaitable<result<void>> shake_hands(std::string host, deadline until);

    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace voicehook::client
