// Hexadecimal and base64 in both alphabets (RFC 4648).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace voicehook {

[[nodiscard]] std::string to_hex(std::string_view bytes);
/// Lower or upper case digits; nothing on an odd length or another character.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);

/// Standard alphabet with padding (RFC 4648, 4).
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Padded or not; nothing on another character, wrong padding or left-over bits.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// URL alphabet without padding (RFC 4648, 5).
[[nodiscard]] std::string to_base64url(std::string_view bytes);
/// Without padding; nothing on another character or left-over bits.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

/// Decodes %XX; nothing on a broken escape. '+' stays '+'.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// Encodes all but the unreserved characters of RFC 3986.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace voicehook
