// Durations ("30s") and sizes ("64KiB") as people write them.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook {

/// A whole number and a unit of ms, s, m, h, d: "250ms", "24h". Nothing on anything else or on overflow (over 100
/// years).
[[nodiscard]] std::optional<duration> parse_duration(std::string_view text);
/// The shortest exact form: 90000 ms is "90s", 60000 ms is "1m".
[[nodiscard]] std::string to_text(duration span);

/// A whole number of bytes with B, KiB, MiB or GiB: "64KiB". Nothing on anything else or on overflow (over 1 TiB).
[[nodiscard]] std::optional<std::size_t> parse_size(std::string_view text);
/// The shortest exact form.
[[nodiscard]] std::string size_to_text(std::size_t bytes);

}  // namespace voicehook
