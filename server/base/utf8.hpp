// Counting and checking UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook {

/// How many bytes the code point at the beginning takes; 0 when `text` is empty or begins with ill-formed bytes.
[[nodiscard]] std::size_t code_point_length(std::string_view text) noexcept;

/// The code point of one well-formed sequence, as long as `code_point_length` says.
[[nodiscard]] char32_t code_point(std::string_view sequence) noexcept;

/// Whether a reader of the text would not see it as it is: control characters (C0, 0x7f, C1), line and paragraph
/// separators, what turns the direction of text around (UTR 36, 2.1) and what takes no room at all.
[[nodiscard]] bool is_deceptive(char32_t code_point) noexcept;

/// Adds it as an escape of a JSON string, past U+FFFF as two.
void append_json_escape(std::string& out, char32_t code_point);

/// How many bytes at the beginning are ASCII that a JSON string holds as it is: neither control characters (0x7f
/// included) nor quotes nor backslashes. For scanning text quickly.
[[nodiscard]] std::size_t plain_length(std::string_view text) noexcept;

/// The number of code points; nothing when the bytes are not well-formed UTF-8 (overlong forms and surrogates are not).
[[nodiscard]] std::optional<std::size_t> count_code_points(std::string_view text) noexcept;

/// For errors and what people read: at most `limit` bytes, cut between code points; deceptive characters and ill-formed
/// bytes become '?'.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit);

}  // namespace voicehook
