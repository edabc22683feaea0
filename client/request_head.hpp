// Writes the header block of a request, and refuses what would break out of it.
#pragma once

#include "base/failure.hpp"
#include "client/http_client.hpp"

#include <string>
#include <string_view>

namespace voicehook::client {

/// The request line and headers with the empty line at their end. `invalid` names the part that must not be sent: no
/// method, host, target, name or value can add a line (platform notes: Boost.Beast issue 3105).
[[nodiscard]] result<std::string> render_head(outbound_request const& request, std::string_view user_agent);

/// The request that asks a proxy for a tunnel to the target's host and port (RFC 9110, 9.3.6). An empty
/// `authorization` is left out.
[[nodiscard]] result<std::string> render_connect(core::url_parts const& target, std::string_view authorization,
                                                 std::string_view user_agent);

/// The port that a URL leads to: its own, or that of its scheme.
[[nodiscard]] std::uint16_t port_of(core::url_parts const& url) noexcept;

}  // namespace voicehook::client
