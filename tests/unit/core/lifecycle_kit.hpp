// Typical tasks, one per stage, and typical events, for the tests of the lifecycle.
#pragma once

#include "core/lifecycle.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace voicehook::core {

inline void PrintTo(stage value, std::ostream* out) { *out << to_text(value); }
inline void PrintTo(verdict value, std::ostream* out) { *out << to_text(value); }
inline void PrintTo(dispute value, std::ostream* out) { *out << to_text(value); }
inline void PrintTo(reported_status value, std::ostream* out) { *out << to_text(value); }
inline void PrintTo(timeline_kind value, std::ostream* out) { *out << to_text(value); }
inline void PrintTo(task const& item, std::ostream* out) {
    *out << "task in " << to_text(stage_of(item.state)) << ", bound to "
         << (item.provider_id ? item.provider_id->value() : "nothing") << ", notes " << item.notes;
}

namespace kit {

inline constexpr instant noon = instant{std::chrono::sys_days{std::chrono::year{2026} / 4 / 2}} + 12h;
inline constexpr instant later = noon + 1min;
inline provider_task_id const first_id{"task-unified-1"};
inline provider_task_id const other_id{"task-unified-2"};

inline task a_task() {
    auto item = task{};
    item.id = task_id{"task-0195f3a0-0000-7000-8000-000000000001"};
    item.caller = caller_name{"tts-web"};
    item.created_at = noon - 5s;
    item.model = "qwen-voice-design";
    item.submit_body = R"({"model":"qwen-voice-design"})";
    item.idempotency_key = "caller-key";
    item.deadline = noon + 10min;
    item.state = queued{noon};
    return item;
}

inline task a_queued_task() { return a_task(); }

inline task a_submitting_task() {
    auto item = a_task();
    item.state = submitting{noon + 60s};
    item.submissions = 1;
    item.lease_token = 1;
    return item;
}

inline task an_unknown_task() {
    auto item = a_submitting_task();
    item.state = unknown{noon + 60s};
    item.unknown_since = noon;
    return item;
}

/// A second attempt is under way; the outcome of the first is unknown.
inline task a_replaying_task() {
    auto item = an_unknown_task();
    item.state = submitting{noon + 60s};
    item.submissions = 2;
    item.lease_token = 2;
    return item;
}

inline task an_in_flight_task() {
    auto item = a_submitting_task();
    item.state = in_flight{noon + 20s};
    item.provider_id = first_id;
    item.accepted_at = noon;
    item.provider_body = "acceptance";
    return item;
}

inline task an_ended_task() {
    auto item = an_in_flight_task();
    item.state = ended{.what = terminal::completed, .at = noon, .settle_at = std::nullopt};
    item.status = reported_status::completed;
    item.source = result_source::callback;
    item.provider_body = "result";
    return item;
}

/// Completed, then contradicted: a query is to settle it.
inline task a_settling_task() {
    auto item = an_ended_task();
    std::get<ended>(item.state).settle_at = noon + 5s;
    item.quarrel = dispute::settling;
    return item;
}

inline task a_disputed_task() {
    auto item = an_ended_task();
    item.quarrel = dispute::disputed;
    return item;
}

inline refusal a_refusal(int http_status = 402) {
    return {http_status, "insufficient_quota", R"({"code":"insufficient_quota"})"};
}

inline task_report a_report(reported_status status, provider_task_id id = first_id) {
    return {
        .id = std::move(id), .status = status, .error_code = {}, .progress = std::nullopt, .estimated = std::nullopt};
}

inline callback_received a_callback(reported_status status, std::string body = "callback") {
    return {a_report(status), std::move(body), "192.0.2.1", confirmation::conflict};
}

inline callback_received an_unconfirmed_callback(reported_status status) {
    return {a_report(status), "callback", "192.0.2.1", confirmation::always};
}

inline query_answered an_answer(reported_status status) { return {a_report(status), "answer", later + 6s}; }

inline submission_accepted an_acceptance(provider_task_id id = first_id) {
    return {.ref = std::move(id), .status = reported_status::pending, .body = "acceptance", .poll_at = later + 15s};
}

inline submission_refused a_refused_submission(int http_status, submission_refused::scope about) {
    return {.why = a_refusal(http_status), .retry_at = later + 30s, .about = about};
}

inline stage stage_after(step const& after) { return stage_of(after.next.state); }

/// The kinds of a step's timeline entries, in order.
inline std::vector<timeline_kind> kinds_of(step const& after) {
    auto kinds = std::vector<timeline_kind>{};
    for (auto const& entry : after.timeline) kinds.push_back(entry.kind);
    return kinds;
}

}  // namespace kit
}  // namespace voicehook::core
