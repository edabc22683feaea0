// The operations API over a socket, plain or TLS.
#pragma once

#include "app/ops/channel.hpp"
#include "app/ops/place.hpp"

#include <memory>

namespace voicehook::app::ops {

/// Each question has a connection of its own. `unreadable` when the trust for `verified` cannot be loaded.
[[nodiscard]] result<std::unique_ptr<channel>> open_channel(place where);

}  // namespace voicehook::app::ops
