// Every metric of the service in one catalogue, over prometheus-cpp's core.
#pragma once

#include "base/ids.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::telemetry {

/// Names the counters. Label values are bounded by tables and by the configuration; every known one is there from the
/// start, at 0 (contract, "Metrics"). Safe from any thread. Never an id in a label.
enum class counter : std::uint8_t {
    callbacks,  ///< {result} accepted duplicate conflict ignored evidence orphan bad_token mismatch malformed too_large
                ///< media_type retired unavailable canary
    submissions,          ///< {verdict} names of core::submission_verdict, and lost, expired
    provider_requests,    ///< {operation = submit|query|credits, status = 2xx 3xx 4xx 429 5xx none}
    results,              ///< {source = callback|query|refusal|ours|operator}
    deliveries,           ///< {sink, result = delivered|retried|parked|lost_lease|unrecorded}
    deliveries_deferred,  ///< {sink} claimed and put back without an attempt: no room, or ill
    delivery_failures,    ///< {sink, cause} attempts that failed
    results_unrouted,     ///< ended tasks that no sink takes
    http_rejected,        ///< {listener, reason}
    conservation_violations,
    worker_failures,         ///< {worker}
    log_lines_dropped,       ///< lines that nobody took off our hands in time
    reloads,                 ///< {result = ok|refused}
    leases_taken_over,       ///< from replicas that died
    canary,                  ///< {result} ok dns refused tls timeout reset not_found unavailable status stranger failed
    sink_connection_errors,  ///< {sink} connections to a broker that failed, by the count of its client library
};
enum class gauge : std::uint8_t {
    tasks,                ///< {stage}
    oldest_task_seconds,  ///< {stage} open stages
    past_due_seconds,     ///< {work = submission|query|delivery}
    tasks_disputed,
    deliveries_pending,                         ///< {sink}
    oldest_delivery_seconds,                    ///< {sink} that waits or is under way
    oldest_undelivered_result_seconds,          ///< {sink} that waits or is parked and whose links live
    deliveries_parked,                          ///< {sink, cause}
    sink_paused,                                ///< {sink}
    sink_breaker_open,                          ///< {sink}
    sink_ill_destinations,                      ///< {sink}
    connections,                                ///< {listener}
    certificate_expiry_timestamp_seconds,       ///< {listener}
    sink_certificate_expiry_timestamp_seconds,  ///< {sink} of the one that it shows
    provider_in_flight,
    provider_credits_remaining,  ///< not a number while unknown, infinity when nothing limits
    ready,                       ///< 1 while a callback could be accepted durably
    store_bytes,
    replicas,                               ///< that share the store
    backup_last_success_timestamp_seconds,  ///< by this process; 0 before the first
    canary_last_success_timestamp_seconds,
    canary_failures_in_a_row,
    sink_queue_messages,      ///< {sink} in the queue of a broker's client library
    sink_broker_rtt_seconds,  ///< {sink} the slowest broker's round trip, on average
};
enum class histogram : std::uint8_t {
    callback_ack_seconds,      ///< from a callback's last byte to the answer
    delivery_lag_seconds,      ///< {sink} from the task's end to its delivery
    provider_request_seconds,  ///< {operation}
    store_commit_seconds,
    store_commit_rows,
    canary_seconds,  ///< of canaries that came back
};

/// How metrics are written.
enum class exposition_format : std::uint8_t {
    prometheus = 1,  ///< Prometheus text exposition format 0.0.4
    openmetrics,     ///< OpenMetrics 1.0.0, the only one with exemplars
};

/// The names that other rooms and the configuration bring; labels are made for each from the start.
struct metric_labels {
    std::vector<std::string> sinks;  ///< the configured ones; "callback_url" is always there
    std::vector<std::string> listeners{"public", "api", "ops"};
    std::vector<std::string> reject_reasons;  ///< http::rejection_reasons()
};

/// One series of a counter as it stands.
struct counted {
    std::vector<std::string> labels;  ///< their values, in the order of the catalogue
    double value{};
};

/// The observations of a histogram by bucket, all its series added up.
struct bucket_counts {
    std::span<double const> bounds;     ///< upper bounds, ascending
    std::vector<std::uint64_t> counts;  ///< one more than bounds: the last one is above them all
};

/// Counts, and renders what was counted. Besides the catalogue it shows `build_info`, and of the process its start,
/// memory and open files. Names begin with "voicehook_", those of counters end with "_total".
class metrics {
public:
    explicit metrics(metric_labels const& labels, std::string_view version);
    ~metrics();
    metrics(metrics const&) = delete;
    metrics& operator=(metrics const&) = delete;

    /// Label values in the order of the catalogue's comment. One that is in no table counts as "other", so that nothing
    /// from outside can make a series. Too few or too many labels count nowhere.
    void add(counter what, std::initializer_list<std::string_view> labels = {}, double count = 1);
    void set(gauge what, std::initializer_list<std::string_view> labels, double value);
    /// `trace_id`: the trace that tells more of it, 32 lower-case hex digits; of each bucket the last is kept as its
    /// exemplar. Anything else is left out.
    void observe(histogram what, std::initializer_list<std::string_view> labels, double value,
                 std::string_view trace_id = {});
    /// After a reload: makes the label sets of new sinks; keeps those of removed ones.
    void add_sinks(std::vector<std::string> const& names);

    /// Every series of a counter, those at 0 too.
    [[nodiscard]] std::vector<counted> read(counter what) const;
    [[nodiscard]] bucket_counts read(histogram what) const;

    [[nodiscard]] std::string render(exposition_format format = exposition_format::prometheus) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace voicehook::telemetry
