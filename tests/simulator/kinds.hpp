// The faults that can be chosen by name: one enum and one table of texts for each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace simulator {

/// The provider's answer to a submission that it does not accept.
enum class submit_error : std::uint8_t {
    invalid_request,
    no_available_channel,
    unauthorized,
    key_disabled,
    key_expired,
    insufficient_quota,
    insufficient_user_quota,
    model_access_denied,
    permission_denied,
    idempotency_conflict,
    paid_outcome_unknown,
    request_too_large_error,
    rate_limit_exceeded,
    rate_limit_retry_after,
    internal_error,
    bad_gateway_html,
    unavailable,
    legacy_envelope,
    oauth_envelope,
};

/// What becomes of the answer after a submission was accepted.
enum class submit_response : std::uint8_t { reset, hang, no_id };

enum class idempotency : std::uint8_t { honoured, ignored };

/// How the callbacks of a task are sent. `contradict` also changes the record, `contradict_kept` does not.
enum class callback_manner : std::uint8_t {
    never,
    before_response,
    twice,
    twice_at_once,
    lost_2xx,
    contradict,
    contradict_kept,
    query_lags,
};

/// How a task ends, with both spellings and both forms of a cancelled one.
enum class outcome : std::uint8_t { completed, failed, cancelled, canceled, request_cancelled };

/// In which way the body of an ended task is unusual.
enum class body_shape : std::uint8_t {
    minimal,
    no_error,
    no_results,
    result_array,
    result_absent,
    unknown_status,
    unknown_fields,
    integer_code,
    fractional_credits,
    huge_number,
    twenty_digits,
    duplicate_keys,
    long_voice,
};

/// What a query is answered instead of the task.
enum class query_error : std::uint8_t {
    rate_limited,
    error_500,
    not_found,
    bad_gateway_html,
    stall,
    invalid_task_id,
    unauthorized,
    quota_exceeded,
    permission_denied,
};

/// The hostile request that comes before the true callback; `all` sends each kind once.
enum class hostile : std::uint8_t {
    forged_token,
    wrong_task,
    oversized,
    truncated,
    not_json,
    chunked,
    slow_drip,
    all,
};

/// The name of a fault and the texts of its kinds, in the order of the enum.
template <class Kind>
struct kind_table;

template <>
struct kind_table<submit_error> {
    static constexpr std::string_view fault = "submit_error";
    static constexpr auto texts = std::to_array<std::string_view>(
        {"invalid_request", "no_available_channel", "unauthorized", "key_disabled", "key_expired", "insufficient_quota",
         "insufficient_user_quota", "model_access_denied", "permission_denied", "idempotency_conflict",
         "paid_outcome_unknown", "request_too_large_error", "rate_limit_exceeded", "rate_limit_retry_after",
         "internal_error", "bad_gateway_html", "unavailable", "legacy_envelope", "oauth_envelope"});
};

template <>
struct kind_table<submit_response> {
    static constexpr std::string_view fault = "submit_response";
    static constexpr auto texts = std::to_array<std::string_view>({"reset", "hang", "no_id"});
};

template <>
struct kind_table<idempotency> {
    static constexpr std::string_view fault = "idempotency";
    static constexpr auto texts = std::to_array<std::string_view>({"honoured", "ignored"});
};

template <>
struct kind_table<callback_manner> {
    static constexpr std::string_view fault = "callback";
    static constexpr auto texts =
        std::to_array<std::string_view>({"never", "before_response", "twice", "twice_at_once", "lost_2xx", "contradict",
                                         "contradict_kept", "query_lags"});
};

template <>
struct kind_table<outcome> {
    static constexpr std::string_view fault = "outcome";
    static constexpr auto texts =
        std::to_array<std::string_view>({"completed", "failed", "cancelled", "canceled", "request_cancelled"});
};

template <>
struct kind_table<body_shape> {
    static constexpr std::string_view fault = "body";
    static constexpr auto texts = std::to_array<std::string_view>(
        {"minimal", "no_error", "no_results", "result_array", "result_absent", "unknown_status", "unknown_fields",
         "integer_code", "fractional_credits", "huge_number", "twenty_digits", "duplicate_keys", "long_voice"});
};

template <>
struct kind_table<query_error> {
    static constexpr std::string_view fault = "query";
    static constexpr auto texts =
        std::to_array<std::string_view>({"rate_limited", "error_500", "not_found", "bad_gateway_html", "stall",
                                         "invalid_task_id", "unauthorized", "quota_exceeded", "permission_denied"});
};

template <>
struct kind_table<hostile> {
    static constexpr std::string_view fault = "hostile";
    static constexpr auto texts = std::to_array<std::string_view>(
        {"forged_token", "wrong_task", "oversized", "truncated", "not_json", "chunked", "slow_drip", "all"});
};

/// The text of a kind, as on the command line.
template <class Kind>
[[nodiscard]] constexpr std::string_view text_of(Kind kind) noexcept {
    return kind_table<Kind>::texts[static_cast<std::size_t>(kind)];
}

/// The kind with this text, or nothing.
template <class Kind>
[[nodiscard]] constexpr std::optional<Kind> kind_named(std::string_view text) noexcept {
    auto const& texts = kind_table<Kind>::texts;
    for (std::size_t index = 0; index < texts.size(); ++index) {
        if (texts[index] == text) return static_cast<Kind>(index);
    }
    return std::nullopt;
}

}  // namespace simulator
