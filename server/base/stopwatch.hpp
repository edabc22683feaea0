// How long something takes, by a clock that nobody sets. The simulation has a clock of its own in its place.
#pragma once

#include "base/time.hpp"

#include <chrono>

namespace voicehook {

class stopwatch {
public:
    stopwatch();
    [[nodiscard]] duration elapsed() const;

private:
    std::chrono::steady_clock::time_point began_;
};

}  // namespace voicehook
