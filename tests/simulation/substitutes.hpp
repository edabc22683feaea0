// The simulation's own randomness, stopwatch and log, linked in the place of base/{random,stopwatch,log}.cpp.
#pragma once

#include "dice.hpp"
#include "scheduler.hpp"
#include "trace.hpp"

namespace voicehook::simulation {

/// For as long as it lives, randomness on this thread comes from `luck`, stopwatches go by `time` and log lines
/// go to `lines`.
class substitutes {
public:
    substitutes(dice& luck, trace& lines, scheduler const& time) noexcept;
    ~substitutes();
    substitutes(substitutes const&) = delete;
    substitutes& operator=(substitutes const&) = delete;
};

}  // namespace voicehook::simulation
