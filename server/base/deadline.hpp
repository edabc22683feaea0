// A moment on the steady clock by which something must be done.
#pragma once

#include "base/time.hpp"

#include <algorithm>
#include <chrono>

namespace voicehook {

/// Made once, at the edge of an operation, and passed down. It never leaves the process: durations do.
class deadline {
public:
    using clock = std::chrono::steady_clock;

    /// The moment `span` from now.
    [[nodiscard]] static deadline in(duration span) { return deadline{clock::now() + span}; }
    [[nodiscard]] static deadline at(clock::time_point moment) { return deadline{moment}; }

    [[nodiscard]] clock::time_point moment() const noexcept { return moment_; }
    [[nodiscard]] bool passed() const { return clock::now() >= moment_; }
    /// What is left, never negative.
    [[nodiscard]] duration left() const {
        return std::max(duration::zero(), std::chrono::ceil<duration>(moment_ - clock::now()));
    }
    /// The nearer of this and `span` from now: a phase inside a longer operation.
    [[nodiscard]] deadline within(duration span) const { return deadline{std::min(moment_, clock::now() + span)}; }

private:
    explicit deadline(clock::time_point moment) : moment_{moment} {}
    clock::time_point moment_;
};

}  // namespace voicehook
