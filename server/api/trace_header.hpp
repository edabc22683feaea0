// The `traceparent` of a request.
#pragma once

#include "base/trace_context.hpp"
#include "http/exchange.hpp"

#include <optional>

namespace voicehook::api {

/// The trace that the request names in its only valid `traceparent`. Several of them are as good as none.
[[nodiscard]] std::optional<trace_context> read_trace(http::request const& item);

/// The same, or else a trace that begins with this request.
[[nodiscard]] trace_context read_or_begin_trace(http::request const& item);

}  // namespace voicehook::api
