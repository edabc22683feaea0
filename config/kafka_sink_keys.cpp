#include "config/kafka_sink_keys.hpp"

namespace voicehook::config {
namespace {

constexpr auto live = on_reload::applied;
constexpr std::size_t kibibyte = 1024;

void describe_property(key_visitor& keys, property_settings& it) {
    keys.text({"name", "as librdkafka calls it.", {}, live}, it.name);
    keys.text({"value", "what it is set to.", {}, live}, it.value);
}

void describe_trust(key_visitor& keys, kafka_settings& it, std::string_view elsewhere) {
    keys.flag({"tls", "kafka: true encrypts the connections to the brokers.", {}, live, elsewhere}, it.tls);
    keys.text(
        {"ca_file", "kafka: PEM file of authorities to trust in place of the system's.", "\"ca.crt\"", live, elsewhere},
        it.ca_file);
    keys.text(
        {"client_certificate", "kafka: PEM file that shows the brokers who we are.", "\"client.crt\"", live, elsewhere},
        it.client_certificate);
    keys.text({"client_key", "kafka: PEM file of its key.", "\"client.key\"", live, elsewhere}, it.client_key);
    keys.choice({"mechanism",
                 "kafka: how username and password are shown (SASL). PLAIN shows them as they are: only with tls.",
                 {},
                 live,
                 elsewhere},
                it.mechanism);
    keys.text({"username", "kafka: without it there is no login.", "\"voicehook\"", live, elsewhere}, it.username);
    keys.hidden_text({"password", "kafka: of that user.", "\"…\"", live, elsewhere}, it.password);
}

}  // namespace

void describe_kafka(key_visitor& keys, kafka_settings& it, std::string_view elsewhere) {
    keys.texts({"brokers", "kafka, required: host:port of some brokers; the others are learned.", {}, live, elsewhere},
               it.brokers);
    keys.text({"topic",
               "kafka, required: each result is one message, its key the task's id. Delivered once every replica in\n"
               "sync has it; one whose report was lost comes again with the same header webhook-id.",
               {},
               live,
               elsewhere},
              it.topic);
    describe_trust(keys, it, elsewhere);
    keys.span(
        {"linger",
         "kafka: how long a message waits for others, which makes larger requests. Those that come while requests\n"
         "are under way go together anyway.",
         {},
         live,
         elsewhere},
        it.linger, {0ms, 10s});
    keys.size({"max_message",
               "kafka: larger ones are parked; no more than the topic's max.message.bytes.",
               {},
               live,
               elsewhere},
              it.max_message, {kibibyte, 512 * 1024 * kibibyte});
    keys.array({"properties", "kafka: other properties of librdkafka; \"check\" says when it refuses one.",
                "[{ name = \"compression.codec\", value = \"zstd\" }]", live, elsewhere},
               it.properties, describe_property);
}

}  // namespace voicehook::config
