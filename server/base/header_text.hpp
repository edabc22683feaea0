// What may stand in a header of an HTTP message.
#pragma once

#include <string_view>

namespace voicehook {

/// A token: letters, digits and a few marks, at least one (RFC 9110, 5.6.2).
[[nodiscard]] bool is_header_name(std::string_view text) noexcept;

/// No control character: nothing that could end the line.
[[nodiscard]] bool is_header_value(std::string_view text) noexcept;

}  // namespace voicehook
