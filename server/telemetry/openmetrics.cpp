#include "telemetry/openmetrics.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace voicehook::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using labels = std::vector<ClientMetric::Label>;

/// Units that our names end with. The format wants them said once more.
constexpr auto units = std::to_array<std::string_view>({"seconds", "bytes"});

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (auto const character : text) {
        switch (character) {
            case '\\': out += "\\\\"; break;
            case '"': out += "\\\""; break;
            case '\n': out += "\\n"; break;
            default: out += character;
        }
    }
    return out;
}

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
    return fmt::format("{}", value);
}

std::string without(std::string_view name, std::string_view suffix) {
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
    return std::string{name};
}

labels with(labels more, std::string_view name, std::string value) {
    more.push_back({std::string{name}, std::move(value)});
    return more;
}

/// One family's lines.
class family_writer {
public:
    family_writer(std::string& out, MetricFamily const& family, exemplars const& seen)
        : out_{out}, family_{family}, seen_{seen} {}

    void write() {
        switch (family_.type) {
            case MetricType::Counter: return write_counters();
            case MetricType::Histogram: return write_histograms();
            case MetricType::Gauge:
                return family_.name.ends_with("_info") ? write_plain("info", "_info") : write_plain("gauge", "");
            case MetricType::Summary:
            case MetricType::Untyped: return;  // the catalogue has none
        }
    }

private:
    void announce(std::string_view name, std::string_view type) {
        out_ += fmt::format("# TYPE {} {}\n", name, type);
        for (auto const unit : units)
            if (name.ends_with(fmt::format("_{}", unit))) out_ += fmt::format("# UNIT {} {}\n", name, unit);
        out_ += fmt::format("# HELP {} {}\n", name, escaped(family_.help));
    }

    void sample(std::string_view suffix, labels const& of, std::string const& value, std::string_view after = "") {
        out_ += fmt::format("{}{}{} {}{}\n", family_.name, suffix, labels_text(of), value, after);
    }

    void write_plain(std::string_view type, std::string_view suffix) {
        announce(without(family_.name, suffix), type);
        for (auto const& item : family_.metric) sample("", item.label, number(item.gauge.value));
    }

    void write_counters() {
        announce(without(family_.name, "_total"), "counter");
        for (auto const& item : family_.metric) sample("", item.label, number(item.counter.value));
    }

    void write_histograms() {
        announce(family_.name, "histogram");
        for (auto const& item : family_.metric) write_histogram(item);
    }

    void write_histogram(ClientMetric const& item) {
        auto const name = series_name(family_.name, item.label);
        auto const& told = item.histogram;
        for (std::size_t position = 0; position < told.bucket.size(); ++position) {
            auto const& bucket = told.bucket[position];
            sample("_bucket", with(item.label, "le", bound_text(bucket.upper_bound)),
                   fmt::format("{}", bucket.cumulative_count), exemplar_text(seen_.find(name, position)));
        }
        sample("_count", item.label, fmt::format("{}", told.sample_count));
        sample("_sum", item.label, number(told.sample_sum));
    }

    static std::string exemplar_text(exemplar const* item) {
        if (item == nullptr) return "";
        return fmt::format(" # {{trace_id=\"{}\"}} {} {:.3f}", item->trace_id, number(item->value), item->at);
    }

    std::string& out_;
    MetricFamily const& family_;
    exemplars const& seen_;
};

}  // namespace

std::string labels_text(labels const& of) {
    std::string out;
    for (auto const& [name, value] : of)
        out += fmt::format("{}{}=\"{}\"", out.empty() ? "{" : ",", name, escaped(value));
    return out.empty() ? out : out + "}";
}

std::string series_name(std::string_view family, labels const& of) { return std::string{family} + labels_text(of); }

std::string bound_text(double bound) {
    if (std::isinf(bound)) return number(bound);
    // Between these the format writes numbers out, outside of them with an exponent.
    constexpr double least = 1e-4;
    constexpr double too_many = 1e6;
    auto const size = std::abs(bound);
    auto const plain = size == 0 || (size >= least && size < too_many);

    std::array<char, 32> text{};
    auto const format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    auto const written = std::to_chars(text.data(), text.data() + text.size(), bound, format);
    auto out = std::string{text.data(), written.ptr};
    if (plain && out.find('.') == std::string::npos) out += ".0";
    return out;
}

std::string render_openmetrics(std::vector<MetricFamily> const& families, exemplars const& seen) {
    std::string out;
    for (auto const& family : families) family_writer{out, family, seen}.write();
    return out += "# EOF\n";
}

}  // namespace voicehook::telemetry
