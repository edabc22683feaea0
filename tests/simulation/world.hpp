// What all parts of one episode share: time, luck, the book of what must hold, and the count of what went wrong.
#pragma once

#include "dice.hpp"
#include "fault.hpp"
#include "ledger.hpp"
#include "plan.hpp"
#include "scheduler.hpp"
#include "trace.hpp"

#include <cstdint>
#include <map>

namespace voicehook::simulation {

/// Whether faults strike.
enum class weather : std::uint8_t { stormy = 1, calm };

struct world {
    world(episode_plan plan, trace::mode how) : rules{std::move(plan)}, lines{how} {}

    /// Whether this fault happens now; counted when it does. Never in calm weather.
    [[nodiscard]] bool strikes(fault what) {
        if (sky == weather::calm || !luck.chance(rules.rates[what])) return false;
        ++happened[what];
        return true;
    }

    /// Whether a sink takes nothing at all for a while, in any weather.
    [[nodiscard]] bool is_down(sink_name const& sink) const {
        auto const outage = down_until.find(sink);
        return outage != down_until.end() && time.now() < outage->second;
    }

    static constexpr auto noon = instant{1'775'131'200'000ms};

    episode_plan const rules;
    dice luck{rules.seed ^ 0x5eed5eed5eed5eedULL};
    scheduler time{noon, luck};
    trace lines;
    per_fault<std::uint64_t> happened;
    weather sky{weather::stormy};
    std::map<sink_name, instant> down_until;
    ledger book{rules, time, lines};
};

}  // namespace voicehook::simulation
