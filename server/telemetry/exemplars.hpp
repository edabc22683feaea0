// Of each bucket of each histogram: the last observation that a trace tells more of.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::telemetry {

struct exemplar {
    std::string trace_id;  ///< 32 lower-case hex digits (W3C Trace Context)
    double value{};
    double at{};  ///< when it was observed: seconds since 1970
};

/// Bounded by what there is: one for each bucket of each series, the latest replaces the one before. One thread at a
/// time.
class exemplars {
public:
    /// `series` as `metrics` calls it; `bounds` are the upper bounds of its buckets without the infinite one. A trace
    /// id that is none is left out, so that nothing else from outside gets to a scraper.
    void keep(std::string const& series, std::span<double const> bounds, exemplar item);

    /// Of the bucket at this position, the infinite one is the last; nothing while there was none.
    [[nodiscard]] exemplar const* find(std::string const& series, std::size_t bucket) const;

private:
    std::map<std::string, std::vector<std::optional<exemplar>>> kept_;
};

}  // namespace voicehook::telemetry
