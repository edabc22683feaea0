// Errors as callers see them: RFC 9457 problem+json that also carries the provider's envelope.
#pragma once

#include "core/complaint.hpp"
#include "core/task.hpp"

#include <string>
#include <string_view>

namespace voicehook::wire {

/// Media type of every error body.
inline constexpr std::string_view problem_media_type = "application/problem+json";

/// An error before it is rendered.
struct problem {
    int status{};
    std::string code;    ///< `error.code`, such as "invalid_request"
    std::string detail;  ///< for people; never internals, secrets or tokens
    core::complaints errors{};
    std::string
        error_json{};  ///< the provider's `error` member, to be passed on as it is; replaces code and detail there
};

/// {"type","title","status","detail","errors"?,"error":{"code","message","type"}} (contract, "Errors").
/// `type` is "about:blank" for a plain status, `title` its reason phrase; `error.type` is `invalid_request_error`
/// for 4xx and `server_error` for 5xx.
[[nodiscard]] std::string render(problem const& item);

/// The reason phrase of a status (RFC 9110), "Unknown" for others.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// The problem a refused task is answered with: the refusal's status and `error`.
[[nodiscard]] problem problem_of(core::refusal const& why);

}  // namespace voicehook::wire
