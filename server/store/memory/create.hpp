// The store as a readable specification: everything in maps, nothing durable. For tests and simulation.
#pragma once

#include "ports/store.hpp"

#include <memory>

namespace voicehook::store::memory {

[[nodiscard]] std::unique_ptr<ports::store> create();

}  // namespace voicehook::store::memory
