// The JSON of the summary.
#pragma once

#include "api/provider_record.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "flows/canary.hpp"
#include "flows/credits.hpp"
#include "flows/dispatch.hpp"
#include "ports/store_types.hpp"
#include "telemetry/metrics.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::api {

/// What this process knows of itself, and the store does not.
struct process_view {
    std::string version;
    lease_owner owner;
    instant since;  ///< since when it counts
    bool ready{};
    std::map<sink_name, flows::sink_health> sinks;  ///< that it serves
    std::size_t provider_in_flight{};
    provider_record provider;
    std::optional<flows::credits_reading> credits;
    std::optional<flows::canary_state> canary;
    std::vector<telemetry::counted> requests;     ///< {operation, status}
    std::vector<telemetry::counted> submissions;  ///< {verdict}
    std::vector<telemetry::counted> callbacks;    ///< {result}
    std::vector<telemetry::counted> rejected;     ///< {listener, reason}
};

/// Counters, ages, sinks, conservation, and what this process knows; an age or reason that does not exist is null,
/// never 0. Reasons and causes that did not occur are left out.
[[nodiscard]] std::string render_summary(ports::store_summary const& counters,
                                         std::vector<std::string> const& violations, process_view const& process,
                                         instant now);

}  // namespace voicehook::api
