#include "app/ops/phrases.hpp"

#include "app/ops/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace voicehook::app::ops {
namespace {

constexpr double minute = 60;
constexpr double hour = 60 * minute;
constexpr double day = 24 * hour;

std::string dash() { return std::string{unknown_mark}; }

double seconds_between(instant from, instant to) { return std::chrono::duration<double>(to - from).count(); }

}  // namespace

std::string text_or_dash(json_part const& value) {
    auto const text = value.text();
    return text && !text->empty() ? shown(*text) : dash();
}

std::string count(std::optional<double> number) {
    if (!number) return dash();
    auto out = fmt::format("{:.0f}", *number);
    auto const digits_begin = out.starts_with('-') ? 1U : 0U;
    for (auto at = out.size(); at > digits_begin + 3;) out.insert(at -= 3, ",");
    return out;
}

std::string span(std::optional<double> seconds) {
    if (!seconds) return dash();
    auto const whole = std::max(0.0, *seconds);
    if (whole < minute) return fmt::format("{:.0f} s", std::floor(whole));
    if (whole < hour) return fmt::format("{:.0f} min", std::floor(whole / minute));
    if (whole < 2 * day) return fmt::format("{:.0f} h", std::floor(whole / hour));
    return count(std::floor(whole / day)) + " d";
}

std::string when(std::optional<instant> moment, instant now) {
    if (!moment) return dash();
    return *moment <= now ? age(moment, now) + " ago" : "in " + span(seconds_between(now, *moment));
}

std::string age(std::optional<instant> moment, instant now) {
    return moment ? span(seconds_between(*moment, now)) : dash();
}

std::string clock_time(std::optional<instant> moment) {
    if (!moment) return dash();
    auto out = to_rfc3339(*moment);
    out.pop_back();
    std::ranges::replace(out, 'T', ' ');
    return out;
}

std::string bytes(std::optional<double> number) {
    if (!number) return dash();
    constexpr auto units = std::array{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = *number;
    auto unit = std::size_t{};
    for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
    return unit == 0 ? fmt::format("{:.0f} B", value) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string share(std::optional<double> part) { return part ? fmt::format("{:.1f} %", *part * 100) : dash(); }

std::string counted(double number, std::string_view one, std::string_view more) {
    return fmt::format("{} {}", count(number), number == 1 ? one : more);
}

}  // namespace voicehook::app::ops
