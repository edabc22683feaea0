// Why a far side did not answer: as the outcome of an attempt, and as a failure.
#pragma once

#include "base/failure.hpp"
#include "core/delivery_policy.hpp"
#include "core/task.hpp"

namespace voicehook::sinks {

/// The cause that an exchange without an answer stands for.
[[nodiscard]] core::delivery_cause cause_of(errc code) noexcept;

/// An attempt that ended without an answer.
[[nodiscard]] core::attempt_outcome to_outcome(failure const& why);

/// What stands for the cause where no delivery is at stake.
[[nodiscard]] errc code_of(core::delivery_cause cause) noexcept;

/// "reach sink events: …" with the code that stands for the outcome's cause.
[[nodiscard]] std::unexpected<failure> to_failure(core::attempt_outcome const& outcome, sink_name const& sink);

}  // namespace voicehook::sinks
