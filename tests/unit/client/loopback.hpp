// A scripted server on 127.0.0.1, plain or TLS, that lives in the test's own io_context.
#pragma once

#include "ports/awaitable.hpp"
#include "tests/unit/client/certificates.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::testing {

/// The server's end of one connection.
class server_peer {
public:
    /// Every request read goes into `log` too.
    server_peer(asio::ip::tcp::socket socket, asio::ssl::context* tls, std::vector<std::string>& log);

    [[nodiscard]] awaitable<bool> handshake();
    /// TLS from here on, as behind a proxy's tunnel.
    [[nodiscard]] awaitable<bool> start_tls(issued_certificate certificate);
    /// Head and body of one request; nothing when the client closed.
    [[nodiscard]] awaitable<std::optional<std::string>> read_request();
    /// Whatever has come, not in the log; nothing when the client closed.
    [[nodiscard]] awaitable<std::string> read_bytes();
    [[nodiscard]] awaitable<void> send(std::string bytes);
    /// Returns when the client closed.
    [[nodiscard]] awaitable<void> wait_for_close();
    /// TLS goodbye, then close.
    [[nodiscard]] awaitable<void> say_goodbye();
    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
    void close();
    /// Closes with a TCP reset.
    void reset();

private:
    [[nodiscard]] awaitable<std::size_t> read_some();

    asio::ip::tcp::socket socket_;
    std::optional<asio::ssl::context> own_tls_;
    std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
    std::vector<std::string>& log_;
    std::string pending_;
};

/// What the server does with its connection number 0, 1, …; the connection is closed when it returns.
using server_script = std::function<awaitable<void>(server_peer& peer, std::size_t number)>;

class loopback_server {
public:
    loopback_server(asio::io_context& io, server_script script, std::optional<issued_certificate> tls = {});
    /// Closes every socket, which ends the coroutines; they own what they still touch.
    ~loopback_server();
    loopback_server(loopback_server const&) = delete;
    loopback_server& operator=(loopback_server const&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string url(std::string const& scheme, std::string const& host = "127.0.0.1") const;
    /// Connections accepted, and those whose script has ended.
    [[nodiscard]] std::size_t accepted() const noexcept;
    [[nodiscard]] std::size_t finished() const noexcept;
    /// Every request read, in order.
    [[nodiscard]] std::vector<std::string> const& requests() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

/// Answers every request with the same bytes until the client closes.
[[nodiscard]] server_script answer_always(std::string answer);
/// Reads one request, sends the bytes, and closes.
[[nodiscard]] server_script answer_and_close(std::string answer);
/// Reads one request, sends the bytes, and waits for the client to give up.
[[nodiscard]] server_script answer_and_stall(std::string answer);
/// Reads one request, sends the bytes, and resets the connection.
[[nodiscard]] server_script answer_and_reset(std::string answer);

/// "HTTP/1.1 <status>" with a length and the body.
[[nodiscard]] std::string http_answer(std::string const& status, std::string const& body = "",
                                      std::string const& more_headers = "");

}  // namespace voicehook::testing
