#include "telemetry/exemplars.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::telemetry {

bool is_trace_id(std::string_view text) noexcept {
    constexpr std::size_t length = 32;
    return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
           text.find_first_not_of('0') != std::string_view::npos;
}

void exemplars::keep(std::string const& series, std::span<double const> bounds, exemplar item) {
    if (!is_trace_id(item.trace_id)) return;
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
