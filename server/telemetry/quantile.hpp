// How long most of them took: quantiles from two readings of a histogram.
#pragma once

#include "telemetry/metrics.hpp"

#include <optional>

namespace voicehook::telemetry {

/// The value that a `share` (0 … 1) of the observations between two readings of one histogram did not exceed. Inside a
/// bucket the observations count as evenly spread; of those above the last bound only that bound is known. Nothing when
/// nothing was observed in between.
[[nodiscard]] std::optional<double> quantile(bucket_counts const& before, bucket_counts const& after, double share);

}  // namespace voicehook::telemetry
