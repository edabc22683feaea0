// A client that sends exactly the bytes it is told to and takes answers apart by itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace voicehook::test {

namespace asio = boost::asio;

struct wire_answer {
    int status{};
    std::string head;  ///< status line and headers
    std::string body;  ///< without chunk framing
};

/// Each call drives the io_context, and the listener on it, until its event has come.
class wire_client {
public:
    wire_client(asio::io_context& io, std::uint16_t port);

    /// False when the handshake fails.
    bool start_tls(asio::ssl::context& trust);
    void send(std::string_view bytes);
    /// Sends in the background, so that the server may answer before it has read everything.
    void send_meanwhile(std::string bytes);
    /// One byte after the other, with pauses, until all are sent or an answer has begun.
    void send_slowly(std::string_view bytes);
    /// The next answer; status 0 when the connection ends instead. `bodiless`: an answer to HEAD.
    enum class body_of : unsigned char { response = 1, head };
    wire_answer read_answer(body_of kind = body_of::response);
    /// Everything until the server closes.
    std::string read_rest();
    /// Reads until `text` has arrived; returns everything before its end.
    std::string read_through(std::string_view text);
    /// Whether anything ended otherwise than in good order: what had been sent to us may be lost then.
    [[nodiscard]] bool was_reset() const noexcept { return was_reset_; }
    void end_sending();
    void close();

private:
    using tls_stream = asio::ssl::stream<asio::ip::tcp::socket&>;

    asio::awaitable<std::size_t> fill();
    asio::awaitable<void> write(std::string_view bytes);
    asio::awaitable<void> write_slowly(std::string_view bytes);
    asio::awaitable<std::string> take_through(std::string_view text);
    asio::awaitable<std::string> take(std::size_t count);
    asio::awaitable<std::string> take_chunks();
    asio::awaitable<std::string> take_rest();
    asio::awaitable<wire_answer> take_answer(body_of kind);
    asio::awaitable<bool> shake_hands();
    void note(boost::system::error_code error);

    asio::io_context& io_;
    std::shared_ptr<asio::ip::tcp::socket> socket_;
    std::unique_ptr<tls_stream> tls_;
    std::string buffer_;
    bool was_reset_{};
};

/// The value of a header in an answer's head, "" without it.
std::string header_of(wire_answer const& answer, std::string_view name);

}  // namespace voicehook::test
