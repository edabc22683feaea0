// What the routes of operators read and answer in the same way.
#pragma once

#include "base/failure.hpp"
#include "core/complaint.hpp"
#include "flows/activity.hpp"
#include "http/router.hpp"
#include "ports/operator_types.hpp"

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::api {

/// The longest reason that an action may have, in bytes.
inline constexpr std::size_t max_reason = 500;
/// Pages of lists.
inline constexpr std::size_t page_size = 50;
inline constexpr std::size_t longest_page = 200;

using request_handler = std::function<http::awaitable<http::response>(http::request)>;

/// A route that reads.
[[nodiscard]] http::route reading_route(std::string pattern, request_handler handle);

/// What the body of an action must be.
enum class action_body : unsigned char {
    json = 1,
    anything,  ///< nobody looks at it
};
/// A route that acts.
[[nodiscard]] http::route action_route(std::string pattern, request_handler handle, action_body body);

/// `{"reason":…}` and nothing else: required for what gives something up or stops something.
[[nodiscard]] std::expected<std::string, core::complaints> read_reason(std::string_view body);

/// A complaint unless the reason has 1 to `max_reason` bytes.
void check_reason(std::string_view reason, core::complaints& complaints);

/// 404, 409 or 503 for an action on `what` ("task") that the store did not take.
[[nodiscard]] http::response failed_action(failure const& why, std::string_view what);

/// Tells who watches of an action.
void note_action(flows::activity& lately, ports::action const& done, std::optional<task_id> task = {},
                 std::optional<sink_name> sink = {});

/// 200 `{"status":"done"}`.
[[nodiscard]] http::response done_response();

}  // namespace voicehook::api
