#include "telemetry/quantile.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace voicehook::telemetry {
namespace {

/// What each bucket got between the readings.
std::vector<std::uint64_t> gained(bucket_counts const& before, bucket_counts const& after) {
    auto gain = after.counts;
    for (std::size_t at = 0; at < gain.size() && at < before.counts.size(); ++at)
        gain[at] -= std::min(gain[at], before.counts[at]);
    return gain;
}

}  // namespace

std::optional<double> quantile(bucket_counts const& before, bucket_counts const& after, double share) {
    auto const gain = gained(before, after);
    auto const total = std::accumulate(gain.begin(), gain.end(), std::uint64_t{});
    if (total == 0 || after.bounds.empty()) return std::nullopt;

    auto const rank = share * static_cast<double>(total);
    auto below = 0.0;
    for (std::size_t at = 0; at < after.bounds.size(); ++at) {
        auto const here = static_cast<double>(gain[at]);
        if (here > 0 && below + here >= rank) {
            auto const lowest = at == 0 ? 0.0 : after.bounds[at - 1];
            return lowest + (after.bounds[at] - lowest) * (rank - below) / here;
        }
        below += here;
    }
    return after.bounds.back();
}

}  // namespace voicehook::telemetry
