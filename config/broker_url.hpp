// Where a broker is: scheme, host, port and what follows.
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>

namespace voicehook::config {

struct broker_url {
    std::string scheme;  ///< lower case
    std::string host;    ///< lower case, without brackets
    std::uint16_t port{};
    std::string path;  ///< without the first '/', with a query if there is one; mostly empty
    friend bool operator==(broker_url const&, broker_url const&) = default;
};

/// Splits `scheme://host[:port][/path]` as strictly as `core::split_url`; one of `schemes` must begin it. The error is
/// a complaint about a key: what is expected instead.
[[nodiscard]] std::expected<broker_url, std::string> split_broker_url(std::string_view url,
                                                                      std::initializer_list<std::string_view> schemes,
                                                                      std::uint16_t default_port);

inline constexpr std::uint16_t redis_port = 6379;
inline constexpr std::uint16_t nats_port = 4222;

/// `redis://host:6379/0`; with TLS `rediss://`.
struct redis_place {
    broker_url where;
    std::uint32_t database{};
    [[nodiscard]] bool encrypted() const { return where.scheme == "rediss"; }
};
[[nodiscard]] std::expected<redis_place, std::string> read_redis_url(std::string_view url);

/// `nats://host:4222`; with TLS `tls://`.
[[nodiscard]] std::expected<broker_url, std::string> read_nats_url(std::string_view url);

}  // namespace voicehook::config
