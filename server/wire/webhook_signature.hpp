// Standard Webhooks signatures (github.com/standard-webhooks, specification v1).
#pragma once

#include "base/ids.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace voicehook::wire {

/// The key bytes of a secret written as "whsec_<base64>"; nothing when it is not (24–64 bytes, padding optional).
[[nodiscard]] std::optional<secret> webhook_key(std::string_view text);

/// "v1,<base64 of HMAC-SHA256(key, id.timestamp.body)>", timestamp in whole seconds.
[[nodiscard]] std::string sign_webhook(secret const& key, delivery_id const& id, instant at, std::string_view body);

}  // namespace voicehook::wire
