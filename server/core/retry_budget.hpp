// How many retries a sink gets: a share of what it gets for the first time.
#pragma once

#include "base/time.hpp"

namespace voicehook::core {

struct retry_budget_policy {
    double share{0.2};           ///< retries per first try
    double least_per_second{1};  ///< so that little traffic can recover: a floor, not added to the share
    double burst{20};            ///< retries that may be scheduled at once after quiet times
    duration longest_wait{1h};   ///< nobody is put off for longer, and what that takes is not owed any more
};

/// A bucket of retries, which fills by a share of the first tries, or by the floor where that is more; each scheduled
/// retry takes one. When it is empty retries are not lost but put off, one behind the other, so far that a sink that
/// refused everything for hours has paid for it an hour after it is well. Once first tries have become less than half
/// of what they were in the last minute, the room that they leave is for retries too: what the sink bore before it
/// bears now. Pure: times are arguments.
class retry_budget {
public:
    retry_budget(retry_budget_policy policy, instant now) noexcept;

    void note_first_try(instant now) noexcept;
    /// Takes one retry; returns how long it must wait at least (0 while there are some left).
    [[nodiscard]] duration take(instant now) noexcept;
    /// Whether it has as many as it can have: a new one would do as well.
    [[nodiscard]] bool full() const noexcept { return left_ >= policy_.burst; }

private:
    void pass_time(instant now) noexcept;
    void pass(double seconds) noexcept;
    [[nodiscard]] double time_fills_per_second() const noexcept;
    [[nodiscard]] double refill_per_second() const noexcept;
    void forgive() noexcept;

    retry_budget_policy policy_;
    double left_;
    double firsts_per_second_{};  ///< averaged over about ten seconds
    double most_per_second_{};    ///< of them lately
    instant seen_at_;
};

}  // namespace voicehook::core
