#include "core/provider_verdict.hpp"

#include "core/letter_case.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace voicehook::core {

namespace {

using words = std::string_view;

constexpr std::array busy_codes{words{"no_available_channel"}, words{"rate_limit_exceeded"}};
constexpr std::array key_codes{words{"unauthorized"}, words{"key_disabled"}, words{"key_expired"}};
constexpr std::array quota_codes{words{"insufficient_quota"},
                                 words{"insufficient_user_quota"},
                                 words{"quota_not_enough"},
                                 words{"account_balance_insufficient"},
                                 words{"insufficient_token_quota"},
                                 words{"key_quota_exhausted"},
                                 words{"quota_exceeded"}};
constexpr std::array refusal_codes{words{"invalid_request"},       words{"model_access_denied"},
                                   words{"key_model_not_allowed"}, words{"permission_denied"},
                                   words{"idempotency_conflict"},  words{"request_too_large_error"}};

/// Statuses by which a server says that it has not taken the request, whoever it is: the provider or a proxy of its.
constexpr std::array refused_by_anyone{413, 414, 431};
/// Statuses that refuse when the provider itself says them, in JSON.
constexpr std::array refused_by_provider{400, 403, 404, 405, 406, 410, 411, 415, 417, 422, 451};

bool is_in(int status, auto const& statuses) noexcept { return std::ranges::count(statuses, status) > 0; }

/// Any other body may come from a proxy that knows nothing of what became of the request behind it.
bool speaks_for_provider(provider_answer const& answer) noexcept {
    return !answer.error_code.empty() || !answer.error_json.empty();
}

/// For a code that is not in the table.
submission_verdict judge_status(provider_answer const& answer) noexcept {
    auto const status = answer.http_status;
    if (status == 401) return submission_verdict::unauthorized;
    if (status == 402) return submission_verdict::refused_quota;
    if (status == 425) return submission_verdict::retry_later;
    if (is_in(status, refused_by_anyone)) return submission_verdict::refused;
    if (is_in(status, refused_by_provider) && speaks_for_provider(answer)) return submission_verdict::refused;
    return submission_verdict::unknown;
}

}  // namespace

submission_verdict judge(provider_answer const& answer) noexcept {
    auto const status = answer.http_status;
    auto const& code = answer.error_code;
    if (status >= 200 && status < 300) {
        return answer.task ? submission_verdict::accepted : submission_verdict::unknown;
    }
    if (status < 400 || status > 599) return submission_verdict::unknown;
    if (same_word(code, "no_available_channel")) return submission_verdict::retry_later;
    if (status >= 500 || same_word(code, "paid_outcome_unknown")) return submission_verdict::unknown;
    if (is_one_of(code, quota_codes)) return submission_verdict::refused_quota;
    if (is_one_of(code, key_codes)) return submission_verdict::unauthorized;
    if (status == 429 || is_one_of(code, busy_codes)) return submission_verdict::retry_later;
    if (is_one_of(code, refusal_codes)) return submission_verdict::refused;
    return judge_status(answer);
}

submission_verdict judge(provider_silence const& silence) noexcept {
    switch (silence.sent) {
        case provider_silence::request::not_sent: return submission_verdict::retry_later;
        case provider_silence::request::perhaps_sent: return submission_verdict::unknown;
    }
    return submission_verdict::unknown;
}

}  // namespace voicehook::core
