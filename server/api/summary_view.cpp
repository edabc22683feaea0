#include "api/summary_view.hpp"

#include "api/json_parts.hpp"
#include "core/lateness.hpp"
#include "telemetry/catalogue.hpp"
#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace voicehook::api {
namespace {

std::uint64_t count_of(std::map<core::result_source, std::uint64_t> const& counts, core::result_source source) {
    auto const entry = counts.find(source);
    return entry == counts.end() ? 0 : entry->second;
}

std::string render_stages(ports::store_summary const& counters, instant now) {
    wire::object_writer stages;
    for (auto const& [stage, name] : names_of<core::stage>) {
        auto const count = counters.tasks.contains(stage) ? counters.tasks.at(stage) : 0;
        auto const oldest = counters.oldest.contains(stage) ? counters.oldest.at(stage) : std::nullopt;
        wire::object_writer line;
        line.raw("count", number(count)).raw("oldest_age_seconds", age_or_null(oldest, now));
        stages.raw(name, std::move(line).finish());
    }
    return std::move(stages).finish();
}

std::string render_results(ports::store_summary const& counters) {
    wire::object_writer results;
    for (auto const& [source, name] : names_of<core::result_source>)
        results.raw(name, number(count_of(counters.results, source)));
    return std::move(results).finish();
}

/// Of the ends that the provider told, the part for which we had to ask.
std::string render_share_of_queries(ports::store_summary const& counters) {
    auto const asked = count_of(counters.results, core::result_source::query);
    auto const told = count_of(counters.results, core::result_source::callback) + asked;
    return told == 0 ? "null" : fmt::format("{:.6g}", static_cast<double>(asked) / static_cast<double>(told));
}

std::string seconds_or_null(std::optional<duration> span) {
    return span ? std::to_string(std::chrono::floor<std::chrono::seconds>(*span).count()) : "null";
}

std::optional<instant> link_expiry(ports::sink_counts const& counts) {
    return counts.oldest_alive ? std::optional{*counts.oldest_alive + ports::result_life} : std::nullopt;
}

/// How long the longest-due of each kind has been due.
std::string render_past_due(ports::store_summary const& counters, instant now) {
    auto deliveries = std::optional<duration>{};
    for (auto const& [name, counts] : counters.sinks)
        if (auto const late = core::past_due(counts.next_due, now)) deliveries = std::max(late, deliveries);
    wire::object_writer out;
    out.raw("submissions_seconds", seconds_or_null(core::past_due(counters.next_submission, now)));
    out.raw("queries_seconds", seconds_or_null(core::past_due(counters.next_query, now)));
    out.raw("deliveries_seconds", seconds_or_null(deliveries));
    return std::move(out).finish();
}

std::optional<instant> soonest_link_expiry(ports::store_summary const& counters) {
    auto soonest = std::optional<instant>{};
    for (auto const& [name, counts] : counters.sinks)
        if (auto const at = link_expiry(counts)) soonest = std::min(*at, soonest.value_or(*at));
    return soonest;
}

/// Null for a sink that this process does not serve.
std::string render_health(flows::sink_health const* health) {
    if (health == nullptr) return "null";
    wire::object_writer out;
    out.text("breaker", to_text(health->breaker))
        .raw("problem", health->problem.empty() ? "null" : wire::quote(health->problem))
        .raw("next_probe", time_or_null(health->next_probe))
        .raw("in_flight", number(health->in_flight))
        .raw("ill_destinations", number(health->ill_destinations));
    return std::move(out).finish();
}

std::string render_sink(ports::sink_counts const& counts, flows::sink_health const* health, instant now) {
    wire::object_writer line;
    for (auto const& [state, name] : names_of<core::delivery_state>)
        line.raw(name, number(counts.by_state.contains(state) ? counts.by_state.at(state) : 0));
    wire::object_writer causes;
    for (auto const& [cause, count] : counts.parked_by_cause)
        if (count > 0) causes.raw(to_text(cause), number(count));
    line.raw("parked_by_cause", std::move(causes).finish())
        .raw("oldest_waiting_age_seconds", age_or_null(counts.oldest_waiting, now))
        .raw("oldest_parked_age_seconds", age_or_null(counts.oldest_parked, now))
        .raw("past_due_seconds", seconds_or_null(core::past_due(counts.next_due, now)))
        .raw("soonest_link_expiry", time_or_null(link_expiry(counts)))
        .raw("paused", text_or_null(counts.paused))
        .raw("health", render_health(health))
        .boolean("configured", health != nullptr);
    return std::move(line).finish();
}

/// The sinks that the store knows, and those that wait for their first delivery.
std::string render_sinks(ports::store_summary const& counters, std::map<sink_name, flows::sink_health> const& served,
                         instant now) {
    auto known = counters.sinks;
    for (auto const& [name, health] : served) known.try_emplace(name);
    wire::object_writer sinks;
    for (auto const& [name, counts] : known) {
        auto const here = served.find(name);
        sinks.raw(name.value(), render_sink(counts, here == served.end() ? nullptr : &here->second, now));
    }
    return std::move(sinks).finish();
}

std::string render_deliveries(ports::store_summary const& counters,
                              std::map<sink_name, flows::sink_health> const& served, instant now) {
    wire::object_writer out;
    out.raw("created", number(counters.deliveries_created))
        .raw("retired", number(counters.deliveries_retired))
        .raw("sinks", render_sinks(counters, served, now));
    return std::move(out).finish();
}

std::string render_open_by_caller(ports::store_summary const& counters) {
    wire::object_writer open;
    for (auto const& [name, count] : counters.open_by_caller) open.raw(name.value(), number(count));
    return std::move(open).finish();
}

std::string render_conservation(std::vector<std::string> const& violations) {
    wire::object_writer conservation;
    conservation.boolean("ok", violations.empty()).raw("violations", render_array(violations, wire::quote));
    return std::move(conservation).finish();
}

std::string render_replica(ports::replica const& item, lease_owner const& self) {
    wire::object_writer line;
    line.text("name", item.note.name).text("owner", item.note.owner.value()).text("version", item.note.version);
    line.text("started_at", to_rfc3339(item.note.started_at)).text("seen_at", to_rfc3339(item.seen_at));
    line.boolean("self", item.note.owner == self);
    return std::move(line).finish();
}

/// Whether a series is shown: values that no table knows only once there are any.
bool is_known(telemetry::counted const& item) {
    return item.value > 0 || std::ranges::find(item.labels, telemetry::other_label) == item.labels.end();
}

std::string count(telemetry::counted const& item) { return number(static_cast<std::uint64_t>(item.value)); }

/// `{"<label>":n}` for a counter with one label.
std::string render_counts(std::vector<telemetry::counted> const& series) {
    wire::object_writer out;
    for (auto const& item : series)
        if (is_known(item)) out.raw(item.labels.front(), count(item));
    return std::move(out).finish();
}

enum class zeros : unsigned char { shown = 1, left_out };

/// `{"<first label>":{"<second label>":n}}` for a counter with two.
std::string render_nested_counts(std::vector<telemetry::counted> const& series, zeros rule) {
    std::map<std::string, wire::object_writer> groups;
    for (auto const& item : series) {
        if (!is_known(item)) continue;
        auto& group = groups[item.labels.front()];
        if (rule == zeros::shown || item.value > 0) group.raw(item.labels.back(), count(item));
    }
    wire::object_writer out;
    for (auto& [name, group] : groups) out.raw(name, std::move(group).finish());
    return std::move(out).finish();
}

std::string render_problem(std::optional<provider_problem> const& what) {
    if (!what) return "null";
    wire::object_writer out;
    out.text("at", to_rfc3339(what->at)).text("operation", what->operation).text("status", what->status);
    return std::move(out).finish();
}

/// A limit that does not exist is no number: `unlimited` tells of it.
std::string render_credits(std::optional<flows::credits_reading> const& told) {
    wire::object_writer out;
    auto const limited = told && std::isfinite(told->remaining);
    out.raw("remaining", limited ? fmt::format("{}", told->remaining) : "null")
        .raw("unlimited", told ? (limited ? "false" : "true") : "null")
        .raw("at", time_or_null(told ? std::optional{told->at} : std::nullopt));
    return std::move(out).finish();
}

std::string render_provider(process_view const& process) {
    wire::object_writer out;
    out.raw("in_flight", number(process.provider_in_flight))
        .raw("credits", render_credits(process.credits))
        .raw("last_answer_at", time_or_null(process.provider.last_answer_at()))
        .raw("last_problem", render_problem(process.provider.last_problem()))
        .raw("requests", render_nested_counts(process.requests, zeros::shown))
        .raw("submissions", render_counts(process.submissions));
    return std::move(out).finish();
}

std::string render_canary(std::optional<flows::canary_state> const& seen) {
    if (!seen) return "null";
    wire::object_writer out;
    out.raw("last_at", time_or_null(seen->last_at))
        .raw("ok", seen->last_at ? (seen->ok ? "true" : "false") : "null")
        .raw("latency_ms", seen->latency ? std::to_string(seen->latency->count()) : "null")
        .raw("failures", number(seen->failures));
    return std::move(out).finish();
}

std::string render_intake(process_view const& process) {
    wire::object_writer out;
    out.text("since", to_rfc3339(process.since))
        .raw("callbacks", render_counts(process.callbacks))
        .raw("rejected", render_nested_counts(process.rejected, zeros::left_out));
    return std::move(out).finish();
}

}  // namespace

