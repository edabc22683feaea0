// When something that is due counts as late.
#pragma once

#include "base/time.hpp"

#include <optional>

namespace voicehook::core {

/// What has been due for no longer is only being taken up: workers look once a second, a busy one takes a while.
inline constexpr duration late_after = 10s;

/// For how long something has been due, once that is longer than `late_after`; nothing while all is in time. What waits
/// for its next attempt is not due, however old it is: this tells lateness, not backlog.
[[nodiscard]] constexpr std::optional<duration> past_due(std::optional<instant> due, instant now) noexcept {
    return due && now - *due > late_after ? std::optional{now - *due} : std::nullopt;
}

}  // namespace voicehook::core
