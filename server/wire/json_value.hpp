// What one raw JSON value says: its kind, text and number, and a form that equal values share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::wire {

// All of these take a slice as `split_object` and `split_array` cut it: well-formed, without white space around it.

enum class json_kind : unsigned char { object = 1, array, text, number, boolean, null };

[[nodiscard]] json_kind kind_of(std::string_view value) noexcept;

/// The text of a string; nothing for another kind, or where an unpaired surrogate makes it no text.
[[nodiscard]] std::optional<std::string> read_text(std::string_view value);

/// The text of a string, with U+FFFD for each unpaired surrogate; "" for another kind.
[[nodiscard]] std::string decode_text(std::string_view value);

/// A number without a fraction, however it is written (24000, 24000.0, 2.4e4), that fits; else nothing. Exact.
[[nodiscard]] std::optional<std::int64_t> read_integer(std::string_view value);

/// The nearest double; nothing for another kind or a number past the range of double (1e400).
[[nodiscard]] std::optional<double> read_number(std::string_view value);

/// A text that is the same for values that are equal as JSON: members sorted, no white space, one way of escaping, one
/// way of writing each number. For digests; not meant to be read.
[[nodiscard]] std::string canonical(std::string_view value);

}  // namespace voicehook::wire
