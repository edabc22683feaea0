// Which addresses are internal: never told to the provider, never connected to on a caller's word.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace voicehook::core {

using ipv4_bytes = std::array<std::uint8_t, 4>;
using ipv6_bytes = std::array<std::uint8_t, 16>;

/// Whether an IPv4 address is not globally reachable: this host, private, shared, loopback, link-local, documentation,
/// benchmarking, multicast, reserved, broadcast (IANA special-purpose registry, RFC 6890).
[[nodiscard]] bool is_internal(ipv4_bytes const& address) noexcept;

/// The same for IPv6, after unwrapping v4-mapped, v4-compatible, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), 6to4 (2002::/16)
/// and Teredo (2001::/32): an internal IPv4 address inside makes it internal.
[[nodiscard]] bool is_internal(ipv6_bytes const& address) noexcept;

/// The parts of a URL that rules and clients need.
struct url_parts {
    std::string scheme;  ///< lower case
    std::string host;    ///< lower case, without brackets
    std::string port;    ///< digits, or empty
    std::string target;  ///< path and query, begins with '/'
};

enum class url_error : std::uint8_t { none, syntax, user_info, fragment };

/// Splits an absolute http(s) URL strictly: no spaces, control or non-ASCII bytes, no user info, no fragment; port 1–65535.
[[nodiscard]] url_error split_url(std::string_view url, url_parts& parts);

/// Whether a URL's host is written as an address in any spelling the resolver would take (127.1, 0x7f.1, 2130706433,
/// [::ffff:127.0.0.1] …) that is internal, or a name that is internal by itself (localhost, *.localhost, *.local, *.internal).
[[nodiscard]] bool names_internal_host(std::string_view host) noexcept;

}  // namespace voicehook::core
