// Which addresses are internal: never told to the provider, never connected to on a caller's word.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace voicehook::core {

using ipv4_bytes = std::array<std::uint8_t, 4>;
using ipv6_bytes = std::array<std::uint8_t, 16>;

/// Whether an IPv4 address is in any special-purpose range: this host, private, shared, loopback, link-local,
/// documentation, benchmarking, AS112, relays, multicast, reserved, broadcast.
/// Source: IANA IPv4 Special-Purpose Address Registry (RFC 6890).
[[nodiscard]] bool is_internal(ipv4_bytes const& address) noexcept;

/// The same for IPv6. An address that carries an IPv4 one is what that is: v4-mapped, NAT64 (64:ff9b::/96) and 6to4
/// (2002::/16). Else only global unicast (2000::/3) without its special ranges (Teredo is one) is not internal.
/// Source: IANA IPv6 Special-Purpose Address Registry.
[[nodiscard]] bool is_internal(ipv6_bytes const& address) noexcept;

/// The parts of a URL that rules and clients need.
struct url_parts {
    std::string scheme;  ///< lower case
    std::string host;    ///< lower case, without brackets
    std::string port;    ///< digits, or empty
    std::string target;  ///< path and query, begins with '/'
};

enum class url_error : std::uint8_t { none, syntax, user_info, fragment };

/// Splits an absolute http(s) URL strictly: only bytes that RFC 3986 allows, a host that is a name of letters, digits,
/// `-` and `_` or an IPv6 address in brackets, no user info, no fragment, port 1–65535 without leading zeros. `parts`
/// is only written on success.
[[nodiscard]] url_error split_url(std::string_view url, url_parts& parts);

/// Whether a URL's host is written as an address in any spelling the resolver would take (127.1, 0x7f.1, 2130706433,
/// [::ffff:127.0.0.1] …, with or without brackets or a trailing dot) that is internal, or a name that is internal by
/// itself (localhost, *.localhost, *.local, *.internal, *.localdomain, *.home.arpa, ip6-localhost …). What looks like
/// an address but is none (256.1.1.1) counts as internal: resolvers differ in what they make of it.
[[nodiscard]] bool names_internal_host(std::string_view host) noexcept;

}  // namespace voicehook::core
