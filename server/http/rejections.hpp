// Every reason for which a connection or request is turned away, for logs and metrics.
#pragma once

#include "base/names.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace voicehook::http {

/// What ends a connection or request besides the wire gate and the router.
enum class connection_reason : std::uint8_t {
    connection_cap = 1,
    address_cap,
    idle_evicted,  ///< at the connection cap an idle connection made room for a new one
    tls,           ///< the handshake failed
    proxy_header,  ///< a trusted proxy began a connection with something else
    timeout_proxy_header,
    timeout_handshake,
    timeout_header,
    timeout_body,
    timeout_handler,
    timeout_write,
    incomplete_body,  ///< the client left before the end of its body
    handler_failed,   ///< an exception left a handler
    response_header,  ///< a header of a response was dropped: not a token, a control character, or ours to set
};

/// Every value that `listener_observer::rejected` may be told, each once: the labels of
/// `http_rejected_total{listener,reason}`.
[[nodiscard]] std::vector<std::string_view> const& rejection_reasons();

}  // namespace voicehook::http

namespace voicehook {
template <>
inline constexpr auto names_of<http::connection_reason> = std::array{
    entry(http::connection_reason::connection_cap, "connection_cap"),
    entry(http::connection_reason::address_cap, "address_cap"),
    entry(http::connection_reason::idle_evicted, "idle_evicted"),
    entry(http::connection_reason::tls, "tls"),
    entry(http::connection_reason::proxy_header, "proxy_header"),
    entry(http::connection_reason::timeout_proxy_header, "timeout_proxy_header"),
    entry(http::connection_reason::timeout_handshake, "timeout_handshake"),
    entry(http::connection_reason::timeout_header, "timeout_header"),
    entry(http::connection_reason::timeout_body, "timeout_body"),
    entry(http::connection_reason::timeout_handler, "timeout_handler"),
    entry(http::connection_reason::timeout_write, "timeout_write"),
    entry(http::connection_reason::incomplete_body, "incomplete_body"),
    entry(http::connection_reason::handler_failed, "handler_failed"),
    entry(http::connection_reason::response_header, "response_header"),
};
}  // namespace voicehook
