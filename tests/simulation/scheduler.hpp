// Simulated time: what happens next, and when.
#pragma once

#include "base/time.hpp"
#include "dice.hpp"

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace voicehook::simulation {

/// Runs actions in the order of their time; what falls on the same millisecond runs in an order that the dice decide.
class scheduler {
public:
    using action = std::move_only_function<void()>;

    scheduler(instant start, dice& luck) : now_{start}, luck_{luck} {}

    [[nodiscard]] instant now() const noexcept { return now_; }
    /// Never before now.
    void at(instant when, action what);
    void after(duration span, action what) { at(now_ + span, std::move(what)); }

    /// Runs the next action; false when there is none.
    bool step();
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

private:
    struct entry {
        instant when;
        std::uint64_t lot;
        std::uint32_t place;  ///< of the action; entries are moved about, actions are not
    };
    struct later {
        bool operator()(entry const& left, entry const& right) const noexcept {
            return left.when != right.when ? left.when > right.when : left.lot > right.lot;
        }
    };

    instant now_;
    dice& luck_;
    std::vector<entry> queue_;
    std::vector<action> actions_;
    std::vector<std::uint32_t> free_;
    std::uint64_t steps_{};
};

}  // namespace voicehook::simulation
