// The provider over HTTPS.
#pragma once

#include "base/secret.hpp"
#include "client/http_client.hpp"
#include "ports/clock.hpp"
#include "ports/provider.hpp"

#include <functional>
#include <memory>
#include <string>

namespace voicehook::client {

struct provider_endpoint {
    std::string base_url;
    duration submit_timeout{30s};
    duration query_timeout{15s};
    std::function<secret()> api_key;  ///< read at each request, so that a reload changes it
    /// Told of each request's end: operation (submit, query, credits), status class (2xx 4xx 429 5xx none), time taken,
    /// trace (empty for credits).
    std::function<void(std::string_view operation, std::string_view status, duration took, trace_id const& trace)>
        observe;
};

/// `http` and `clock` must outlive it. Sends `Authorization: Bearer`, `Idempotency-Key` on submit, and
/// `traceparent` on submit and query. Answers over 1 MiB are `too_large`.
[[nodiscard]] std::unique_ptr<ports::provider> create_provider_client(http_client& http, ports::clock const& clock,
                                                                      provider_endpoint endpoint);

}  // namespace voicehook::client
