// The header with which a load balancer begins a connection to say whose it is: the PROXY protocol.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace voicehook::http {

/// The longest header that is read. Version 1 has at most 107 bytes; of version 2 only extensions need more than 52.
inline constexpr auto max_proxy_header = std::size_t{4096};

/// What the first bytes of a connection are, as far as they have arrived.
struct proxy_header {
    enum class state : unsigned char {
        partial = 1,  ///< a good beginning: every byte so far belongs to it, and it is shorter than `max_proxy_header`
        complete,
        wrong,  ///< whatever else comes
    };
    state is{state::partial};
    std::size_t length{};  ///< of a complete one, in bytes; what stands behind it is not the header's
    /// Whose the connection is. Nothing: the sender's own, as health checks are, or of a family that has no IP address.
    std::optional<boost::asio::ip::address> client{};
};

/// Reads what begins a connection, as text (version 1) or binary (version 2). Ports, the address that the client
/// connected to and extensions (TLVs) are of no use here: text must have them right, extensions are skipped unread.
/// Source: HAProxy, "The PROXY protocol, versions 1 & 2", 2.1 and 2.2.
[[nodiscard]] proxy_header read_proxy_header(std::string_view received);

}  // namespace voicehook::http
