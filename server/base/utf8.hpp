// Counting and checking UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook {

/// How many bytes the code point at the beginning takes; 0 when `text` is empty or begins with ill-formed bytes.
[[nodiscard]] std::size_t code_point_length(std::string_view text) noexcept;

/// How many bytes at the beginning are ASCII that a JSON string holds as it is: neither control characters (0x7f
/// included) nor quotes nor backslashes. For scanning text quickly.
[[nodiscard]] std::size_t plain_length(std::string_view text) noexcept;

/// The number of code points; nothing when the bytes are not well-formed UTF-8 (overlong forms and surrogates are not).
[[nodiscard]] std::optional<std::size_t> count_code_points(std::string_view text) noexcept;

/// For logs and errors: at most `limit` bytes, cut between code points; control and ill-formed bytes become '?'.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit);

}  // namespace voicehook
