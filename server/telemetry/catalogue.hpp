// The catalogue: each family's name, help, labels and buckets.
#pragma once

#include "telemetry/metrics.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::telemetry {

inline constexpr std::string_view name_prefix = "voicehook_";
/// What a label value that no table knows counts as.
inline constexpr std::string_view other_label = "other";

/// What a label tells; each has its name and its table of values.
enum class dimension : std::uint8_t {
    callback_result = 1,
    canary_result,
    verdict,
    operation,
    answer,
    source,
    sink,
    delivery_result,
    listener,
    reason,
    worker,
    reload_result,
    stage,
    open_stage,
    cause,
    work,
};

/// One family. `name` has neither prefix nor suffix.
struct family_description {
    std::string_view name;
    std::string_view help;
    std::vector<dimension> labels{};
    std::span<double const> buckets{};  ///< histograms: upper bounds
};

[[nodiscard]] family_description const& describe(counter what);
[[nodiscard]] family_description const& describe(gauge what);
[[nodiscard]] family_description const& describe(histogram what);

/// Every member of the enums, in their order.
[[nodiscard]] std::span<counter const> all_counters() noexcept;
[[nodiscard]] std::span<gauge const> all_gauges() noexcept;
[[nodiscard]] std::span<histogram const> all_histograms() noexcept;

/// "sink", "reason" …
[[nodiscard]] std::string_view label_name(dimension what) noexcept;
/// The known values of a label, `other_label` not among them.
[[nodiscard]] std::vector<std::string> known_values(dimension what, metric_labels const& from);

}  // namespace voicehook::telemetry
