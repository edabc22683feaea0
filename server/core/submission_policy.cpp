#include "core/submission_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace voicehook::core {

namespace {

/// Capped by the deadline, so that a task that cannot be submitted any more ends on time.
instant before_deadline(task const& item, instant at) noexcept { return std::min(at, item.deadline); }

std::string cause_of(provider_answer const& answer) {
    return answer.error_code.empty() ? fmt::format("http_{}", answer.http_status) : answer.error_code;
}

/// Half of a probe's wait is certain: full jitter alone could probe at once.
duration probe_wait(submission_policy const& policy, std::uint32_t failed, double unit) noexcept {
    return policy.key_probes.first / 2 + next_wait(policy.key_probes, failed, unit) / 2;
}

/// Whether a refusal is about what was sent, and so would have met an earlier attempt with the same bytes too.
/// Everything else says nothing of such an attempt: an account's condition changes with time, a wrong deploy answers
/// 404, and `idempotency_conflict` even says that an earlier attempt arrived.
submission_refused::scope scope_of(provider_answer const& answer) noexcept {
    auto const invalid = answer.http_status == 400 && answer.error_code == "invalid_request";
    auto const too_large = answer.http_status == 413;
    return invalid || too_large ? submission_refused::scope::request : submission_refused::scope::account;
}

refusal refusal_of(provider_answer const& answer) {
    auto why = refusal{answer.http_status, answer.error_code, answer.error_json};
    if (why.code.empty()) why.code = "provider_refused";
    if (why.error_json.empty()) {
        why.error_json =
            fmt::format(R"({{"code":"provider_refused","message":"The provider refused the request with status {}.",)"
                        R"("type":"invalid_request_error"}})",
                        answer.http_status);
    }
    return why;
}

instant postponed_until(task const& item, duration wait, std::optional<duration> retry_after, instant now) noexcept {
    return before_deadline(item, now + std::max(wait, retry_after.value_or(duration::zero())));
}

std::optional<instant> no_sooner(std::optional<instant> at, std::optional<duration> retry_after, task const& item,
                                 instant now) noexcept {
    if (!at || !retry_after) return at;
    return std::max(*at, before_deadline(item, now + *retry_after));
}

}  // namespace

std::optional<instant> replay_at(submission_policy const& policy, task const& item, instant now, double unit) noexcept {
    if (policy.replay == replay_mode::never) return std::nullopt;
    auto const at = now + policy.replay_after + next_wait(policy.retries, item.submissions, unit);
    if (at >= item.deadline) return std::nullopt;
    return at;
}

task_event event_for(submission_policy const& policy, task const& item, provider_answer const& answer, std::string body,
                     instant first_poll, instant now, double unit) {
    switch (judge(answer)) {
        case submission_verdict::accepted: {
            auto const over = terminal_of(*answer.task).has_value();
            return submission_accepted{.ref = answer.task->id,
                                       .status = answer.task->status,
                                       .body = std::move(body),
                                       .poll_at = over ? now : first_poll};
        }
        case submission_verdict::refused:
        case submission_verdict::refused_quota:
            return submission_refused{
                .why = refusal_of(answer),
                .retry_at = no_sooner(replay_at(policy, item, now, unit), answer.retry_after, item, now),
                .about = scope_of(answer)};
        case submission_verdict::unauthorized: {
            auto const wait = probe_wait(policy, item.submissions, unit);
            return submission_postponed{.retry_at = postponed_until(item, wait, answer.retry_after, now),
                                        .cause = std::string{provider_unauthorized}};
        }
        case submission_verdict::retry_later: {
            auto const wait = next_wait(policy.retries, item.submissions, unit);
            return submission_postponed{.retry_at = postponed_until(item, wait, answer.retry_after, now),
                                        .cause = cause_of(answer)};
        }
        case submission_verdict::unknown: break;
    }
    return submission_unknown{.replay_at = no_sooner(replay_at(policy, item, now, unit), answer.retry_after, item, now),
                              .cause = cause_of(answer)};
}

task_event event_for(submission_policy const& policy, task const& item, provider_silence const& silence, instant now,
                     double unit) {
    auto cause = std::string{to_text(silence.code)};
    if (judge(silence) == submission_verdict::retry_later) {
        auto const wait = next_wait(policy.retries, item.submissions, unit);
        return submission_postponed{.retry_at = postponed_until(item, wait, std::nullopt, now),
                                    .cause = std::move(cause)};
    }
    return submission_unknown{.replay_at = replay_at(policy, item, now, unit), .cause = std::move(cause)};
}

submission_expired expiry_of(task const& item) {
    if (item.last_problem == provider_unauthorized) {
        return {
            refusal{503, std::string{provider_unauthorized},
                    R"({"code":"provider_unauthorized","message":"The provider does not accept this service's key.",)"
                    R"("type":"server_error"})"}};
    }
    return {refusal{
        503, std::string{submission_expired_code},
        R"({"code":"submission_expired","message":"The provider could not be reached in time; nothing was submitted.",)"
        R"("type":"server_error"})"}};
}

}  // namespace voicehook::core
