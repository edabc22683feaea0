// The trace id in a stored traceparent, as the stores search for it.
#pragma once

#include <string_view>

namespace voicehook::store {

/// The trace id of `00-<32 hex digits>-…` (W3C Trace Context, 3.2.2), or nothing.
[[nodiscard]] constexpr std::string_view trace_of(std::string_view trace_parent) noexcept {
    constexpr std::size_t begin = 3;
    constexpr std::size_t digits = 32;
    return trace_parent.size() < begin + digits ? std::string_view{} : trace_parent.substr(begin, digits);
}

/// The same in SQL, as the index has it.
inline constexpr std::string_view trace_of_column = "substr(trace_parent, 4, 32)";

}  // namespace voicehook::store
