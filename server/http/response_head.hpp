// Writes the head of a response; the only way from a handler's headers to the wire.
#pragma once

#include "base/time.hpp"
#include "http/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace voicehook::http {

/// How the client knows where the body ends.
enum class body_framing : std::uint8_t {
    sized = 1,    ///< Content-Length
    chunked,      ///< a stream to HTTP/1.1
    until_close,  ///< a stream to HTTP/1.0
};

enum class persistence : std::uint8_t { keep_alive = 1, close };

struct head_options {
    body_framing framing{body_framing::sized};
    persistence after{persistence::keep_alive};
    std::string_view request_id;
    instant now;
};

struct rendered_head {
    std::string bytes;      ///< the empty line included
    std::size_t dropped{};  ///< headers of the response that were not written
};

/// Responses that never have a body, whatever a handler says (RFC 9110, 6.4.1).
[[nodiscard]] bool is_bodiless(int status) noexcept;

/// A header whose name is no token, whose value holds a control character, or that belongs to the session (framing,
/// Date, Connection, X-Request-Id) is dropped and counted: nothing a handler copies from outside can split a response.
[[nodiscard]] rendered_head render_head(response const& item, head_options const& options);

}  // namespace voicehook::http
