#include "openmetrics_reader.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <regex>
#include <set>
#include <utility>
#include <vector>

namespace voicehook::telemetry::testing {
namespace {

using label_map = std::map<std::string, std::string>;

std::optional<double> number(std::string const& text) {
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    if (text == "-Inf") return -std::numeric_limits<double>::infinity();
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    static auto const real = std::regex{R"([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)"};
    double out{};
    if (!std::regex_match(text, real)) return std::nullopt;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

/// The labels of `{a="x",b="y"}`; nothing when they are malformed.
std::optional<label_map> labels_of(std::string const& text) {
    static auto const label = std::regex{R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(,(?!$)|$))re"};
    label_map out;
    std::smatch match;
    for (auto at = text.begin(); at != text.end(); at = match[0].second) {
        if (!std::regex_search(at, text.end(), match, label, std::regex_constants::match_continuous))
            return std::nullopt;
        if (!out.emplace(match[1], match[2]).second) return std::nullopt;
    }
    return out;
}

/// One histogram series while its buckets are read.
struct buckets_seen {
    double bound{-std::numeric_limits<double>::infinity()};
    double count{};
};

class reader {
public:
    std::expected<openmetrics_text, std::string> read(std::string_view text) {
        constexpr std::string_view end = "# EOF\n";
        if (!text.ends_with(end)) return std::unexpected{"no # EOF at the end"};
        text.remove_suffix(end.size());
        if (!text.empty() && !text.ends_with('\n')) return std::unexpected{"# EOF is no line of its own"};
        while (!text.empty()) {
            auto const line = std::string{text.substr(0, text.find('\n'))};
            auto complaint = read_line(line);
            if (!complaint.empty()) return std::unexpected{complaint.append(": ").append(line)};
            text.remove_prefix(line.size() + 1);
        }
        auto const complaint = finish_family();
        if (!complaint.empty()) return std::unexpected{complaint};
        return std::move(out_);
    }

private:
    std::string read_line(std::string const& line) {
        static auto const metadata = std::regex{R"(# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))"};
        std::smatch match;
        if (!std::regex_match(line, match, metadata)) return read_sample(line);
        return read_metadata(match[1], match[2], match[3]);
    }

    std::string read_metadata(std::string const& what, std::string const& name, std::string const& text) {
        static auto const types = std::set<std::string>{"counter", "gauge", "histogram", "info"};
        if (what == "TYPE") {
            auto complaint = finish_family();
            if (!complaint.empty()) return complaint;
            if (!types.contains(text)) return "unknown type";
            current_ = name;
            if (!out_.families.emplace(name, read_family{.type = text, .unit = {}, .help = {}}).second)
                return "announced twice";
            return "";
        }
        if (name != current_ || has_samples_) return "out of place";
        auto& family = out_.families.at(name);
        auto& member = what == "UNIT" ? family.unit : family.help;
        if (!member.empty()) return "said twice";
        member = text;
        if (what == "UNIT" && !name.ends_with("_" + text)) return "the name does not end with its unit";
        return "";
    }

    std::string read_sample(std::string const& line) {
        static auto const sample = std::regex{
            R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?:[^"}]|"(?:[^"\\]|\\.)*")+)\})? (\S+)( # \{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\} (\S+)( (\S+))?)?)"};
        std::smatch match;
        if (current_.empty()) return "before any family";
        if (!std::regex_match(line, match, sample)) return "no sample";
        auto const labels = labels_of(match[3]);
        auto const value = number(match[4]);
        if (!labels || !value) return "malformed labels or number";
        if (!out_.samples.emplace(match[1].str() + match[2].str(), *value).second) return "twice";
        has_samples_ = true;
        auto complaint = check_sample(match[1], *labels, *value);
        if (!complaint.empty() || !match[5].matched) return complaint;
        return read_exemplar_of(match[1], *labels, match[1].str() + match[2].str(),
                                {match[6].str(), match[7].str(), match[9].str()});
    }

    std::string check_sample(std::string const& name, label_map labels, double value) {
        auto const& type = out_.families.at(current_).type;
        auto const suffix = name.starts_with(current_) ? name.substr(current_.size()) : "?";
        if (type == "histogram") return check_histogram(suffix, std::move(labels), value);
        if (type == "counter") return suffix == "_total" && value >= 0 ? "" : "no sample of a counter";
        if (type == "info") return suffix == "_info" && value == 1 ? "" : "no sample of an info";
        return suffix.empty() ? "" : "no sample of a gauge";
    }

    std::string check_histogram(std::string const& suffix, label_map labels, double value) {
        if (suffix == "_sum") return "";
        auto const bound_label = labels.extract("le");
        auto& seen = histograms_[labels];
        if (suffix == "_count")
            return std::isinf(seen.bound) && seen.bound > 0 && seen.count == value ? "" : "not the infinite bucket";
        auto const bound = bound_label ? number(bound_label.mapped()) : std::nullopt;
        if (suffix != "_bucket" || !bound) return "no sample of a histogram";
        if (*bound <= seen.bound || value < seen.count) return "buckets do not grow";
        seen = {.bound = *bound, .count = value};
        return "";
    }

    std::string read_exemplar_of(std::string const& name, label_map const& labels, std::string const& sample,
                                 std::vector<std::string> const& parts) {
        auto const& type = out_.families.at(current_).type;
        if (!(type == "counter" || (type == "histogram" && name.ends_with("_bucket")))) return "no exemplar here";
        auto const own = labels_of(parts[0]);
        auto const value = number(parts[1]);
        auto const at = number(parts[2].empty() ? "0" : parts[2]);
        if (!own || !value || !at) return "malformed exemplar";
        std::size_t characters = 0;
        for (auto const& [label, text] : *own) characters += label.size() + text.size();
        constexpr std::size_t most = 128;
        if (characters > most) return "the exemplar is too long";
        if (labels.contains("le") && *value > *number(labels.at("le"))) return "the exemplar is of another bucket";
        out_.exemplars.emplace(sample, read_exemplar{.labels = parts[0], .value = *value, .at = *at});
        return "";
    }

    std::string finish_family() {
        if (!current_.empty() && out_.families.at(current_).help.empty()) return "no help for " + current_;
        for (auto const& [labels, seen] : histograms_)
            if (!(std::isinf(seen.bound) && seen.bound > 0)) return "no infinite bucket in " + current_;
        histograms_.clear();
        has_samples_ = false;
        return "";
    }

    openmetrics_text out_;
    std::string current_;
    bool has_samples_{};
    std::map<label_map, buckets_seen> histograms_;
};

}  // namespace

double openmetrics_text::value(std::string const& sample) const {
    auto const found = samples.find(sample);
    return found == samples.end() ? -1 : found->second;
}

std::expected<openmetrics_text, std::string> read_openmetrics(std::string_view text) { return reader{}.read(text); }

}  // namespace voicehook::telemetry::testing
