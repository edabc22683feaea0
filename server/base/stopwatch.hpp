// How long something takes, by a clock that nobody sets. The simulation has a clock of its own in its place.
#pragma once

#include "base/time.hpp"

#include <chrono>

namespace voicehook {

/// Runs from its making.
class stopwatch {
public:
    stopwatch();
    /// Whole milliseconds, rounded down.
    [[nodiscard]] duration elapsed() const;

private:
    std::chrono::steady_clock::time_point began_;
};

}  // namespace voicehook
