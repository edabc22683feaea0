// One webhook POST: what is sent, and what its end means for the delivery.
#pragma once

#include "base/secret.hpp"
#include "base/trace_context.hpp"
#include "client/http_client.hpp"
#include "core/delivery.hpp"
#include "core/delivery_policy.hpp"
#include "ports/clock.hpp"
#include "sinks/create.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace voicehook::sinks {

/// Where an attempt goes, how it is signed and what it shows.
struct webhook_target {
    core::url_parts url;
    std::vector<secret> signing_keys;  ///< each signs, in this order; empty ones and no key at all do not
    secret authorization;              ///< the value of Authorization; empty: none
    std::vector<extra_header> headers;
    std::optional<client::egress_proxy> proxy;
    duration timeout{15s};
    client::address_guard guard{client::address_guard::allow_internal};
};

/// The header that tells the event's type to those who cannot read the body.
inline constexpr std::string_view event_type_header = "voicehook-event-type";

/// The header that links a delivery back to the trace of its task, in the form of a `traceparent`.
inline constexpr std::string_view task_trace_header = "voicehook-task-traceparent";

/// The POST with the delivery's bytes, `webhook-id`, `webhook-timestamp` (now) and `webhook-signature`, its event type,
/// its traces (`traceparent` and the link to the task's) and, for binary CloudEvents, the `ce-` attributes.
[[nodiscard]] client::outbound_request make_webhook(core::delivery const& item, trace_context const& trace,
                                                    webhook_target const& target, instant now);

/// POSTs once and judges: 2xx delivered; 408, 425 and 429 are only a matter of time; 413 is `too_large`; Retry-After
/// counts on 429 and 503. Adds no other hint.
[[nodiscard]] awaitable<core::attempt_outcome> attempt_webhook(client::http_client& http, ports::clock const& clock,
                                                               core::delivery const& item, trace_context const& trace,
                                                               webhook_target target);

}  // namespace voicehook::sinks
