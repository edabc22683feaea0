// GET /ops/v1/history: how the last hour or day of this process went.
#pragma once

#include "flows/chronicle.hpp"
#include "http/router.hpp"
#include "ports/clock.hpp"

#include <string>
#include <vector>

namespace voicehook::api {

/// Every series with a value for each interval, oldest first; null where nothing is known.
[[nodiscard]] std::string render_history_of(telemetry::history_window window, telemetry::track::excerpt const& found);

/// `written` and `clock` must outlive the routes.
[[nodiscard]] std::vector<http::route> history_routes(flows::chronicle const& written, ports::clock const& clock);

}  // namespace voicehook::api
