// Addresses: what a listener binds, which peers are trusted proxies, and who the client behind them is.
#pragma once

#include "base/failure.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::http {

namespace asio = boost::asio;

/// "0.0.0.0:8443", "127.0.0.1:0", "[::]:8443". Names are not resolved. `invalid` says what is expected.
[[nodiscard]] result<asio::ip::tcp::endpoint> parse_endpoint(std::string_view text);

/// A v4-mapped IPv6 address as IPv4, any other as it is.
[[nodiscard]] asio::ip::address unmapped(asio::ip::address const& address);

/// One CIDR block; `address` is unmapped and its host bits are zero.
struct network {
    asio::ip::address address;
    unsigned prefix_length{};
};

/// "10.0.0.0/8", "fd00::/8", "::ffff:10.0.0.0/104", or an address alone. `invalid` on anything else, host bits
/// included.
[[nodiscard]] result<network> parse_network(std::string_view text);

[[nodiscard]] bool contains(network const& block, asio::ip::address const& address);
[[nodiscard]] bool contains(std::vector<network> const& blocks, asio::ip::address const& address);

/// The rightmost address of X-Forwarded-For that is no trusted proxy, when `peer` is one; else `peer` itself. An entry
/// that is no address ends the search: what stands left of it is worth nothing. `forwarded`: the values of all such
/// fields in their order.
[[nodiscard]] asio::ip::address client_address(asio::ip::address const& peer,
                                               std::vector<std::string_view> const& forwarded,
                                               std::vector<network> const& trusted);

}  // namespace voicehook::http
