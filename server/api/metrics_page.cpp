#include "api/metrics_page.hpp"

#include "api/answers.hpp"
#include "api/exposition_choice.hpp"
#include "core/lateness.hpp"

#include <algorithm>

namespace voicehook::api {
namespace {

double age_in_seconds(std::optional<instant> since, instant now) {
    return since ? std::max(0.0, std::chrono::duration<double>(now - *since).count()) : 0.0;
}

template <class Map, class Key>
double count_of(Map const& counts, Key key) {
    auto const entry = counts.find(key);
    return entry == counts.end() ? 0.0 : static_cast<double>(entry->second);
}

}  // namespace

std::vector<http::route> metrics_page::routes() {
    http::route page{.method = "GET",
                     .pattern = "/metrics",
                     .body = {},
                     .admit = {},
                     .handle = [this](http::request item) { return render(std::move(item)); },
                     .on_body_refused = {}};
    return {std::move(page)};
}

awaitable<http::response> metrics_page::render(http::request item) {
    auto const counters = co_await store_.summary(clock_.now());
    if (!counters) co_return unavailable_response(counters.error());  // a gauge that is not known is not 0
    set_gauges(*counters);
    refresh_();
    http::response answer;
    auto const format = preferred_exposition(item);
    answer.content_type = content_type_of(format);
    answer.body = metrics_.render(format);
    answer.headers.emplace_back("Vary", "Accept");
    co_return answer;
}

void metrics_page::set_gauges(ports::store_summary const& counters) {
    auto const now = clock_.now();
    for (auto const& [stage, name] : names_of<core::stage>) {
        metrics_.set(telemetry::gauge::tasks, {name}, count_of(counters.tasks, stage));
        auto const oldest = counters.oldest.find(stage);
        if (stage != core::stage::ended)
            metrics_.set(telemetry::gauge::oldest_task_seconds, {name},
                         age_in_seconds(oldest == counters.oldest.end() ? std::nullopt : oldest->second, now));
    }
    set_lateness(counters, now);
    metrics_.set(telemetry::gauge::tasks_disputed, {}, static_cast<double>(counters.disputed));
    metrics_.set(telemetry::gauge::store_bytes, {}, static_cast<double>(counters.file_bytes));
    for (auto const& [name, counts] : counters.sinks) shown_.insert(name);
    for (auto const& name : shown_) {
        metrics_.add_sinks({name.value()});  // one that the configuration has no more may still have deliveries
        auto const known = counters.sinks.find(name);
        set_sink_gauges(name, known == counters.sinks.end() ? ports::sink_counts{} : known->second, now);
    }
}

void metrics_page::set_lateness(ports::store_summary const& counters, instant now) {
    auto const late = [now](std::optional<instant> due) {
        return std::chrono::duration<double>(core::past_due(due, now).value_or(duration::zero())).count();
    };
    auto deliveries = 0.0;
    for (auto const& [name, counts] : counters.sinks) deliveries = std::max(deliveries, late(counts.next_due));
    metrics_.set(telemetry::gauge::past_due_seconds, {"submission"}, late(counters.next_submission));
    metrics_.set(telemetry::gauge::past_due_seconds, {"query"}, late(counters.next_query));
    metrics_.set(telemetry::gauge::past_due_seconds, {"delivery"}, deliveries);
}

void metrics_page::set_sink_gauges(sink_name const& name, ports::sink_counts const& counts, instant now) {
    auto const waiting = count_of(counts.by_state, core::delivery_state::pending) +
                         count_of(counts.by_state, core::delivery_state::delivering);
    metrics_.set(telemetry::gauge::deliveries_pending, {name.value()}, waiting);
    metrics_.set(telemetry::gauge::oldest_delivery_seconds, {name.value()}, age_in_seconds(counts.oldest_waiting, now));
    metrics_.set(telemetry::gauge::oldest_undelivered_result_seconds, {name.value()},
                 age_in_seconds(counts.oldest_alive, now));
    metrics_.set(telemetry::gauge::sink_paused, {name.value()}, counts.paused ? 1 : 0);
    for (auto const& [cause, label] : names_of<core::delivery_cause>)
        metrics_.set(telemetry::gauge::deliveries_parked, {name.value(), label},
                     count_of(counts.parked_by_cause, cause));
}

}  // namespace voicehook::api
