// Text from anywhere, made fit for a terminal, and how many columns it takes there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace voicehook::app::ops {

/// One line that a terminal shows as it is: line breaks and tabs become spaces; '?' stands for everything deceptive
/// (`is_deceptive`: escape sequences begin with a control character, in C0 or C1), for ill-formed bytes, for what has
/// no looks (private use, non-characters) and for more than four marks on one character. Idempotent.
[[nodiscard]] std::string shown(std::string_view text);

/// `shown`, but line breaks stay: for bodies, which are printed line by line.
[[nodiscard]] std::string shown_lines(std::string_view text);

/// The columns that a text which went through `shown` takes: 2 for wide characters, none for combining marks.
/// Source: Unicode 15, East Asian Width and general categories Mn and Me, in blocks.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// At most `columns` of a text which went through `shown`; what is cut ends with '…'.
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns);

}  // namespace voicehook::app::ops
