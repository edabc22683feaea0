// Writes down what became of deliveries that were claimed, and tells log, metrics and the activity feed.
#pragma once

#include "core/delivery_policy.hpp"
#include "flows/dispatch_parts.hpp"

#include <utility>

namespace voicehook::flows {

/// Of one sink. Whatever the store does not take is logged; the delivery is claimed again when its lease ends.
class delivery_records {
public:
    /// `parts` must outlive it.
    delivery_records(dispatch_parts& parts, sink_name sink) : parts_{parts}, sink_{std::move(sink)} {}

    /// One attempt, in the span `trace`, and what follows from it.
    [[nodiscard]] awaitable<void> attempted(core::delivery const& item, trace_context const& trace,
                                            core::attempt_outcome const& outcome, core::delivery_decision decision,
                                            duration took) const;
    /// It was claimed and not attempted: put back, or given up because its far side was ill, with `failure`, for too
    /// long.
    [[nodiscard]] awaitable<void> not_attempted(core::delivery const& item, core::delivery_decision decision,
                                                core::attempt_outcome const& failure) const;

private:
    void note(happening kind, core::delivery const& item, core::attempt_outcome const& outcome, instant now) const;

    dispatch_parts& parts_;
    sink_name sink_;
};

}  // namespace voicehook::flows
