// The far sides of a sink that has many: a cap, a breaker and a retry budget for each, so that a dead one delays no
// other.
#pragma once

#include "base/time.hpp"
#include "core/breaker.hpp"
#include "core/retry_budget.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace voicehook::flows {

/// Knows the destinations that are busy, and those that failed in the last ten minutes; one that it does not know has
/// room and is well. What finds no room is told when to come again: behind those who were told so before, at the pace
/// at which the destination serves, and not before its breaker's next probe. One thread only.
class destinations {
public:
    /// `max_each`: attempts under way at one destination (≥ 1).
    destinations(std::size_t max_each, core::breaker_policy breaker, core::retry_budget_policy budget = {})
        : max_each_{max_each}, breaker_{breaker}, budget_{budget} {}

    /// Why no attempt may begin now.
    struct refusal {
        instant until;                                  ///< when to try again, later than now
        std::optional<core::attempt_outcome> ill_with;  ///< the last failure; nothing: busy
    };
    /// Takes a place at `where`, to be given back by `finish`; or refuses.
    [[nodiscard]] std::optional<refusal> admit(std::string const& where, instant now);
    /// `unit` in [0, 1): see core::breaker.
    void finish(std::string const& where, core::attempt_outcome const& outcome, duration took, instant now,
                double unit);

    /// The retries of `where`; for use at once.
    [[nodiscard]] core::retry_budget& budget_of(std::string const& where, instant now);

    /// Forgets those that were not used for long. Costs next to nothing when it is asked for often.
    void forget_idle(instant now);

    /// How many are ill.
    [[nodiscard]] std::size_t ill() const noexcept { return ill_; }
    [[nodiscard]] std::size_t known() const noexcept { return gates_.size(); }

    /// Putting one back costs the store two writes: of one ill destination no more than so many a second come again, …
    static constexpr duration least_gap_when_ill = 50ms;
    /// … but nobody is put off for longer than this, so that what waits for one that is well again is not forgotten.
    static constexpr duration longest_wait = 10min;

private:
    struct gate {
        core::breaker breaker;
        core::retry_budget budget;
        std::size_t running{};
        duration usual{200ms};  ///< how long attempts took lately
        instant next_turn{};    ///< when the next that finds no room may come
        instant used_at{};
        core::attempt_outcome last_failure{};  ///< of those that say that it is ill

        [[nodiscard]] bool ill() const noexcept { return breaker.ill_since().has_value(); }
    };

    [[nodiscard]] gate& gate_of(std::string const& where, instant now);

    std::size_t max_each_;
    core::breaker_policy breaker_;
    core::retry_budget_policy budget_;
    std::map<std::string, gate, std::less<>> gates_;
    std::size_t ill_{};
    instant next_look_{};  ///< for those that may be forgotten
};

}  // namespace voicehook::flows
