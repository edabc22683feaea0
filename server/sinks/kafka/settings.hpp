// What a Kafka sink is made with.
#pragma once

#include "base/ids.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace voicehook::sinks::kafka {

/// One of librdkafka's own properties.
struct property {
    std::string name;
    std::string value;
};

struct kafka_sink_settings {
    sink_name name;
    std::vector<std::string> brokers;  ///< "host:port"
    std::string topic;
    duration timeout{15s};  ///< for the brokers to report a message
    duration linger{0ms};   ///< how long a message waits for others, besides what requests under way make it wait
    std::size_t max_in_flight{32};
    std::size_t max_message{1'000'000};  ///< bytes, headers included

    enum class transport : unsigned char { plain, tls } security{transport::plain};
    std::string ca_file;             ///< PEM; empty: the system's
    std::string client_certificate;  ///< PEM
    std::string client_key;          ///< PEM
    std::string mechanism;           ///< of SASL, as Kafka spells it; empty: no login
    std::string username;
    secret password;

    std::vector<property> properties;
};

}  // namespace voicehook::sinks::kafka
