#include "flows/intake.hpp"

#include "base/log.hpp"
#include "core/tracing.hpp"
#include "flows/worker.hpp"
#include "wire/provider_messages.hpp"

namespace voicehook::flows {
namespace {

callback_result answer_for(core::verdict what) {
    switch (what) {
        case core::verdict::accepted: return callback_result::accepted;
        case core::verdict::evidence: return callback_result::evidence;
        case core::verdict::duplicate: return callback_result::duplicate;
        case core::verdict::conflict: return callback_result::conflict;
        case core::verdict::mismatch: return callback_result::mismatch;
        case core::verdict::ignored:
        case core::verdict::applied:
        case core::verdict::moot: return callback_result::ignored;
    }
    return callback_result::ignored;
}

}  // namespace

awaitable<callback_result> intake::receive(task_id id, std::string body, std::string source_address,
                                           trace_context trace) {
    auto report = wire::read_task_report(body);
    auto outcome = callback_outcome{callback_result::malformed, {}};
    if (report) {
        core::callback_received notice{.report = std::move(*report),
                                       .body = std::move(body),
                                       .source_address = std::move(source_address),
                                       .confirm = settings_.confirm,
                                       .trace = trace};
        outcome = co_await store_notice(id, std::move(notice));
    } else {
        outcome = co_await ask_instead(id, "a callback was not a task", trace);
    }
    metrics_.add(telemetry::counter::callbacks, {to_text(outcome.what)});
    auto const alarming = outcome.what == callback_result::orphan || outcome.what == callback_result::conflict ||
                          outcome.what == callback_result::unavailable;
    log(alarming ? log_level::warning : log_level::info, "callback_received",
        {{"task", id},
         {"trace_id", trace.trace},
         {"task_trace_id", outcome.task_trace},
         {"result", to_text(outcome.what)}});
    co_return outcome.what;
}

awaitable<callback_outcome> intake::store_notice(task_id id, core::callback_received notice) {
    auto const now = clock_.now();
    auto const trace = notice.trace;
    auto const recorded = co_await store_.record_callback(id, std::move(notice), outbox_.renderer(), now);
    if (!recorded) co_return callback_outcome{judge_failure(id, trace, recorded.error(), now), {}};
    if (recorded->what == core::verdict::accepted && recorded->item.accepted_at)
        learned_.observe(now - *recorded->item.accepted_at);
    if (recorded->what != core::verdict::mismatch) announcer_.announce(*recorded, now);
    co_return callback_outcome{answer_for(recorded->what), core::trace_id_of(recorded->item)};
}

callback_result intake::judge_failure(task_id const& id, trace_context const& trace, failure const& why,
                                      instant now) const {
    if (why.code != errc::not_found) {
        log_failure("record_failed", "callback", id, trace.trace, why);
        return callback_result::unavailable;
    }
    auto const born = made_at(id);
    auto const young = born && *born > now - settings_.retention;
    return young ? callback_result::orphan : callback_result::retired;
}

awaitable<callback_outcome> intake::ask_instead(task_id id, std::string why, trace_context trace) {
    auto const now = clock_.now();
    auto wanted = core::query_wanted{core::with_trace(std::move(why), trace)};
    auto const recorded = co_await store_.record_event(id, std::move(wanted), outbox_.renderer(), now);
    if (recorded) {
        announcer_.announce(*recorded, now);
        co_return callback_outcome{callback_result::malformed, core::trace_id_of(recorded->item)};
    }
    auto const& problem = recorded.error();
    if (problem.code == errc::not_found || problem.code == errc::conflict)  // there is nothing to ask
        co_return callback_outcome{callback_result::malformed, {}};
    log_failure("record_failed", "query wanted", id, trace.trace, problem);
    co_return callback_outcome{callback_result::unavailable, {}};
}

}  // namespace voicehook::flows
