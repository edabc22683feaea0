// The synthetic callback by which the service tries its own public path.
#pragma once

#include "core/poll_plan.hpp"

#include <string_view>

namespace voicehook::core {

/// The task that a canary names. Nobody can have made it: its id is of 1970, so that a store which knows nothing of
/// canaries takes it for one that is long gone.
inline constexpr std::string_view canary_task = "task-00000000-0000-7000-8000-000000000000";

/// One canary may be lost by accident; after so many in a row callbacks do not come through.
inline constexpr unsigned canaries_that_count = 2;

[[nodiscard]] constexpr callback_path path_after(unsigned failures_in_a_row) noexcept {
    return failures_in_a_row >= canaries_that_count ? callback_path::broken : callback_path::open;
}

}  // namespace voicehook::core
