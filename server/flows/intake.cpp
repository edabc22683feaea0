#include "flows/intake.hpp"

#include "base/log.hpp"
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

awaitable<callback_result> intake::receive(task_id id, std::string body, std::string source_address) {
    auto report = wire::read_task_report(body);
    auto outcome = callback_result::malformed;
    if (report) {
        core::callback_received notice{.report = std::move(*report),
                                       .body = std::move(body),
                                       .source_address = std::move(source_address),
                                       .confirm = settings_.confirm};
        outcome = co_await store_notice(id, std::move(notice));
    } else {
        outcome = co_await ask_instead(id, "a callback was not a task");
    }
    metrics_.add(telemetry::counter::callbacks, {to_text(outcome)});
    auto const alarming = outcome == callback_result::orphan || outcome == callback_result::conflict ||
                          outcome == callback_result::unavailable;
    log(alarming ? log_level::warning : log_level::info, "callback_received",
        {{"task", id}, {"result", to_text(outcome)}});
    co_return outcome;
}

awaitable<callback_result> intake::store_notice(task_id id, core::callback_received notice) {
    auto const now = clock_.now();
    auto const recorded = co_await store_.record_callback(id, std::move(notice), outbox_.renderer(), now);
    if (!recorded) co_return judge_failure(id, recorded.error(), now);
    if (recorded->what == core::verdict::accepted && recorded->item.accepted_at)
        learned_.observe(now - *recorded->item.accepted_at);
    if (recorded->what != core::verdict::mismatch) announcer_.announce(*recorded, now);
    co_return answer_for(recorded->what);
}

callback_result intake::judge_failure(task_id const& id, failure const& why, instant now) const {
    if (why.code != errc::not_found) {
        log_failure("record_failed", "callback", why);
        return callback_result::unavailable;
    }
    auto const born = made_at(id);
    auto const young = born && *born > now - settings_.retention;
    return young ? callback_result::orphan : callback_result::retired;
}

awaitable<callback_result> intake::ask_instead(task_id id, std::string why) {
    auto const now = clock_.now();
    auto const recorded = co_await store_.record_event(id, core::query_wanted{std::move(why)}, outbox_.renderer(), now);
    if (recorded) announcer_.announce(*recorded, now);
    auto const nothing_to_ask =
        !recorded && (recorded.error().code == errc::not_found || recorded.error().code == errc::conflict);
    if (recorded || nothing_to_ask) co_return callback_result::malformed;
    log_failure("record_failed", "query wanted", recorded.error());
    co_return callback_result::unavailable;
}

}  // namespace voicehook::flows
