// Lines of the API's lists as tables: tasks, deliveries, replays, actions.
#pragma once

#include "app/ops/json_part.hpp"
#include "app/ops/table.hpp"

#include <vector>

namespace voicehook::app::ops {

/// A page of `GET tasks`.
[[nodiscard]] table tasks_table(std::vector<json_part> const& lines, instant now);

/// A page of `GET deliveries`.
[[nodiscard]] table deliveries_table(std::vector<json_part> const& lines, instant now);

/// How many are parked by sink and cause, from the summary.
[[nodiscard]] table parked_table(json_part const& summary);

/// A page of `GET replays`.
[[nodiscard]] table replays_table(std::vector<json_part> const& lines, instant now);

/// A page of `GET actions`.
[[nodiscard]] table actions_table(std::vector<json_part> const& lines, instant now);

}  // namespace voicehook::app::ops
