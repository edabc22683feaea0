// From why a delivery could not be made to why a sink could not be reached.
#pragma once

#include "base/failure.hpp"
#include "core/delivery_policy.hpp"
#include "core/task.hpp"

namespace voicehook::sinks {

/// "reach sink events: …" with the code that stands for the outcome's cause.
[[nodiscard]] std::unexpected<failure> to_failure(core::attempt_outcome const& outcome, sink_name const& sink);

}  // namespace voicehook::sinks
