// The answers that several resources give in the same way.
#pragma once

#include "base/failure.hpp"
#include "core/complaint.hpp"
#include "core/task.hpp"
#include "http/exchange.hpp"
#include "wire/problem.hpp"

#include <string>
#include <string_view>

namespace voicehook::api {

/// A problem+json response with its status.
[[nodiscard]] http::response problem_response(wire::problem const& item);
[[nodiscard]] http::response problem_response(int status, std::string_view code, std::string detail);

/// 400 with every violated rule.
[[nodiscard]] http::response invalid_response(core::complaints complaints);

/// Our own trouble: always 503 with Retry-After, never a 4xx.
[[nodiscard]] http::response unavailable_response(failure const& why);

/// 404 for a task that does not exist or is another caller's: the two are not told apart.
[[nodiscard]] http::response unknown_task_response();

/// The task as `GET /v1/tasks/{id}` shows it.
[[nodiscard]] http::response task_response(int status, core::task const& item);

/// The value of `Retry-After`: whole seconds, at least 1.
[[nodiscard]] std::string retry_after_value(duration wait);

/// The token of "Authorization: Bearer <token>" (scheme in any letter case); nothing without one.
[[nodiscard]] std::optional<std::string_view> bearer_token(http::request const& item);

}  // namespace voicehook::api
