// The JSON of the operations API.
#pragma once

#include "base/time.hpp"
#include "core/poll_plan.hpp"
#include "ports/operator_types.hpp"
#include "ports/store_types.hpp"

#include <string>
#include <string_view>

namespace voicehook::api {

/// Tells which tasks are shown as overdue: open for longer than `polling.give_up_after`.
struct overdue_check {
    core::poll_policy policy;
    instant now;
    [[nodiscard]] bool operator()(core::task const& item) const { return core::overdue(policy, item, now); }
};

/// One task with its timeline and deliveries. Bodies are shown as text, without callback tokens; of a caller's own
/// `callback_url` only where it leads, for it may be a secret. `provider_url` is what the request as curl names.
[[nodiscard]] std::string render_history(ports::task_history const& history, overdue_check const& overdue,
                                         std::string_view provider_url);

/// A page of tasks, a line each.
[[nodiscard]] std::string render_task_lines(ports::task_page const& page, overdue_check const& overdue);

/// A page of deliveries, a line each.
[[nodiscard]] std::string render_delivery_lines(ports::delivery_page const& page);

/// A page of what operators did, a line each.
[[nodiscard]] std::string render_actions(ports::action_page const& page);

}  // namespace voicehook::api
