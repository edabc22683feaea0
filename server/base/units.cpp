#include "base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <span>

namespace voicehook {

namespace {

struct unit {
    std::string_view name;
    std::int64_t factor;
};

// Ascending: the last unit that divides a quantity gives its shortest exact form.
constexpr std::array<unit, 5> time_units{{
    {"ms", 1},
    {"s", 1000},
    {"m", 60 * 1000},
    {"h", 60 * 60 * 1000},
    {"d", std::int64_t{24} * 60 * 60 * 1000},
}};
constexpr std::array<unit, 4> size_units{{
    {"B", 1},
    {"KiB", 1024},
    {"MiB", 1024 * 1024},
    {"GiB", 1024 * 1024 * 1024},
}};
constexpr std::int64_t longest = std::int64_t{100} * 365 * 24 * 60 * 60 * 1000;
constexpr std::int64_t largest = std::int64_t{1} << 40;

std::optional<std::int64_t> parse(std::string_view text, std::span<unit const> units, std::int64_t limit) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    auto number = std::int64_t{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    auto const name = text.substr(static_cast<std::size_t>(end - text.data()));
    for (auto const& [candidate, factor] : units)
        if (candidate == name) return number <= limit / factor ? std::optional{number * factor} : std::nullopt;
    return std::nullopt;
}

std::string render(std::int64_t quantity, std::span<unit const> units, std::string_view zero) {
    if (quantity == 0) return std::string{zero};
    auto best = units.front();
    for (auto const& candidate : units)
        if (quantity % candidate.factor == 0) best = candidate;
    return fmt::format("{}{}", quantity / best.factor, best.name);
}

}  // namespace

std::optional<duration> parse_duration(std::string_view text) {
    auto const milliseconds = parse(text, time_units, longest);
    if (!milliseconds) return std::nullopt;
    return duration{*milliseconds};
}

std::string to_text(duration span) { return render(span.count(), time_units, "0s"); }

std::optional<std::size_t> parse_size(std::string_view text) {
    auto const bytes = parse(text, size_units, largest);
    if (!bytes) return std::nullopt;
    return static_cast<std::size_t>(*bytes);
}

std::string size_to_text(std::size_t bytes) { return render(static_cast<std::int64_t>(bytes), size_units, "0B"); }

}  // namespace voicehook
