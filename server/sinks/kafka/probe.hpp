// Asks the brokers about the topic, over connections of its own: nothing is delivered and nothing is changed.
#pragma once

#include "base/failure.hpp"
#include "sinks/kafka/background_threads.hpp"
#include "sinks/kafka/settings.hpp"

#include <functional>
#include <memory>

namespace voicehook::sinks::kafka {

/// Calls `done` once, on its thread, within the sink's timeout and some seconds. The failure says what to change.
[[nodiscard]] std::shared_ptr<job> make_probe(kafka_sink_settings from, std::function<void(result<void>)> done);

}  // namespace voicehook::sinks::kafka
