// The provider's error answers, one row each.
#pragma once

#include "tests/simulator/kinds.hpp"

#include <string>
#include <string_view>

namespace simulator {

/// An error answer as it goes out.
struct refusal {
    unsigned status = 500;
    std::string body;
    std::string_view content_type = "application/json";
    std::string_view retry_after;  ///< empty: no such field
};

/// The answer for a submission that a fault refuses.
[[nodiscard]] refusal refusal_for(submit_error kind, std::string_view request_id);

/// The answer for a query that a fault spoils. `stall` is not an answer: 500.
[[nodiscard]] refusal refusal_for(query_error kind, std::string_view request_id);

/// 400 for a broken rule; `param` may be empty.
[[nodiscard]] refusal invalid_request(std::string_view message, std::string_view param);

/// 400 for a task id in no valid form.
[[nodiscard]] refusal invalid_task_id();

/// 404 for a task that does not exist.
[[nodiscard]] refusal task_not_found();

/// 404 for a route that does not exist.
[[nodiscard]] refusal no_such_route();

/// 413 with its integer code.
[[nodiscard]] refusal request_too_large();

}  // namespace simulator
