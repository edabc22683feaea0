// The bytes of one client, with or without TLS: what can be done at once, and what to wait for before the rest.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace boost::asio::ssl {
class context;
}

namespace voicehook::http {

namespace asio = boost::asio;

/// What an operation waits for.
enum class readiness : std::uint8_t {
    readable = 1,
    writable,
    turn,  ///< it could go on, but others come first
};

/// How far an operation came without waiting.
struct attempt {
    std::size_t count{};                ///< bytes read or written, whatever else is told
    boost::system::error_code error{};  ///< the connection's end
    std::optional<readiness> awaits{};  ///< set: not done, to be tried again then
};

/// Never waits and never holds a buffer between attempts, except for a part of a TLS record. One operation at a time;
/// the work of one attempt is bounded. `eof`: the client has ended in good order, with TLS by its close_notify.
class byte_stream {
public:
    virtual ~byte_stream() = default;
    /// `eof` when the client leaves meanwhile, an error of the SSL category when there can be no TLS with it.
    [[nodiscard]] virtual attempt try_handshake() = 0;
    /// At most `into`; done when there is at least one byte.
    [[nodiscard]] virtual attempt try_read(std::span<char> into) = 0;
    /// What is not counted must be offered again, the same bytes, before anything else is written.
    [[nodiscard]] virtual attempt try_write(std::string_view bytes) = 0;
    /// Tells the client that nothing more comes and, with TLS, reads until its answer. What goes wrong is the end, too.
    [[nodiscard]] virtual attempt try_goodbye() = 0;
    /// Whether the last read took all that had arrived, so that the next one may wait before it is tried.
    [[nodiscard]] virtual bool drained() const = 0;
    /// Ends our direction where that can be done without waiting (plain TCP); reading goes on.
    virtual void end_sending() = 0;
    /// To wait for its readiness, to cancel such a wait, and to close. Once it is closed every attempt fails.
    [[nodiscard]] virtual asio::ip::tcp::socket& socket() = 0;
};

[[nodiscard]] std::unique_ptr<byte_stream> create_plain_stream(asio::ip::tcp::socket socket);
[[nodiscard]] std::unique_ptr<byte_stream> create_tls_stream(asio::ip::tcp::socket socket,
                                                             std::shared_ptr<asio::ssl::context> const& context);

}  // namespace voicehook::http
