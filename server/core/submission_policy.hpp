// From a verdict on a submission to the event that the lifecycle gets: when to retry, when to replay, when to end.
#pragma once

#include "base/names.hpp"
#include "core/lifecycle.hpp"
#include "core/provider_verdict.hpp"
#include "core/retry_schedule.hpp"

#include <optional>
#include <string_view>

namespace voicehook::core {

/// `submission.replay`: what to do with an unknown outcome.
enum class replay_mode : std::uint8_t { same_key = 1, never };

/// The cause of a postponement, and the code at the deadline, when the provider does not take our key.
inline constexpr std::string_view provider_unauthorized = "provider_unauthorized";
/// The code of a task that certainly never reached the provider before its deadline.
inline constexpr std::string_view submission_expired_code = "submission_expired";

struct submission_policy {
    replay_mode replay{replay_mode::same_key};
    duration replay_after{60s};
    retry_schedule retries{1s, 30s};      ///< after 429, no_available_channel, refused connections
    retry_schedule key_probes{30s, 60s};  ///< after 401: our key is wrong, probe slowly
};

/// When an unknown outcome learned at `now` may be replayed: `replay_after` later plus the wait of `retries`; nothing
/// when that is past the task's deadline, or with `replay = "never"`.
[[nodiscard]] std::optional<instant> replay_at(submission_policy const& policy, task const& item, instant now,
                                               double unit) noexcept;

/// The event for an answer to attempt number `item.submissions` (already counted). `first_poll` is when to ask about an
/// accepted task. A `Retry-After` is honoured, capped by the task's deadline. An accepted answer that already carries
/// an end makes a query due at once. Refusals with 402, 403, 409, 429 or a quota code are about the account, others
/// about the request.
[[nodiscard]] task_event event_for(submission_policy const& policy, task const& item, provider_answer const& answer,
                                   std::string body, instant first_poll, instant now, double unit);
[[nodiscard]] task_event event_for(submission_policy const& policy, task const& item, provider_silence const& silence,
                                   instant now, double unit);

/// The event for a claimed task whose deadline has passed: `provider_unauthorized` (503) when our key was what stood in
/// its way, else `submission_expired` (503).
[[nodiscard]] submission_expired expiry_of(task const& item);

}  // namespace voicehook::core

namespace voicehook {
template <>
inline constexpr auto names_of<core::replay_mode> =
    std::array{entry(core::replay_mode::same_key, "same_key"), entry(core::replay_mode::never, "never")};
}
