#include "config/kafka_sink_keys.hpp"

#include "config/keys_of_types.hpp"

namespace voicehook::config {
namespace {

constexpr auto live = on_reload::applied;
constexpr std::size_t kibibyte = 1024;

void describe_property(key_visitor& keys, property_settings& it) {
    keys.text({"name", "as librdkafka calls it.", {}, live}, it.name);
    keys.text({"value", "what it is set to.", {}, live}, it.value);
}

void describe_trust(key_visitor& keys, kafka_settings& it, std::string_view elsewhere) {
    auto const named = keys_of_type(elsewhere);
    keys.flag(named("tls", "kafka: true encrypts the connections to the brokers."), it.tls);
    keys.text(named("ca_file", "kafka: PEM file of authorities to trust in place of the system's.", "\"ca.crt\""),
              it.ca_file);
    keys.text(named("client_certificate", "kafka: PEM file that shows the brokers who we are.", "\"client.crt\""),
              it.client_certificate);
    keys.text(named("client_key", "kafka: PEM file of its key.", "\"client.key\""), it.client_key);
    keys.choice(
        named("mechanism",
              "kafka: how username and password are shown (SASL). PLAIN shows them as they are: only with tls."),
        it.mechanism);
    keys.text(named("username", "kafka: without it there is no login.", "\"voicehook\""), it.username);
    keys.hidden_text(named("password", "kafka: of that user.", "\"…\""), it.password);
}

}  // namespace

void describe_kafka(key_visitor& keys, kafka_settings& it, std::string_view elsewhere) {
    auto const named = keys_of_type(elsewhere);
    keys.texts(named("brokers", "kafka, required: host:port of some brokers; the others are learned."), it.brokers);
    keys.text(
        named("topic",
              "kafka, required: each result is one message, its key the task's id. Delivered once every replica in\n"
              "sync has it; one whose report was lost comes again with the same header webhook-id."),
        it.topic);
    describe_trust(keys, it, elsewhere);
    keys.span(
        named(
            "linger",
            "kafka: how long a message waits for others, which makes larger requests. Those that come while requests\n"
            "are under way go together anyway."),
        it.linger, {0ms, 10s});
    keys.size(named("max_message", "kafka: larger ones are parked; no more than the topic's max.message.bytes."),
              it.max_message, {kibibyte, 512 * 1024 * kibibyte});
    keys.array(named("properties", "kafka: other properties of librdkafka; \"check\" says when it refuses one.",
                     "[{ name = \"compression.codec\", value = \"zstd\" }]"),
               it.properties, describe_property);
}

}  // namespace voicehook::config
