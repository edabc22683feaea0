// The port to the provider: submit, query, credits.
#pragma once

#include "base/failure.hpp"
#include "base/ids.hpp"
#include "base/trace_context.hpp"
#include "core/provider_verdict.hpp"
#include "core/task.hpp"
#include "ports/awaitable.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <variant>

namespace voicehook::ports {

/// An answer and its bytes.
struct provider_reply {
    core::provider_answer answer;
    std::string body;
    std::string request_id;  ///< X-Request-Id, else X-Oneapi-Request-Id, or empty
};

/// What is left to spend, as far as the provider tells: its key has a limit of its own or none, the account has
/// another.
struct provider_credits {
    std::optional<double> token_remaining;
    std::optional<double> user_remaining;
    bool token_unlimited{};  ///< only the account limits

    /// The least of what limits; infinity when nothing does, nothing when that is not known.
    [[nodiscard]] std::optional<double> remaining() const noexcept {
        auto const of_token =
            token_unlimited ? std::optional{std::numeric_limits<double>::infinity()} : token_remaining;
        if (!of_token || !user_remaining) return of_token ? of_token : user_remaining;
        return std::min(*of_token, *user_remaining);
    }
};

class provider {
public:
    virtual ~provider() = default;

    /// POST /v1/audios/generations with exactly `item.submit_body` and the Idempotency-Key made from its id:
    /// the task id itself, which has 41 characters of [a-z0-9-] (provider page: 16–96 of [A-Za-z0-9._-]).
    /// The request tells `trace`, and so does a query.
    [[nodiscard]] virtual awaitable<std::expected<provider_reply, core::provider_silence>> submit(
        core::task const& item, trace_context const& trace) = 0;

    /// GET /v1/tasks/{id}. An HTTP answer of any status is a reply; the failure is for exchanges without one.
    [[nodiscard]] virtual awaitable<result<provider_reply>> query(provider_task_id const& id,
                                                                  trace_context const& trace) = 0;

    /// GET /v1/credits.
    [[nodiscard]] virtual awaitable<result<provider_credits>> credits() = 0;
};

}  // namespace voicehook::ports
