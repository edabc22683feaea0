// What is said to Redis, as the bytes of its protocol.
#pragma once

#include "base/trace_context.hpp"
#include "core/delivery.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace voicehook::sinks::redis {

/// A command and its arguments. Each goes with its length before it: whatever is in one stays in it.
[[nodiscard]] std::string command(std::span<std::string_view const> words);

struct stream_target {
    std::string key;
    std::uint64_t max_length{};  ///< about so many entries stay; 0: all
};

/// XADD with the delivery in its fields.
[[nodiscard]] std::string add_entry(core::delivery const& item, trace_context const& trace, stream_target const& to);

/// XADD that every server refuses for its id, after asking whether we may and it can: for looking without adding.
[[nodiscard]] std::string add_nothing(stream_target const& to);
inline constexpr std::string_view refusal_of_nothing = "ERR The ID specified in XADD must be greater than 0-0";

}  // namespace voicehook::sinks::redis
