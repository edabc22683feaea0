// Any bytes as text that PostgreSQL takes: its texts hold neither NUL nor ill-formed UTF-8, and what others send may.
#pragma once

#include <string>
#include <string_view>

namespace voicehook::store::postgres {

/// Whether the bytes stand in a text as they are: well-formed UTF-8 without NUL and without U+0001.
[[nodiscard]] bool stands_as_it_is(std::string_view bytes) noexcept;

/// The bytes as text, different for different bytes: those that cannot stand there become U+0001 and two hex digits.
[[nodiscard]] std::string to_kept_text(std::string_view bytes);

/// The bytes again.
[[nodiscard]] std::string from_kept_text(std::string_view text);

}  // namespace voicehook::store::postgres
