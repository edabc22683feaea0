// What one message of the provider, callback or answer to a query, says of a task.
#pragma once

#include "core/task.hpp"

#include <optional>
#include <string>

namespace voicehook::core {

/// The members of the provider's task that decisions rest on. All else stays in the raw bytes.
struct task_report {
    provider_task_id id;
    reported_status status{reported_status::other};
    std::string error_code;             ///< as text, whatever its JSON type; empty when there is none
    std::optional<int> progress;        ///< 0 … 100
    std::optional<duration> estimated;  ///< task_info.estimated_time
};

/// The end that a report stands for. `canceled`, and `failed` with `request_cancelled`, are cancelled
/// (provider page, "Query"). Nothing while the task still runs or the status is unknown.
[[nodiscard]] std::optional<terminal> terminal_of(task_report const& report) noexcept;

}  // namespace voicehook::core
