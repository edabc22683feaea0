// The ids that travel through the service, each its own type, and how ours are made.
#pragma once

#include "base/strong.hpp"
#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook {

using task_id = strong<struct task_id_tag>;                    ///< ours: "task-" + UUIDv7
using provider_task_id = strong<struct provider_task_id_tag>;  ///< the provider's, opaque, ≤ 256 bytes
using delivery_id = strong<struct delivery_id_tag>;            ///< the `webhook-id`: "msg_…"
using caller_name = strong<struct caller_name_tag>;
using sink_name = strong<struct sink_name_tag>;
using lease_owner = strong<struct lease_owner_tag>;  ///< one process life
using replay_id = strong<struct replay_id_tag>;      ///< "replay-" + UUIDv7

/// Ten random bytes, the random part of a UUIDv7.
using uuid_entropy = std::array<std::uint8_t, 10>;

/// A UUIDv7 (RFC 9562, 5.7) in lower case with hyphens: 48 bits of milliseconds, 74 of randomness.
[[nodiscard]] std::string make_uuid_v7(instant now, uuid_entropy const& entropy);

/// A task id of ours made at `now`.
[[nodiscard]] task_id make_task_id(instant now, uuid_entropy const& entropy);

/// Whether `text` has exactly the form of our task ids.
[[nodiscard]] bool is_task_id(std::string_view text) noexcept;

/// When a task id of ours was made; nothing when it is not one.
[[nodiscard]] std::optional<instant> made_at(task_id const& id) noexcept;

}  // namespace voicehook
