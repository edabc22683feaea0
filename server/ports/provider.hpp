// The port to the provider: submit, query, credits.
#pragma once

#include "base/failure.hpp"
#include "base/ids.hpp"
#include "base/trace_context.hpp"
#include "core/provider_verdict.hpp"
#include "core/task.hpp"
#include "ports/awaitable.hpp"

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

/// What the account has left, as far as it tells.
struct provider_credits {
    std::optional<double> token_remaining;
    std::optional<double> user_remaining;
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
