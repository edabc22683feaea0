#include "api/exposition_choice.hpp"

#include "core/letter_case.hpp"

#include <algorithm>
#include <charconv>
#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::api {
namespace {

/// One entry of an Accept header, in lower case.
struct media_range {
    std::string type;     ///< "text/plain", "text/*", "*/*"
    std::string version;  ///< its parameter, or empty
    double weight{1};
};

/// What a text of ours is called.
struct media_name {
    std::string_view type;
    std::string_view wildcard;
    std::string_view version;
};

constexpr media_name prometheus_text{"text/plain", "text/*", "0.0.4"};
constexpr media_name openmetrics_text{"application/openmetrics-text", "application/*", "1.0.0"};

/// How much a text is wanted; of two with the same weight the one that was named more exactly.
struct preference {
    double weight{};
    int exactness{};
    auto operator<=>(preference const&) const = default;
};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    auto const begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Splits outside of quotes; trims each part.
std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts{""};
    auto quoted = false;
    for (auto const character : text) {
        if (character == '"') quoted = !quoted;
        if (character == separator && !quoted)
            parts.emplace_back();
        else
            parts.back() += character;
    }
    for (auto& part : parts) part = std::string{trimmed(part)};
    return parts;
}

/// A weight is 0 to 1; one that cannot be read wants nothing.
double weight_of(std::string_view text) {
    double value{};
    auto const* const end = text.data() + text.size();
    auto const [stopped, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
    auto const sound = error == std::errc{} && stopped == end && value >= 0 && value <= 1;
    return sound ? value : 0;
}

media_range read_range(std::string_view text) {
    auto const parts = split(text, ';');
    media_range out{.type = parts.front(), .version = {}};
    for (auto const& parameter : parts) {
        auto const equals = std::min(parameter.find('='), parameter.size());
        auto const name = trimmed(std::string_view{parameter}.substr(0, equals));
        auto value = trimmed(std::string_view{parameter}.substr(std::min(equals + 1, parameter.size())));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
        if (name == "version") out.version = value;
        if (name == "q") out.weight = weight_of(value);
    }
    return out;
}

std::vector<media_range> ranges_of(http::request const& item) {
    std::vector<media_range> out;
    for (auto const& [name, value] : item.headers) {
        if (!core::same_word(name, "accept")) continue;
        auto lower = value;
        std::ranges::transform(lower, lower.begin(), core::to_lower);
        for (auto const& part : split(lower, ','))
            if (!part.empty()) out.push_back(read_range(part));
    }
    return out;
}

/// How exactly a range names a text; 0: not at all.
int exactness_of(media_range const& range, media_name const& ours) {
    enum : int { not_at_all, anything, its_kind, by_name, with_version };
    if (range.type == ours.type && range.version == ours.version) return with_version;
    if (range.type == ours.type && range.version.empty()) return by_name;
    if (range.type == ours.wildcard) return its_kind;
    return range.type == "*/*" ? anything : not_at_all;
}

/// The weight of the range that names a text most exactly.
preference wanted(std::vector<media_range> const& ranges, media_name const& ours) {
    preference out;
    for (auto const& range : ranges) {
        auto const exactness = exactness_of(range, ours);
        if (exactness > out.exactness) out = {range.weight, exactness};
    }
    return out;
}

}  // namespace

telemetry::exposition_format preferred_exposition(http::request const& item) {
    auto const ranges = ranges_of(item);
    auto const openmetrics = wanted(ranges, openmetrics_text);
    auto const preferred = openmetrics.weight > 0 && openmetrics > wanted(ranges, prometheus_text);
    return preferred ? telemetry::exposition_format::openmetrics : telemetry::exposition_format::prometheus;
}

std::string_view content_type_of(telemetry::exposition_format format) noexcept {
    switch (format) {
        case telemetry::exposition_format::openmetrics:
            return "application/openmetrics-text; version=1.0.0; charset=utf-8";
        case telemetry::exposition_format::prometheus: break;
    }
    return "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace voicehook::api
