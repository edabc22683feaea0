// Numbers, ages and sizes as people read them. What is not known is "–", never 0.
#pragma once

#include "app/ops/json_part.hpp"
#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace voicehook::app::ops {

inline constexpr std::string_view unknown_mark = "–";

/// Text that a terminal shows as it is (`shown`); "" is shown as "–" too.
[[nodiscard]] std::string text_or_dash(json_part const& value);
/// "1,234,567".
[[nodiscard]] std::string count(std::optional<double> number);
/// Seconds as one number and a unit: "12 s", "3 min", "5 h", "12 d".
[[nodiscard]] std::string span(std::optional<double> seconds);
/// "3 min ago", "in 3 min".
[[nodiscard]] std::string when(std::optional<instant> moment, instant now);
/// How long ago, without the word: "3 min".
[[nodiscard]] std::string age(std::optional<instant> moment, instant now);
/// "2026-04-02 10:11:12.345", UTC.
[[nodiscard]] std::string clock_time(std::optional<instant> moment);
/// "512 B", "1.4 MiB".
[[nodiscard]] std::string bytes(std::optional<double> number);
/// 0.031 as "3.1 %".
[[nodiscard]] std::string share(std::optional<double> part);
/// "1 delivery", "12 deliveries".
[[nodiscard]] std::string counted(double number, std::string_view one, std::string_view more);

}  // namespace voicehook::app::ops
