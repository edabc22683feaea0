// The provider's bodies, member by member in its own order.
#pragma once

#include "tests/simulator/json_text.hpp"
#include "tests/simulator/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace simulator {

/// Where a task stands for somebody who looks at it.
struct task_view {
    std::string_view status;       ///< pending, processing, completed, failed, cancelled
    int progress = 0;              ///< percent
    std::optional<outcome> ended;  ///< nothing: still at work
};

enum class id_member : std::uint8_t { present, missing };

/// The credits that each created voice costs.
inline constexpr std::int64_t credits_per_voice = 2;

/// What a query would see of this task at `now`.
[[nodiscard]] task_view view_of(task const& item, steady::time_point now);

/// The answer to an accepted submission, also a replayed one that has not ended.
[[nodiscard]] std::string accepted_body(task const& item, task_view const& view, std::chrono::seconds estimate,
                                        id_member id);

/// The answer to a query, and the body of a callback when the task has ended.
[[nodiscard]] std::string query_body(task const& item, task_view const& view);

/// The body of a task that ended like this, usual or unusual. `no_error` and `integer_code` make a completed one fail.
[[nodiscard]] std::string ended_body(task const& item, outcome how, std::optional<body_shape> shape);

/// The status text that `ended_body` carries for these.
[[nodiscard]] std::string_view ended_status(outcome how, std::optional<body_shape> shape) noexcept;

/// `{"error":{"code":…,"message":…,"type":…,"param":…}}`; `code` is JSON text, `param` is left out when empty.
[[nodiscard]] std::string error_body(std::string_view code, std::string_view message, std::string_view type,
                                     std::string_view param = {});

/// The answer of `GET /v1/credits`. Without `remaining` the key has no limit of its own, and no balance is told.
[[nodiscard]] std::string credits_body(std::optional<std::int64_t> remaining, std::int64_t used);

}  // namespace simulator
