// The limit on open descriptors, and what it leaves for connections.
#pragma once

#include <cstddef>
#include <cstdint>

namespace voicehook::app {

/// Descriptors that stay for everything but the listeners' connections: the store, files, connections to the outside.
inline constexpr std::uint64_t reserved_descriptors = 256;

/// What three listeners with `max_connections` each need at most, with the reserve.
[[nodiscard]] std::uint64_t descriptors_for(std::size_t max_connections) noexcept;

/// How many of `wanted` connections each of the three listeners may have under `limit` descriptors; at least one.
[[nodiscard]] std::size_t connections_within(std::uint64_t limit, std::size_t wanted) noexcept;

/// Raises this process's soft limit on descriptors to its hard one; returns the limit that is in force now.
std::uint64_t raise_descriptor_limit() noexcept;

}  // namespace voicehook::app
