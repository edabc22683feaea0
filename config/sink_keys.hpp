// The keys of [callback_url] and [[sinks]].
#pragma once

#include "config/keys.hpp"

namespace voicehook::config {

void describe_callback_url(key_visitor& keys, callback_url_settings& it);
void describe_artifacts(key_visitor& keys, artifact_settings& it);

/// One row of [[sinks]]. Its type is read first: keys of other types are refused with the type they belong to.
void describe_sink(key_visitor& keys, sink_settings& it);

}  // namespace voicehook::config
