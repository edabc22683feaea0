#include "flows/delivery_records.hpp"

#include "base/log.hpp"
#include "core/tracing.hpp"
#include "flows/worker.hpp"

#include <chrono>
#include <string_view>
#include <variant>

namespace voicehook::flows {
namespace {

using telemetry::counter;

std::string_view result_name(core::delivery_decision const& decision) {
    if (std::holds_alternative<core::delivered>(decision)) return "delivered";
    return std::holds_alternative<core::retry_at>(decision) ? "retried" : "parked";
}

double seconds(duration span) { return std::chrono::duration<double>(span).count(); }

}  // namespace

awaitable<void> delivery_records::attempted(core::delivery const& item, trace_context const& trace,
                                            core::attempt_outcome const& outcome, core::delivery_decision decision,
                                            duration took) const {
    auto const now = parts_.clock.now();
    auto const recorded = co_await parts_.store.record_attempt({.id = item.id,
                                                                .token = item.lease_token,
                                                                .decision = decision,
                                                                .outcome = outcome,
                                                                .took = took,
                                                                .now = now,
                                                                .span = trace.span});
    auto const name = sink_.value();
    auto const task_trace = core::task_trace_of(item).trace;
    if (!recorded) {
        log(level_of(recorded.error()), "record_failed",
            {{"what", "delivery attempt"},
             {"task", item.task},
             {"delivery", item.id},
             {"trace_id", trace.trace},
             {"task_trace_id", task_trace},
             {"code", to_text(recorded.error().code)},
             {"doing", recorded.error().doing}});
        auto const lost = recorded.error().code == errc::lease_lost;
        parts_.metrics.add(counter::deliveries, {name, lost ? "lost_lease" : "unrecorded"});
        co_return;
    }
    if (auto const* again = std::get_if<core::retry_at>(&decision)) parts_.workers.ring_sink(sink_, again->due);
    auto const result = result_name(decision);
    parts_.metrics.add(counter::deliveries, {name, result});
    if (outcome.failed) parts_.metrics.add(counter::delivery_failures, {name, to_text(*outcome.failed)});
    if (!outcome.failed)
        parts_.metrics.observe(telemetry::histogram::delivery_lag_seconds, {name}, seconds(now - item.created_at),
                               trace.trace.value());
    log(outcome.failed ? log_level::warning : log_level::info, "delivery_attempted",
        {{"task", item.task},
         {"delivery", item.id},
         {"trace_id", trace.trace},
         {"span_id", trace.span},
         {"task_trace_id", task_trace},
         {"sink", sink_},
         {"attempt", item.attempts},
         {"result", result},
         {"answer", outcome.answer},
         {"took_ms", took}});
    if (std::holds_alternative<core::park>(decision)) note(happening::parked, item, outcome, now);
    if (outcome.then == core::attempt_outcome::hint::pause_sink) {
        log_warning("sink_paused", {{"sink", sink_}, {"reason", outcome.answer}});
        note(happening::sink_paused, item, outcome, now);
    }
}

awaitable<void> delivery_records::not_attempted(core::delivery const& item, core::delivery_decision decision,
                                                core::attempt_outcome const& failure) const {
    auto const now = parts_.clock.now();
    auto const task_trace = core::task_trace_of(item).trace;
    auto const recorded = co_await parts_.store.record_attempt(
        {.id = item.id, .token = item.lease_token, .decision = decision, .outcome = failure, .now = now});
    if (!recorded) {
        log_failure("record_failed", "delivery not attempted", item.task, task_trace, recorded.error());
        co_return;
    }
    if (auto const* const later = std::get_if<core::defer>(&decision)) {
        parts_.metrics.add(counter::deliveries_deferred, {sink_.value()});
        parts_.workers.ring_sink(sink_, later->due);
        co_return;
    }
    parts_.metrics.add(counter::deliveries, {sink_.value(), result_name(decision)});
    log_warning("delivery_given_up", {{"task", item.task},
                                      {"delivery", item.id},
                                      {"task_trace_id", task_trace},
                                      {"sink", sink_},
                                      {"attempts", item.attempts - 1},
                                      {"answer", failure.answer}});
    note(happening::parked, item, failure, now);
}

void delivery_records::note(happening kind, core::delivery const& item, core::attempt_outcome const& outcome,
                            instant now) const {
    parts_.lately.note({.at = now,
                        .kind = kind,
                        .task = item.task,
                        .caller = item.caller,
                        .sink = item.sink,
                        .detail = outcome.answer});
}

}  // namespace voicehook::flows
