// The keys of a sink of type "redis".
#pragma once

#include "config/keys.hpp"

#include <string_view>

namespace voicehook::config {

/// `elsewhere` is not empty in a sink of another type: where these keys belong.
void describe_redis(key_visitor& keys, redis_settings& it, std::string_view elsewhere);

}  // namespace voicehook::config
