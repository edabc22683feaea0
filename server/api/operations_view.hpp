// The JSON of the operations API.
#pragma once

#include "base/time.hpp"
#include "ports/store_types.hpp"

#include <string>
#include <vector>

namespace voicehook::api {

/// Counters, ages, sinks and conservation; an age or reason that does not exist is null, never 0.
[[nodiscard]] std::string render_summary(ports::store_summary const& counters,
                                         std::vector<std::string> const& violations, instant now);

/// One task with its timeline and deliveries. Bodies are shown as text.
[[nodiscard]] std::string render_history(ports::task_history const& history);

/// A page of tasks, a line each.
[[nodiscard]] std::string render_task_lines(ports::task_page const& page);

/// A page of deliveries, a line each.
[[nodiscard]] std::string render_delivery_lines(ports::delivery_page const& page);

}  // namespace voicehook::api
