// Makes the sink that produces to Kafka.
#pragma once

#include "base/failure.hpp"
#include "ports/sink.hpp"
#include "sinks/kafka/settings.hpp"
#include "telemetry/metrics.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace voicehook::sinks::kafka {

namespace asio = boost::asio;

/// Delivers each delivery as one message with the task's id as its key, and counts it as delivered when every replica
/// that is in sync has reported it. Begins to connect at once and works while nobody answers. `metrics`, which may be
/// null, must outlive it; what its threads still do when it is destroyed, the io_context of `executor` waits for.
///
/// At least once: a message that is reported late, after the attempt had ended as `timeout`, or while the process was
/// killed, is in the topic and comes once more, with the same `webhook-id`. The library's own retries never double one.
[[nodiscard]] result<std::unique_ptr<ports::sink>> create_kafka_sink(asio::any_io_executor const& executor,
                                                                     telemetry::metrics* metrics,
                                                                     kafka_sink_settings settings);

/// Whether librdkafka takes the settings and can read the files they name. Connects to nothing.
[[nodiscard]] result<void> check_settings(kafka_sink_settings const& settings);

}  // namespace voicehook::sinks::kafka
