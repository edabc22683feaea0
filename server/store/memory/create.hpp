// The store as a readable specification: everything in maps, nothing durable. For tests and simulation.
#pragma once

#include "ports/store.hpp"

#include <functional>
#include <memory>

namespace voicehook::store::memory {

/// With a clock of its own, which then decides leases, or by those of its callers.
[[nodiscard]] std::unique_ptr<ports::store> create(std::function<instant()> clock = {});

}  // namespace voicehook::store::memory
