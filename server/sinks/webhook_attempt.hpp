// One webhook POST: what is sent, and what its end means for the delivery.
#pragma once

#include "base/secret.hpp"
#include "base/trace_context.hpp"
#include "client/http_client.hpp"
#include "core/delivery.hpp"
#include "core/delivery_policy.hpp"
#include "ports/clock.hpp"

#include <string_view>

namespace voicehook::sinks {

/// Where an attempt goes and how it is signed. Without a key it is not signed.
struct webhook_target {
    core::url_parts url;
    secret signing_key;
    duration timeout{15s};
    client::address_guard guard{client::address_guard::allow_internal};
};

/// The header that links a delivery back to the trace of its task, in the form of a `traceparent`.
inline constexpr std::string_view task_trace_header = "voicehook-task-traceparent";

/// The POST with the delivery's bytes, `webhook-id`, `webhook-timestamp` (now) and `webhook-signature`, and its traces:
/// `traceparent` and the link to the task's.
[[nodiscard]] client::outbound_request make_webhook(core::delivery const& item, trace_context const& trace,
                                                    webhook_target const& target, instant now);

/// POSTs once and judges: 2xx delivered; Retry-After counts on 429 and 503. Adds no hint.
[[nodiscard]] awaitable<core::attempt_outcome> attempt_webhook(client::http_client& http, ports::clock const& clock,
                                                               core::delivery const& item, trace_context const& trace,
                                                               webhook_target target);

/// The cause that an exchange without an answer stands for.
[[nodiscard]] core::delivery_cause cause_of(errc code) noexcept;

}  // namespace voicehook::sinks
