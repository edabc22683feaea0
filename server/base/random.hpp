// Randomness from the operating system, taken at the edge and handed to the core as numbers.
#pragma once

#include "base/ids.hpp"

#include <cstddef>
#include <string>

namespace voicehook {

/// `count` bytes from getrandom(2). Throws std::system_error when the system has none to give.
[[nodiscard]] std::string random_bytes(std::size_t count);

/// The random part of a UUIDv7.
[[nodiscard]] uuid_entropy random_entropy();

/// A number in [0, 1), for jitter. From a fast generator seeded by the system; not for secrets.
[[nodiscard]] double random_unit();

}  // namespace voicehook
