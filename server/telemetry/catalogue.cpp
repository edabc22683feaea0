#include "telemetry/catalogue.hpp"

#include "base/log.hpp"
#include "core/delivery.hpp"
#include "core/provider_verdict.hpp"
#include "core/task.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace voicehook::telemetry {
namespace {

using enum dimension;

/// Half a millisecond to ten seconds: the provider gives a callback ten.
constexpr auto ack_buckets =
    std::to_array<double>({0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10});
constexpr auto commit_buckets =
    std::to_array<double>({0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2});
/// Ten milliseconds to a day: how long retries go on.
constexpr auto lag_buckets =
    std::to_array<double>({0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600});
constexpr auto request_buckets = std::to_array<double>({0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60});
constexpr auto row_buckets = std::to_array<double>({1, 2, 4, 8, 16, 32, 64, 128, 256});

std::map<counter, family_description> const& counters() {
    static std::map<counter, family_description> const table{
        {counter::callbacks, {"callbacks", "Callbacks by what became of them.", {callback_result}}},
        {counter::submissions, {"submissions", "Submissions to the provider by what their outcome means.", {verdict}}},
        {counter::provider_requests,
         {"provider_requests",
          "Requests to the provider by the class of its answer; none: no answer.",
          {operation, answer}}},
        {counter::results, {"results", "Ended tasks by what taught us their end.", {source}}},
        {counter::deliveries,
         {"deliveries",
          "Delivery attempts by what became of them; deliveries given up without one are parked.",
          {sink, delivery_result}}},
        {counter::deliveries_deferred,
         {"deliveries_deferred",
          "Deliveries that were put back without an attempt: their destination had no room, or the far side was ill.",
          {sink}}},
        {counter::delivery_failures, {"delivery_failures", "Delivery attempts that failed, by cause.", {sink, cause}}},
        {counter::results_unrouted, {"results_unrouted", "Ended tasks that no sink takes."}},
        {counter::http_rejected,
         {"http_rejected", "Connections and requests that were turned away.", {listener, reason}}},
        {counter::conservation_violations,
         {"conservation_violations",
          "Equations between the store's counters that did not hold. Anything but 0 is a bug."}},
        {counter::worker_failures, {"worker_failures", "Exceptions that ended a worker's turn.", {worker}}},
        {counter::log_lines_dropped, {"log_lines_dropped", "Log lines dropped because nobody read them in time."}},
        {counter::reloads, {"reloads", "Reloads of the configuration.", {reload_result}}},
        {counter::leases_taken_over,
         {"leases_taken_over", "Leases that this process took from replicas which were not seen any more."}},
        {counter::canary,
         {"canary",
          "Synthetic callbacks that this process sent through the public URL, by what became of them.",
          {canary_result}}},
        {counter::sink_connection_errors,
         {"sink_connection_errors", "Connections to a sink's brokers that failed or broke.", {sink}}},
    };
    return table;
}

std::map<gauge, family_description> const& gauges() {
    static std::map<gauge, family_description> const table{
        {gauge::tasks, {"tasks", "Tasks in the store by stage.", {stage}}},
        {gauge::oldest_task_seconds,
         {"oldest_task_seconds", "Age of the oldest task in a stage; 0 when there is none.", {open_stage}}},
        {gauge::past_due_seconds,
         {"past_due_seconds",
          "How long the longest-due submission, query or delivery has been due; 0 while none is late.",
          {work}}},
        {gauge::tasks_disputed, {"tasks_disputed", "Ended tasks with two contradicting results, not settled."}},
        {gauge::deliveries_pending, {"deliveries_pending", "Deliveries that wait or are under way.", {sink}}},
        {gauge::oldest_delivery_seconds,
         {"oldest_delivery_seconds",
          "Age of the oldest delivery that waits or is under way; 0 when there is none.",
          {sink}}},
        {gauge::oldest_undelivered_result_seconds,
         {"oldest_undelivered_result_seconds",
          "Age of the oldest result that waits or is parked and is younger than its links live, 24 h; 0 without one.",
          {sink}}},
        {gauge::deliveries_parked,
         {"deliveries_parked", "Deliveries that were given up and can be retried.", {sink, cause}}},
        {gauge::sink_paused, {"sink_paused", "1 while a sink is paused.", {sink}}},
        {gauge::sink_breaker_open,
         {"sink_breaker_open", "1 while a sink is only probed because it failed again and again.", {sink}}},
        {gauge::sink_ill_destinations,
         {"sink_ill_destinations", "Hosts of a sink that are only probed because they failed.", {sink}}},
        {gauge::connections, {"connections", "Open connections.", {listener}}},
        {gauge::certificate_expiry_timestamp_seconds,
         {"certificate_expiry_timestamp_seconds",
          "When the certificate ends, in seconds since 1970; 0 without TLS.",
          {listener}}},
        {gauge::sink_certificate_expiry_timestamp_seconds,
         {"sink_certificate_expiry_timestamp_seconds",
          "When the certificate that a sink shows its receiver ends, in seconds since 1970; 0 without one.",
          {sink}}},
        {gauge::provider_in_flight, {"provider_in_flight", "Requests to the provider under way."}},
        // Not 0 while unknown: that would mean that nothing is left.
        {gauge::provider_credits_remaining,
         {"provider_credits_remaining",
          "What the provider's account has left, as last told; NaN while unknown, +Inf when nothing limits it."}},
        {gauge::ready, {"ready", "1 while a callback could be accepted durably."}},
        {gauge::store_bytes, {"store_bytes", "Size of the store."}},
        {gauge::replicas, {"replicas", "Processes that share the store, as this one last saw them."}},
        {gauge::backup_last_success_timestamp_seconds,
         {"backup_last_success_timestamp_seconds",
          "When this process last made a verified backup of the store, in seconds since 1970; 0: not yet."}},
        {gauge::canary_last_success_timestamp_seconds,
         {"canary_last_success_timestamp_seconds",
          "When a synthetic callback last came back, in seconds since 1970; 0 while none has."}},
        {gauge::canary_failures_in_a_row,
         {"canary_failures_in_a_row", "Synthetic callbacks that did not come back since the last one that did."}},
        {gauge::sink_queue_messages,
         {"sink_queue_messages", "Messages to a sink's broker that wait to be sent or for its report.", {sink}}},
        {gauge::sink_broker_rtt_seconds,
         {"sink_broker_rtt_seconds",
          "Average round trip to the slowest of a sink's brokers; 0 until one has answered.",
          {sink}}},
    };
    return table;
}

std::map<histogram, family_description> const& histograms() {
    static std::map<histogram, family_description> const table{
        {histogram::callback_ack_seconds,
         {"callback_ack_seconds", "From a callback's last byte to our answer.", {}, ack_buckets}},
        {histogram::delivery_lag_seconds,
         {"delivery_lag_seconds", "From a task's end to its delivery.", {sink}, lag_buckets}},
        {histogram::provider_request_seconds,
         {"provider_request_seconds", "How long requests to the provider took.", {operation}, request_buckets}},
        {histogram::store_commit_seconds,
         {"store_commit_seconds", "How long commits of the store took.", {}, commit_buckets}},
        {histogram::store_commit_rows, {"store_commit_rows", "Operations that shared one commit.", {}, row_buckets}},
        {histogram::canary_seconds,
         {"canary_seconds",
          "How long synthetic callbacks took, from the name's lookup to the answer.",
          {},
          ack_buckets}},
    };
    return table;
}

template <class E>
std::vector<E> keys_of(std::map<E, family_description> const& table) {
    std::vector<E> out;
    out.reserve(table.size());
    for (auto const& [what, family] : table) out.push_back(what);
    return out;
}

template <named E>
std::vector<std::string> all_names() {
    std::vector<std::string> out;
    out.reserve(names_of<E>.size());
    for (auto const& [value, name] : names_of<E>) out.emplace_back(name);
    return out;
}

std::vector<std::string> with(std::vector<std::string> names, std::string_view more) {
    if (std::ranges::find(names, more) == names.end()) names.emplace_back(more);
    return names;
}

std::vector<std::string> open_stages() {
    auto out = all_names<core::stage>();
    std::erase(out, to_text(core::stage::ended));
    return out;
}

}  // namespace

