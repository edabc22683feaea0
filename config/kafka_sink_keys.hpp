// The keys of sinks of type "kafka".
#pragma once

#include "config/keys.hpp"

namespace voicehook::config {

/// `elsewhere` is not empty for a sink of another type.
void describe_kafka(key_visitor& keys, kafka_settings& it, std::string_view elsewhere);

}  // namespace voicehook::config
