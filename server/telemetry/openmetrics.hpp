// Writes what prometheus-cpp collected as OpenMetrics 1.0 text, with exemplars.
#pragma once

#include "telemetry/exemplars.hpp"

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <vector>

namespace voicehook::telemetry {

/// Families of counters must be named "…_total" and become "…" where the format wants it; a gauge named "…_info" is
/// what the format calls an info. `seen` is asked for the exemplars of buckets, by `series_name`.
/// Source: OpenMetrics 1.0.0, "Text format".
[[nodiscard]] std::string render_openmetrics(std::vector<prometheus::MetricFamily> const& families,
                                             exemplars const& seen);

/// `{a="x",b="y"}`, escaped; empty without labels.
[[nodiscard]] std::string labels_text(std::vector<prometheus::ClientMetric::Label> const& labels);

/// What exemplars know a series by: the family's name and its labels.
[[nodiscard]] std::string series_name(std::string_view family,
                                      std::vector<prometheus::ClientMetric::Label> const& labels);

/// A bucket's bound as the format recommends it, so that every exposer writes the same: "0.005", "1.0", "1e+06",
/// "+Inf".
[[nodiscard]] std::string bound_text(double bound);

}  // namespace voicehook::telemetry
