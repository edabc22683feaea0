// The port to where results go.
#pragma once

#include "base/failure.hpp"
#include "base/ids.hpp"
#include "base/trace_context.hpp"
#include "core/delivery.hpp"
#include "core/delivery_policy.hpp"
#include "ports/awaitable.hpp"

#include <cstddef>
#include <string>

namespace voicehook::ports {

class sink {
public:
    virtual ~sink() = default;

    [[nodiscard]] virtual sink_name const& name() const noexcept = 0;
    /// How many deliveries may be under way at once (≥ 1).
    [[nodiscard]] virtual std::size_t max_in_flight() const noexcept = 0;

    /// The sink's own limit for one attempt: a lease must last longer.
    [[nodiscard]] virtual duration longest_attempt() const noexcept = 0;

    /// Which of many far sides a delivery goes to (a host); empty where the sink has only one.
    [[nodiscard]] virtual std::string destination_of(core::delivery const& /*item*/) const { return {}; }

    /// One attempt, with a time limit of its own, that tells `trace` where there is a header to tell it in. Never
    /// throws for what the far side does.
    [[nodiscard]] virtual awaitable<core::attempt_outcome> deliver(core::delivery const& item,
                                                                   trace_context const& trace) = 0;

    /// Another takes its place, or none: what is under way is finished, and the gauges that it sets go back to 0, for
    /// good.
    virtual void retire() {}

    /// Tries to reach the far side without delivering anything (`check --connect`).
    [[nodiscard]] virtual awaitable<result<void>> probe() = 0;
};

}  // namespace voicehook::ports
