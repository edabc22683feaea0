// The bytes of one client, with or without TLS.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::http {

namespace asio = boost::asio;
template <class T>
using awaitable = asio::awaitable<T>;

/// One operation at a time. No operation ends by itself in bounded time: see `connection`.
class byte_stream {
public:
    using error_code = boost::system::error_code;

    virtual ~byte_stream() = default;
    [[nodiscard]] virtual awaitable<error_code> handshake() = 0;
    [[nodiscard]] virtual awaitable<std::pair<error_code, std::size_t>> read_some(std::span<char> into) = 0;
    /// All of it.
    [[nodiscard]] virtual awaitable<error_code> write(std::string_view bytes) = 0;
    /// Tells the client that nothing more comes and, with TLS, waits for its answer.
    [[nodiscard]] virtual awaitable<void> say_goodbye() = 0;
    /// Ends our direction where that can be done without waiting (plain TCP); reading goes on.
    virtual void end_sending() = 0;
    /// Ends the pending operation with `operation_aborted`.
    virtual void cancel() = 0;
    virtual void close() = 0;
};

[[nodiscard]] std::unique_ptr<byte_stream> create_plain_stream(asio::ip::tcp::socket socket);
[[nodiscard]] std::unique_ptr<byte_stream> create_tls_stream(asio::ip::tcp::socket socket,
                                                             std::shared_ptr<asio::ssl::context> context);

}  // namespace voicehook::http
