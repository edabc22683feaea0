#include "sinks/kafka/configuration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace voicehook::sinks::kafka {

namespace {

constexpr std::size_t largest_batch = 64 * 1024;
constexpr std::size_t least_queue = 1000;
constexpr std::size_t least_queue_kibibytes = 64 * 1024;
constexpr auto longest_setup = duration{30s};
/// How long a topic may be new to the brokers before it counts as unknown.
constexpr auto longest_propagation = duration{5s};

using error_text = std::array<char, 512>;

/// One property of librdkafka and the key of ours that decides about it.
struct setting {
    std::string name;
    std::string value;
    std::string key;
};

/// Sets properties until one is refused.
class setter {
public:
    setter(rd_kafka_conf_t* into, sink_name const& sink) : into_{into}, sink_{sink} {}

    void set(setting const& item) {
        if (!outcome_) return;
        auto why = error_text{};
        if (rd_kafka_conf_set(into_, item.name.c_str(), item.value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK)
            return;
        outcome_ = fail(errc::invalid, fmt::format("sinks.{}.{}: {}", sink_.value(), item.key, why.data()));
    }
    [[nodiscard]] result<void> const& outcome() const noexcept { return outcome_; }

private:
    rd_kafka_conf_t* into_;
    sink_name const& sink_;
    result<void> outcome_;
};

std::string milliseconds(duration span) { return std::to_string(span.count()); }

std::string protocol_of(kafka_sink_settings const& from) {
    auto const over_tls = from.security == kafka_sink_settings::transport::tls;
    if (from.mechanism.empty()) return over_tls ? "ssl" : "plaintext";
    return over_tls ? "sasl_ssl" : "sasl_plaintext";
}

void set_promises(setter& into, kafka_sink_settings const& from) {
    into.set({"bootstrap.servers", fmt::format("{}", fmt::join(from.brokers, ",")), "brokers"});
    into.set({"client.id", "voicehook", "type"});
    into.set({"enable.idempotence", "true", "type"});
    into.set({"acks", "all", "type"});
    // Never longer than our own attempt: what is tried again is tried by us.
    into.set({"message.timeout.ms", milliseconds(from.timeout), "timeout"});
    into.set({"linger.ms", milliseconds(from.linger), "linger"});
    into.set({"message.max.bytes", std::to_string(from.max_message), "max_message"});
}

void set_limits(setter& into, kafka_sink_settings const& from) {
    auto const messages = std::max(least_queue, 2 * from.max_in_flight);
    auto const kibibytes = std::max(least_queue_kibibytes, 2 * from.max_message / 1024 + 1);
    into.set({"queue.buffering.max.messages", std::to_string(messages), "max_in_flight"});
    into.set({"queue.buffering.max.kbytes", std::to_string(kibibytes), "max_message"});
    into.set({"batch.size", std::to_string(batch_size_of(from)), "max_message"});
    auto const setup = std::clamp(from.timeout, duration{1s}, longest_setup);
    into.set({"socket.timeout.ms", milliseconds(setup), "timeout"});
    into.set({"socket.connection.setup.timeout.ms", milliseconds(setup), "timeout"});
    into.set({"request.timeout.ms", milliseconds(setup), "timeout"});
    into.set({"reconnect.backoff.max.ms", "2000", "type"});
    into.set({"topic.metadata.propagation.max.ms", milliseconds(std::min(from.timeout / 3, longest_propagation)),
              "timeout"});
    into.set({"socket.keepalive.enable", "true", "type"});
}

void set_trust(setter& into, kafka_sink_settings const& from) {
    into.set({"security.protocol", protocol_of(from), "tls"});
    if (from.security == kafka_sink_settings::transport::tls) {
        into.set({"ssl.endpoint.identification.algorithm", "https", "tls"});
        if (!from.ca_file.empty()) into.set({"ssl.ca.location", from.ca_file, "ca_file"});
        if (!from.client_certificate.empty())
            into.set({"ssl.certificate.location", from.client_certificate, "client_certificate"});
        if (!from.client_key.empty()) into.set({"ssl.key.location", from.client_key, "client_key"});
    }
    if (from.mechanism.empty()) return;
    into.set({"sasl.mechanisms", from.mechanism, "mechanism"});
    into.set({"sasl.username", from.username, "username"});
    into.set({"sasl.password", from.password.reveal(), "password"});
}

void set_reporting(setter& into) {
    into.set({"statistics.interval.ms", "15000", "type"});
    into.set({"log.queue", "true", "type"});
    into.set({"log.connection.close", "false", "type"});
}

}  // namespace

std::size_t batch_size_of(kafka_sink_settings const& from) noexcept {
    return std::min(largest_batch, from.max_message);
}

result<configuration> make_configuration(kafka_sink_settings const& from) {
    auto made = configuration{rd_kafka_conf_new()};
    auto into = setter{made.get(), from.name};
    set_promises(into, from);
    set_limits(into, from);
    set_trust(into, from);
    set_reporting(into);
    for (std::size_t i = 0; i < from.properties.size(); ++i)
        into.set({from.properties[i].name, from.properties[i].value, fmt::format("properties[{}]", i)});
    if (!into.outcome()) return std::unexpected{into.outcome().error()};
    rd_kafka_conf_set_events(made.get(),
                             RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS | RD_KAFKA_EVENT_LOG);
    return made;
}

result<client> make_client(rd_kafka_conf_t const* from) {
    auto copy = configuration{rd_kafka_conf_dup(from)};
    auto why = error_text{};
    auto made = client{rd_kafka_new(RD_KAFKA_PRODUCER, copy.get(), why.data(), why.size())};
    if (!made) return fail(errc::invalid, fmt::format("librdkafka refuses this: {}", why.data()));
    static_cast<void>(copy.release());
    rd_kafka_set_log_queue(made.get(), nullptr);
    return made;
}

}  // namespace voicehook::sinks::kafka