std::string render_summary(ports::store_summary const& counters, std::vector<std::string> const& violations,
                           process_view const& process, instant now) {
    auto const replica = [&](ports::replica const& item) { return render_replica(item, process.owner); };
    wire::object_writer out;
    out.text("at", to_rfc3339(now)).text("version", process.version).boolean("ready", process.ready);
    out.raw("tasks", render_stages(counters, now));
    out.raw("accepted", number(counters.accepted)).raw("retired", number(counters.tasks_retired));
    out.raw("disputed", number(counters.disputed)).raw("results", render_results(counters));
    out.raw("unrouted", number(counters.unrouted));
    out.raw("recovered_by_query_share", render_share_of_queries(counters));
    out.raw("past_due", render_past_due(counters, now));
    out.raw("soonest_link_expiry", time_or_null(soonest_link_expiry(counters)));
    out.raw("deliveries", render_deliveries(counters, process.sinks, now));
    out.raw("open_by_caller", render_open_by_caller(counters)).raw("store_bytes", number(counters.file_bytes));
    out.raw("conservation", render_conservation(violations));
    out.raw("replicas", render_array(counters.replicas, replica));
    out.raw("provider", render_provider(process)).raw("intake", render_intake(process));
    out.raw("canary", render_canary(process.canary));
    return std::move(out).finish();
}

}  // namespace voicehook::api
