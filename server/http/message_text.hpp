// The small grammars of HTTP messages: tokens, values, media types, request ids, dates.
#pragma once

#include "base/time.hpp"

#include <string>
#include <string_view>

namespace voicehook::http {

/// ASCII only.
[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;

/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// Whether `text` is a token (RFC 9110, 5.6.2).
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// Whether `text` can stand as a field value: no control character but the tab (RFC 9110, 5.5).
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

/// Whether a Content-Type is JSON: application/json or any */*+json; parameters are allowed.
[[nodiscard]] bool is_json_media(std::string_view content_type) noexcept;

/// Whether a client's X-Request-Id may be used: 1 to 128 of [A-Za-z0-9._:-].
[[nodiscard]] bool is_safe_request_id(std::string_view text) noexcept;

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
[[nodiscard]] std::string to_http_date(instant at);

}  // namespace voicehook::http
