#include "config/rules.hpp"
#include "config/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>

namespace voicehook::config {
namespace {

constexpr std::size_t longest_topic = 249;
constexpr std::size_t longest_host = 253;

bool is_port(std::string_view text) {
    std::uint16_t port{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port != 0;
}

bool is_host(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) return is_listen_address(fmt::format("{}:1", text));
    return !text.empty() && text.size() <= longest_host && std::ranges::all_of(text, [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || letter == '.' || letter == '-' || letter == '_';
    });
}

bool is_broker(std::string_view text) {
    auto const colon = text.rfind(':');
    return colon != std::string_view::npos && is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

/// Kafka's own rule.
bool is_topic(std::string_view text) {
    return text.size() <= longest_topic && text != "." && text != ".." && std::ranges::all_of(text, [](char letter) {
               return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                      (letter >= '0' && letter <= '9') || letter == '.' || letter == '-' || letter == '_';
           });
}

void check_brokers(std::string const& key, std::vector<std::string> const& brokers, findings& out) {
    if (!out.sound(key)) return;
    if (brokers.empty()) return out.complain(key, "required for type \"kafka\": such as [\"kafka-1.internal:9092\"]");
    for (std::size_t i = 0; i < brokers.size(); ++i)
        if (!is_broker(brokers[i])) out.complain(key, fmt::format("entry {}: expected host:port", i));
}

void check_topic(std::string const& key, std::string const& topic, findings& out) {
    if (!out.sound(key)) return;
    if (topic.empty())
        out.complain(key, "required for type \"kafka\": the topic that results are written to");
    else if (!is_topic(topic))
        out.complain(key, "expected 1 to 249 letters, digits, '_', '.' or '-'");
}

void check_trust(std::string const& row, kafka_settings const& item, findings& out) {
    for (auto const& [name, file] :
         {std::pair{"ca_file", &item.ca_file}, std::pair{"client_certificate", &item.client_certificate}})
        if (auto const key = fmt::format("{}.{}", row, name); !item.tls && !file->empty() && out.sound(key))
            out.complain(key, "means nothing without tls = true");
    if (item.client_certificate.empty() != item.client_key.empty() && out.sound(row + ".client_key"))
        out.complain(row + ".client_key", "client_certificate and client_key belong together: set both or none");
}

void check_login(std::string const& row, kafka_settings const& item, findings& out) {
    if (item.username.empty() != item.password.empty() && out.sound(row + ".password"))
        out.complain(row + ".password", "username and password belong together: set both or none");
    auto const readable = item.mechanism == kafka_mechanism::plain && !item.tls;
    if (!item.username.empty() && readable && out.sound(row + ".mechanism"))
        out.complain(row + ".mechanism", "PLAIN would send the password readable: set tls = true or use SCRAM");
}

/// What other keys decide, or what would break a promise; in librdkafka's spellings, "ssl." for all that begin so.
struct owned_property {
    std::string_view name;
    std::string_view advice;
};
constexpr auto owned = std::to_array<owned_property>({
    {"bootstrap.servers", "set brokers"},
    {"metadata.broker.list", "set brokers"},
    {"message.timeout.ms", "set timeout"},
    {"delivery.timeout.ms", "set timeout"},
    {"linger.ms", "set linger"},
    {"queue.buffering.max.ms", "set linger"},
    {"message.max.bytes", "set max_message"},
    {"batch.size", "it follows from max_message"},
    {"security.protocol", "set tls and username"},
    {"ssl.", "set tls, ca_file, client_certificate and client_key"},
    {"enable.ssl.", "the brokers' certificates are always verified"},
    {"sasl.", "set mechanism, username and password"},
    {"enable.sasl.", "set mechanism, username and password"},
    {"acks", "delivered means that every replica in sync has it"},
    {"request.required.acks", "delivered means that every replica in sync has it"},
    {"enable.idempotence", "it is always on"},
    {"delivery.report.only.error", "a delivery counts by its report"},
    {"enable.gapless.guarantee", "a delivery that fails must not stop the others"},
    {"transactional.id", "each delivery stands for itself"},
    {"topic.metadata.propagation.max.ms", "it follows from timeout"},
    {"statistics.interval.ms", "the metrics need it"},
    {"log", "its lines go to the log of this service"},
    {"debug", "its lines could hold secrets"},
    {"plugin.", "code from elsewhere is not loaded"},
    {"interceptors", "code from elsewhere is not loaded"},
    {"opaque", "it is not for files"},
    {"test.", "it is for tests of librdkafka"},
});

owned_property const* owner_of(std::string_view name) {
    auto const found = std::ranges::find_if(owned, [name](owned_property const& item) {
        if (item.name.ends_with('.')) return name.starts_with(item.name);
        return name == item.name || (item.name == "log" && (name.starts_with("log.") || name == "log_level"));
    });
    return found == owned.end() ? nullptr : found;
}

void check_properties(std::string const& row, std::vector<property_settings> const& items, findings& out) {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto const key = fmt::format("{}.properties[{}].name", row, i);
        auto const& name = items[i].name;
        if (!out.sound(key)) continue;
        if (name.empty())
            out.complain(key, "required: a property of librdkafka");
        else if (auto const* const owner = owner_of(name); owner != nullptr)
            out.complain(key, fmt::format("\"{}\" is not set here: {}", name, owner->advice));
        else if (name.ends_with("_cb"))
            out.complain(key, "a callback cannot be set from a file");
        else if (!names.insert(name).second)
            out.complain(key, "must be unique among properties");
    }
}

}  // namespace

void validate_kafka_sink(std::string const& row, kafka_settings const& item, duration timeout, findings& out) {
    check_brokers(row + ".brokers", item.brokers, out);
    check_topic(row + ".topic", item.topic, out);
    check_trust(row, item, out);
    check_login(row, item, out);
    if (item.linger >= timeout && out.sound(row + ".linger"))
        out.complain(row + ".linger", "must be less than timeout");
    check_properties(row, item.properties, out);
}

}  // namespace voicehook::config
