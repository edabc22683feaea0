// Instants in UTC milliseconds, and their text forms.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook {

using namespace std::chrono_literals;

/// Every span in the service: whole milliseconds.
using duration = std::chrono::milliseconds;

/// A point in time: UTC, milliseconds since 1970. Stored as such, shown as RFC 3339.
using instant = std::chrono::sys_time<duration>;

/// Milliseconds since 1970: the form that databases keep.
[[nodiscard]] constexpr std::int64_t to_unix_ms(instant at) noexcept { return at.time_since_epoch().count(); }
[[nodiscard]] constexpr instant from_unix_ms(std::int64_t milliseconds) noexcept {
    return instant{duration{milliseconds}};
}

/// Whole seconds since 1970, rounded down: the form the provider and Standard Webhooks use.
[[nodiscard]] constexpr std::int64_t to_unix_seconds(instant at) noexcept {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

/// "2026-04-02T10:11:12.345Z" (RFC 3339, always UTC, always milliseconds).
[[nodiscard]] std::string to_rfc3339(instant at);

/// Reads RFC 3339 with `Z` or a numeric offset and up to nine decimals (those past milliseconds are dropped).
/// Nothing when it is not such a date.
[[nodiscard]] std::optional<instant> parse_rfc3339(std::string_view text);

/// Reads the preferred date form of HTTP, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
[[nodiscard]] std::optional<instant> parse_http_date(std::string_view text);

}  // namespace voicehook
