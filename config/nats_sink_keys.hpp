// The keys of a sink of type "nats".
#pragma once

#include "config/keys.hpp"

#include <string_view>

namespace voicehook::config {

/// `elsewhere` is not empty in a sink of another type: where these keys belong.
void describe_nats(key_visitor& keys, nats_settings& it, std::string_view elsewhere);

}  // namespace voicehook::config