family_description const& describe(counter what) { return counters().at(what); }
family_description const& describe(gauge what) { return gauges().at(what); }
family_description const& describe(histogram what) { return histograms().at(what); }

std::span<counter const> all_counters() noexcept {
    static auto const all = keys_of(counters());
    return all;
}

std::span<gauge const> all_gauges() noexcept {
    static auto const all = keys_of(gauges());
    return all;
}

std::span<histogram const> all_histograms() noexcept {
    static auto const all = keys_of(histograms());
    return all;
}

std::string_view label_name(dimension what) noexcept {
    switch (what) {
        case callback_result:
        case canary_result:
        case delivery_result:
        case reload_result: return "result";
        case verdict: return "verdict";
        case operation: return "operation";
        case answer: return "status";
        case source: return "source";
        case sink: return "sink";
        case listener: return "listener";
        case reason: return "reason";
        case worker: return "worker";
        case stage:
        case open_stage: return "stage";
        case cause: return "cause";
        case work: return "work";
    }
    return "?";
}

std::vector<std::string> known_values(dimension what, metric_labels const& from) {
    switch (what) {
        case callback_result:
            return {"accepted",  "duplicate", "conflict",  "ignored",    "evidence", "orphan",      "mismatch",
                    "malformed", "bad_token", "too_large", "media_type", "retired",  "unavailable", "canary"};
        case canary_result:
            return {"ok",        "dns",         "refused", "tls",      "timeout", "reset",
                    "not_found", "unavailable", "status",  "stranger", "failed"};
        case verdict: return with(with(all_names<core::submission_verdict>(), "lost"), "expired");
        case operation: return {"submit", "query", "credits"};
        case answer: return {"2xx", "3xx", "4xx", "429", "5xx", "none"};
        case source: return all_names<core::result_source>();
        case sink: return with(from.sinks, core::callback_url_sink);
        case delivery_result: return {"delivered", "retried", "parked", "lost_lease", "unrecorded"};
        case listener: return from.listeners;
        case reason: return from.reject_reasons;
        case worker:
            return {"submit", "submission", "dispatch", "delivery",  "sink_watch", "reconcile", "query",
                    "retain", "replay",     "company",  "chronicle", "credits",    "canary",    "supervise"};
        case reload_result: return {"ok", "refused"};
        case stage: return all_names<core::stage>();
        case open_stage: return open_stages();
        case cause: return all_names<core::delivery_cause>();
        case work: return {"submission", "query", "delivery"};
    }
    return {};
}

}  // namespace voicehook::telemetry
