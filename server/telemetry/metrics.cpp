#include "telemetry/metrics.hpp"

#include "telemetry/catalogue.hpp"
#include "telemetry/exemplars.hpp"
#include "telemetry/openmetrics.hpp"
#include "telemetry/process_figures.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <sstream>
#include <type_traits>
#include <utility>
#include <vector>

namespace voicehook::telemetry {
namespace {

/// The values a label may take, without and with what the last configuration brought.
using value_tables = std::map<dimension, std::set<std::string, std::less<>>>;

value_tables tables_for(metric_labels const& labels, family_description const& family) {
    value_tables out;
    for (auto const what : family.labels) {
        auto& values = out[what];
        for (auto& value : known_values(what, labels)) values.insert(std::move(value));
        values.emplace(other_label);
    }
    return out;
}

/// One family of metrics of type T, with a series for every combination of known label values.
template <class T>
class family {
public:
    family(prometheus::Family<T>& registered, family_description const& description)
        : registered_{registered}, description_{description} {}

    /// Makes the series that are missing.
    void complete(metric_labels const& labels) {
        for (auto& [what, values] : tables_for(labels, description_)) known_[what].merge(values);
        complete_from(0, {}, {});
    }

    struct one_series {
        T* counts{};
        std::string name;  ///< as exemplars know it
    };

    /// The series for these label values; nothing when their number is wrong.
    [[nodiscard]] one_series const* find(std::initializer_list<std::string_view> labels) const {
        if (labels.size() != description_.labels.size()) return nullptr;
        std::string path;
        auto value = labels.begin();
        for (auto const what : description_.labels) {
            auto const& values = known_.at(what);
            path.append(values.contains(*value) ? *value : other_label).push_back(separator);
            ++value;
        }
        auto const found = series_.find(path);
        return found == series_.end() ? nullptr : &found->second;
    }

    [[nodiscard]] std::map<std::string, one_series> const& series() const { return series_; }
    [[nodiscard]] family_description const& description() const { return description_; }

    /// The label values of a series.
    [[nodiscard]] static std::vector<std::string> labels_of(std::string_view path) {
        std::vector<std::string> values;
        for (; !path.empty(); path.remove_prefix(values.back().size() + 1))
            values.emplace_back(path.substr(0, path.find(separator)));
        return values;
    }

private:
    static constexpr char separator = '\x1f';

    void complete_from(std::size_t position, prometheus::Labels const& labels, std::string const& path) {
        if (position == description_.labels.size()) {
            if (!series_.contains(path)) series_.emplace(path, one_series{&make(labels), name_of(labels)});
            return;
        }
        auto const what = description_.labels[position];
        for (auto const& value : known_.at(what)) {
            auto more = labels;
            more.emplace(label_name(what), value);
            complete_from(position + 1, more, path + value + separator);
        }
    }

    T& make(prometheus::Labels const& labels) {
        if constexpr (!std::is_same_v<T, prometheus::Histogram>)
            return registered_.Add(labels);
        else
            return registered_.Add(labels, std::vector(description_.buckets.begin(), description_.buckets.end()));
    }

    [[nodiscard]] std::string name_of(prometheus::Labels const& labels) const {
        std::vector<prometheus::ClientMetric::Label> list;
        for (auto const& [name, value] : labels) list.push_back({name, value});
        return series_name(registered_.GetName(), list);
    }

    prometheus::Family<T>& registered_;
    family_description const& description_;
    value_tables known_;
    std::map<std::string, one_series> series_;
};

std::string full_name(std::string_view name, std::string_view suffix = "") {
    return std::string{name_prefix}.append(name).append(suffix);
}

double seconds_since_1970() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

struct metrics::state {
    explicit state(metric_labels names, std::string_view version) : labels{std::move(names)} {
        for (auto const what : all_counters()) {
            auto const& about = describe(what);
            auto& registered = prometheus::BuildCounter()
                                   .Name(full_name(about.name, "_total"))
                                   .Help(std::string{about.help})
                                   .Register(registry);
            counters.try_emplace(what, registered, about);
        }
        for (auto const what : all_gauges()) {
            auto const& about = describe(what);
            gauges.try_emplace(what, plain_gauge(about.name, about.help), about);
        }
        for (auto const what : all_histograms()) {
            auto const& about = describe(what);
            auto& registered = prometheus::BuildHistogram()
                                   .Name(full_name(about.name))
                                   .Help(std::string{about.help})
                                   .Register(registry);
            histograms.try_emplace(what, registered, about);
        }
        complete();

        plain_gauge("build_info", "Always 1; the labels tell what was built.")
            .Add({{"version", std::string{version}}, {"compiler", __VERSION__}})
            .Set(1);
        plain_gauge("process_start_time_seconds", "When the process started, in seconds since 1970.")
            .Add({})
            .Set(seconds_since_1970());
        resident_bytes = &plain_gauge("process_resident_memory_bytes", "Memory that the process occupies.").Add({});
        open_files = &plain_gauge("process_open_fds", "Open file descriptors.").Add({});
    }

