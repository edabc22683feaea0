// Which text of the metrics a scraper prefers.
#pragma once

#include "http/exchange.hpp"
#include "telemetry/metrics.hpp"

#include <string_view>

namespace voicehook::api {

/// By the `Accept` headers with their weights: OpenMetrics for who prefers it to the Prometheus text, or names it and
/// not the other; the Prometheus text for everybody else, also where neither is acceptable. Source: RFC 9110, 12.5.1.
[[nodiscard]] telemetry::exposition_format preferred_exposition(http::request const& item);

/// The Content-Type of a text.
[[nodiscard]] std::string_view content_type_of(telemetry::exposition_format format) noexcept;

}  // namespace voicehook::api
