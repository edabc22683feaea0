// Callback URLs as the provider takes them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace simulator {

/// Which hosts the provider calls. The true provider: `public_only`.
enum class address_policy : std::uint8_t { public_only, loopback_too, everything };

/// The parts that a connection needs.
struct callback_url {
    std::string host;       ///< lower case, without brackets
    std::string port;       ///< digits, 443 when not given
    std::string target;     ///< path and query, begins with '/'
    std::string authority;  ///< as written, for the Host field
};

/// Splits an https URL and applies the provider's restrictions: https only, at most 2048 characters, a host, no user
/// information, no fragment, no internal address in any spelling a resolver takes. The error says which one.
/// Source: contract of record, `callback_url`.
[[nodiscard]] std::expected<callback_url, std::string> parse_callback_url(std::string_view url, address_policy policy);

}  // namespace simulator
