// When to ask the provider about a task whose callback has not come.
#pragma once

#include "base/time.hpp"
#include "core/task.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace voicehook::core {

/// Whether callbacks come through, as far as anybody tried.
enum class callback_path : std::uint8_t { open = 1, broken };

struct poll_policy {
    std::optional<duration> first_after;  ///< nothing: "auto"
    duration interval{6s};
    duration give_up_after{24h};  ///< then hourly, and shown as overdue
    duration overdue_interval{1h};
    callback_path callbacks{callback_path::open};
};

/// How long tasks took lately: a ring of the last 128 observed times from acceptance to callback.
class learned_durations {
public:
    /// Times that are not positive are left out: there the callback itself told of the acceptance.
    void observe(duration took) noexcept;
    /// The 90th percentile of what was seen; nothing before 8 observations.
    [[nodiscard]] std::optional<duration> typical() const noexcept;

private:
    std::array<duration, 128> ring_{};
    std::size_t seen_{};
};

/// The first query of a task accepted at `accepted_at`: `first_after` if set; else what was learned, or the provider's
/// estimate, or 15 s, plus two seconds and a quarter for a callback that is merely slow (a query costs the provider).
/// While callbacks do not come through: as soon as the provider estimated (after a second at the earliest), or after
/// 15 s, or after `first_after` if that is sooner.
[[nodiscard]] instant first_poll(poll_policy const& policy, learned_durations const& learned,
                                 std::optional<duration> estimated, instant accepted_at) noexcept;

/// The next query after one that did not end the task: `interval` with ±10 % jitter; after failed ones doubling up to
/// 5 min; hourly once `give_up_after` has passed since acceptance; a `Retry-After` is the least. While callbacks do not
/// come through: half the interval, but for one under three seconds, which stays; after failed ones doubling up to 1
/// min.
[[nodiscard]] instant next_poll(poll_policy const& policy, task const& item, std::optional<duration> retry_after,
                                instant now, double unit) noexcept;

/// Whether a task is open for longer than `give_up_after` since the provider's acceptance, or since ours where the
/// provider's is not known.
[[nodiscard]] bool overdue(poll_policy const& policy, task const& item, instant now) noexcept;

}  // namespace voicehook::core
