// The provider's JSON, read into what decisions need. Never throws for its content, never re-serialises it.
#pragma once

#include "core/provider_verdict.hpp"
#include "core/task_report.hpp"

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::wire {

/// Why a body is not a task.
enum class report_error : unsigned char { not_json = 1, not_a_task };

/// Reads a task as the provider sends it in callbacks and query answers. Required: an object with a string `id`
/// (1–256 visible ASCII characters) and a string `status`. Any other member may be missing or have any type or size
/// (provider page, "Query"). `canceled` is read as cancelled. For duplicate names the last wins.
[[nodiscard]] std::expected<core::task_report, report_error> read_task_report(std::string_view body);

/// Reads any answer: its status, the task in it, and the error in any of the envelope's forms:
/// {"error":{"code":text or integer,…}}, {"success":false,"code":…,"msg":…}, {"error":"x","error_description":…}.
/// A task is read from 2xx answers only, and there a string `id` suffices: without a `status` it is `other`.
/// `error_json` is at most 16 KiB and shows no API key, whatever the provider quotes. `retry_after` is the header's
/// value: seconds or an HTTP date relative to `now`.
[[nodiscard]] core::provider_answer read_answer(int http_status, std::string_view body,
                                                std::optional<std::string_view> retry_after, instant now);

/// `Retry-After`: seconds, or an HTTP date relative to `now`; nothing when it is neither. Never negative, at most one
/// day.
[[nodiscard]] std::optional<duration> read_retry_after(std::string_view value, instant now);

/// A member of result_data etc. in the order EvoLink's client looks for the preview's URL (provider page): or nothing.
[[nodiscard]] std::optional<std::string> preview_url(std::string_view body);

}  // namespace voicehook::wire
