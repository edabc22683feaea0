#include "exposition.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <regex>

namespace voicehook::telemetry::testing {
namespace {

std::optional<double> number(std::string const& text) {
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    double out{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

/// `{a="x",b="y"}` with its labels sorted; nothing when it is malformed.
std::optional<std::string> normal_labels(std::string const& text) {
    static auto const label = std::regex{R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(,|$))re"};
    std::map<std::string, std::string> sorted;
    auto at = text.begin();
    std::smatch match;
    while (at != text.end()) {
        if (!std::regex_search(at, text.end(), match, label, std::regex_constants::match_continuous))
            return std::nullopt;
        if (!sorted.emplace(match[1], match[2]).second) return std::nullopt;
        at = match[0].second;
    }
    std::string out;
    for (auto const& [name, value] : sorted) out += (out.empty() ? "" : ",") + name + "=\"" + value + "\"";
    return out.empty() ? out : "{" + out + "}";
}

/// The family that a sample's name belongs to; "" when none was announced.
std::string family_of(exposition const& seen, std::string const& name) {
    if (seen.types.contains(name)) return seen.types.at(name) == "histogram" ? "" : name;
    for (std::string const suffix : {"_bucket", "_sum", "_count"}) {
        if (!name.ends_with(suffix)) continue;
        auto const base = name.substr(0, name.size() - suffix.size());
        if (seen.types.contains(base) && seen.types.at(base) == "histogram") return base;
    }
    return "";
}

bool read_line(exposition& out, std::string const& line) {
    static auto const help = std::regex{R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))"};
    static auto const type = std::regex{R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))"};
    static auto const sample = std::regex{R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+))"};

    std::smatch match;
    if (std::regex_match(line, match, help)) return out.helps.emplace(match[1], match[2]).second;
    if (std::regex_match(line, match, type)) return out.types.emplace(match[1], match[2]).second;
    if (!std::regex_match(line, match, sample)) return false;

    auto const labels = normal_labels(match[2].str());
    auto const value = number(match[3].str());
    if (!labels || !value || family_of(out, match[1].str()).empty()) return false;
    return out.samples.emplace(match[1].str() + *labels, *value).second;
}

}  // namespace

double exposition::value(std::string const& series) const {
    auto const found = samples.find(series);
    return found == samples.end() ? -1 : found->second;
}

std::set<std::string> exposition::values_of(std::string const& metric, std::string const& label) const {
    auto const wanted = std::regex{"[{,]" + label + "=\"([^\"]*)\""};
    std::set<std::string> out;
    for (auto const& [series, value] : samples) {
        std::smatch match;
        if (series.starts_with(metric + "{") && std::regex_search(series, match, wanted)) out.insert(match[1]);
    }
    return out;
}

std::expected<exposition, std::string> read_exposition(std::string_view text) {
    if (!text.ends_with('\n')) return std::unexpected{"the last line has no end"};
    exposition out;
    while (!text.empty()) {
        auto const end = text.find('\n');
        auto const line = std::string{text.substr(0, end)};
        if (!read_line(out, line)) return std::unexpected{line};
        text.remove_prefix(end + 1);
    }
    return out;
}

}  // namespace voicehook::telemetry::testing
