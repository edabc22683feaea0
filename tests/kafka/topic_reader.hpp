// Reads what a topic has, as any consumer would.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::testing {

/// A message as a consumer finds it.
struct kept_message {
    std::int32_t partition{};
    std::int64_t offset{};
    std::string key;
    std::string value;
    std::vector<std::pair<std::string, std::string>> headers;

    /// The header's value; "" without it.
    [[nodiscard]] std::string header(std::string const& name) const;
};

/// A client with these properties of librdkafka. Throws when it refuses one.
[[nodiscard]] rd_kafka_t* make_kafka_client(rd_kafka_type_t type,
                                            std::vector<std::pair<char const*, std::string>> const& properties);

/// Everything that the topic has, partition by partition. `broker`: "host:port", without TLS or login. Throws when it
/// cannot be read to its end.
[[nodiscard]] std::vector<kept_message> read_topic(std::string const& broker, std::string const& topic, int partitions);

}  // namespace voicehook::testing
