// What an answer of the provider to a submission means: the code decides, not the status.
#pragma once

#include "base/failure.hpp"
#include "base/names.hpp"
#include "core/task_report.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace voicehook::core {

/// What came back from one submission, read but not judged.
struct provider_answer {
    int http_status{};
    std::optional<task_report> task;  ///< the body is a task with a string `id`
    std::string error_code;           ///< lower-cased text of `error.code` in any of its forms, or empty
    std::string error_type;           ///< `error.type`, or empty
    std::string
        error_json;  ///< the `error` object's bytes, or one made from the other envelope forms; "" when not JSON
    std::optional<duration> retry_after;
};

/// The exchange ended without an answer. `sent` tells whether a byte of the request may have left.
struct provider_silence {
    errc code{};
    enum class request : std::uint8_t { not_sent, perhaps_sent } sent{request::perhaps_sent};
};

enum class submission_verdict : std::uint8_t {
    accepted = 1,
    refused,        ///< final
    refused_quota,  ///< final for a first attempt; a condition of the account: alarm
    unauthorized,   ///< our key: the task stays queued, probed slowly, alarm
    retry_later,    ///< certainly not accepted
    unknown,        ///< perhaps accepted: same bytes, same key, later
};

/// The decision table of the provider page, "Submit": a known code decides, in any letter case, else the status.
/// - 2xx: accepted with a task, else unknown. 5xx: unknown whatever the code, but `no_available_channel` is
/// retry_later.
/// - 429: retry_later unless the code tells of quota or of our key. 425: retry_later.
/// - 401 unauthorized, 402 refused_quota, 413, 414, 431 refused, whoever answered.
/// - 400, 403 … 451: refused where the body is an error of the provider's; without one a proxy may have answered:
/// unknown.
/// - 408, other 409, other 4xx, and what is no final answer of this protocol (1xx, 3xx): unknown. A redirect is never
///   followed, and whether the redirecting server took the request cannot be known.
[[nodiscard]] submission_verdict judge(provider_answer const& answer) noexcept;
[[nodiscard]] submission_verdict judge(provider_silence const& silence) noexcept;

}  // namespace voicehook::core

namespace voicehook {

template <>
inline constexpr auto names_of<core::submission_verdict> =
    std::array{entry(core::submission_verdict::accepted, "accepted"),
               entry(core::submission_verdict::refused, "refused"),
               entry(core::submission_verdict::refused_quota, "refused_quota"),
               entry(core::submission_verdict::unauthorized, "unauthorized"),
               entry(core::submission_verdict::retry_later, "retry_later"),
               entry(core::submission_verdict::unknown, "unknown")};

}  // namespace voicehook