    prometheus::Family<prometheus::Gauge>& plain_gauge(std::string_view name, std::string_view help) {
        return prometheus::BuildGauge().Name(full_name(name)).Help(std::string{help}).Register(registry);
    }

    void complete() {
        for (auto& [what, item] : counters) item.complete(labels);
        for (auto& [what, item] : gauges) item.complete(labels);
        for (auto& [what, item] : histograms) item.complete(labels);
    }

    /// Guards the label tables, series maps and exemplars; the series themselves take care of threads.
    std::mutex mutex;
    metric_labels labels;
    prometheus::Registry registry;
    std::map<counter, family<prometheus::Counter>> counters;
    std::map<gauge, family<prometheus::Gauge>> gauges;
    std::map<histogram, family<prometheus::Histogram>> histograms;
    exemplars traced;
    prometheus::Gauge* resident_bytes{};
    prometheus::Gauge* open_files{};
};

metrics::metrics(metric_labels const& labels, std::string_view version)
    : state_{std::make_unique<state>(labels, version)} {}

metrics::~metrics() = default;

void metrics::add(counter what, std::initializer_list<std::string_view> labels, double count) {
    auto const lock = std::scoped_lock{state_->mutex};
    if (auto const* const series = state_->counters.at(what).find(labels)) series->counts->Increment(count);
}

void metrics::set(gauge what, std::initializer_list<std::string_view> labels, double value) {
    auto const lock = std::scoped_lock{state_->mutex};
    if (auto const* const series = state_->gauges.at(what).find(labels)) series->counts->Set(value);
}

void metrics::observe(histogram what, std::initializer_list<std::string_view> labels, double value,
                      std::string_view trace_id) {
    auto const lock = std::scoped_lock{state_->mutex};
    auto const& family = state_->histograms.at(what);
    auto const* const series = family.find(labels);
    if (series == nullptr) return;
    series->counts->Observe(value);
    if (!trace_id.empty())
        state_->traced.keep(series->name, family.description().buckets,
                            {std::string{trace_id}, value, seconds_since_1970()});
}

void metrics::add_sinks(std::vector<std::string> const& names) {
    auto const lock = std::scoped_lock{state_->mutex};
    state_->labels.sinks = names;
    state_->complete();
}

std::vector<counted> metrics::read(counter what) const {
    auto const lock = std::scoped_lock{state_->mutex};
    auto const& family = state_->counters.at(what);
    std::vector<counted> out;
    out.reserve(family.series().size());
    for (auto const& [path, series] : family.series()) out.push_back({family.labels_of(path), series.counts->Value()});
    return out;
}

bucket_counts metrics::read(histogram what) const {
    auto const lock = std::scoped_lock{state_->mutex};
    auto const& family = state_->histograms.at(what);
    bucket_counts out{family.description().buckets, {}};
    out.counts.resize(out.bounds.size() + 1);
    for (auto const& [path, series] : family.series()) {
        auto const collected = series.counts->Collect();
        std::uint64_t below = 0;
        for (std::size_t at = 0; at < out.counts.size(); ++at) {
            auto const up_to = collected.histogram.bucket.at(at).cumulative_count;
            out.counts[at] += up_to - std::exchange(below, up_to);
        }
    }
    return out;
}

std::string metrics::render(exposition_format format) const {
    auto const figures = read_process_figures();
    state_->resident_bytes->Set(figures.resident_bytes);
    state_->open_files->Set(figures.open_files);

    auto const families = state_->registry.Collect();
    if (format == exposition_format::openmetrics) {
        auto const lock = std::scoped_lock{state_->mutex};
        return render_openmetrics(families, state_->traced);
    }
    std::ostringstream out;
    prometheus::TextSerializer{}.Serialize(out, families);
    return std::move(out).str();
}

}  // namespace voicehook::telemetry
