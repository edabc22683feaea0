// From a sink's settings to librdkafka's configuration.
#pragma once

#include "base/failure.hpp"
#include "sinks/kafka/handles.hpp"
#include "sinks/kafka/settings.hpp"

#include <cstddef>

namespace voicehook::sinks::kafka {

/// Bytes of a batch that a message which is no larger can share. Small, because a broker that finds a batch too large
/// refuses all of it.
[[nodiscard]] std::size_t batch_size_of(kafka_sink_settings const& from) noexcept;

/// Everything that a producer is configured with. The failure names the key and says in librdkafka's words what is
/// wrong.
[[nodiscard]] result<configuration> make_configuration(kafka_sink_settings const& from);

/// A client that begins to connect at once; a copy of `from` is used.
[[nodiscard]] result<client> make_client(rd_kafka_conf_t const* from);

}  // namespace voicehook::sinks::kafka
