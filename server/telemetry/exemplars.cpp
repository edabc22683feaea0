#include "telemetry/exemplars.hpp"

#include "base/trace_context.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::telemetry {

void exemplars::keep(std::string const& series, std::span<double const> bounds, exemplar item) {
    if (!read_trace_id(item.trace_id)) return;
    auto& buckets = kept_[series];
    buckets.resize(bounds.size() + 1);
    auto const bucket = std::ranges::lower_bound(bounds, item.value) - bounds.begin();
    buckets[static_cast<std::size_t>(bucket)] = std::move(item);
}

exemplar const* exemplars::find(std::string const& series, std::size_t bucket) const {
    auto const found = kept_.find(series);
    if (found == kept_.end() || bucket >= found->second.size()) return nullptr;
    auto const& item = found->second[bucket];
    return item ? &*item : nullptr;
}

}  // namespace voicehook::telemetry
