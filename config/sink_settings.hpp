// Where results go: the settings of every kind of sink with their defaults.
#pragma once

#include "base/ids.hpp"
#include "base/names.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "core/delivery.hpp"
#include "core/task.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace voicehook::config {

/// Deliveries to callers' own callback_url.
struct callback_url_settings {
    bool allow_internal{false};  ///< true for local runs only
    std::string ca_file;
    duration timeout{15s};
    std::size_t max_in_flight{32};
    std::size_t max_per_host{8};
    std::vector<std::string> allowed_hosts;  ///< empty: all that are not internal
    friend bool operator==(callback_url_settings const&, callback_url_settings const&) = default;
};

/// What completed results link to is kept in a folder.
struct artifact_settings {
    std::string folder;  ///< empty: nothing is kept
    std::vector<std::string> hosts{"*.evolink.ai"};
    std::size_t max_size{64 * 1024 * 1024};
    duration timeout{5min};
    std::size_t max_in_flight{4};
    bool allow_internal{false};
    std::string ca_file;
    friend bool operator==(artifact_settings const&, artifact_settings const&) = default;
};

enum class sink_type : std::uint8_t { http = 1, file, kafka, redis, nats };
enum class body_format : std::uint8_t {
    envelope = 1,
    verbatim,
    cloudevents,         ///< structured
    cloudevents_binary,  ///< attributes beside the body
};

/// How a sink's failed deliveries are tried again.
struct retry_settings {
    duration first{1s};
    duration longest{1h};
    duration give_up_after{24h};
    std::vector<core::delivery_cause> park_at_once;
    friend bool operator==(retry_settings const&, retry_settings const&) = default;
};

/// One of several secrets that all sign.
struct signing_settings {
    secret key;  ///< "whsec_…"
    friend bool operator==(signing_settings const&, signing_settings const&) = default;
};

struct basic_settings {
    std::string username;
    secret password;
    friend bool operator==(basic_settings const&, basic_settings const&) = default;
};

struct header_settings {
    std::string name;
    secret value;
    friend bool operator==(header_settings const&, header_settings const&) = default;
};

struct http_settings {
    std::string url;
    secret webhook_secret;                  ///< `secret`: "whsec_…"
    std::vector<signing_settings> secrets;  ///< sign too; with none of both it is not signed
    secret bearer_token;
    basic_settings basic;  ///< without a user name: none
    std::string client_certificate;
    std::string client_key;
    std::vector<header_settings> headers;
    std::string proxy;  ///< empty: none
    std::string proxy_username;
    secret proxy_password;
    std::string ca_file;  ///< extra trust
    friend bool operator==(http_settings const&, http_settings const&) = default;
};

struct file_settings {
    std::string path;                          ///< "-": standard output
    std::size_t rotate_at{256 * 1024 * 1024};  ///< bytes
    friend bool operator==(file_settings const&, file_settings const&) = default;
};

/// How a Kafka broker is shown who we are (SASL).
enum class kafka_mechanism : std::uint8_t { scram_sha_512 = 1, scram_sha_256, plain };

/// A property of librdkafka.
struct property_settings {
    std::string name;
    std::string value;
    friend bool operator==(property_settings const&, property_settings const&) = default;
};

struct kafka_settings {
    std::vector<std::string> brokers;
    std::string topic;
    bool tls{false};
    std::string ca_file;  ///< empty: the system's trust
    std::string client_certificate;
    std::string client_key;
    kafka_mechanism mechanism{kafka_mechanism::scram_sha_512};
    std::string username;  ///< empty: no login
    secret password;
    duration linger{0ms};
    std::size_t max_message{1000 * 1024};  ///< bytes; what brokers take when nobody changed it, and room for a header
    std::vector<property_settings> properties;
    friend bool operator==(kafka_settings const&, kafka_settings const&) = default;
};

struct redis_settings {
    std::string url;
    std::string stream;
    std::uint64_t max_length{};  ///< 0: all entries stay
    std::string username;
    secret password;
    std::string client_certificate;
    std::string client_key;
    std::string ca_file;  ///< extra trust
    friend bool operator==(redis_settings const&, redis_settings const&) = default;
};

struct nats_settings {
    std::vector<std::string> servers;
    std::string subject;
    std::string credentials_file;
    std::string username;
    secret password;
    secret token;
    std::string client_certificate;
    std::string client_key;
    std::string ca_file;  ///< extra trust
    friend bool operator==(nats_settings const&, nats_settings const&) = default;
};

/// One sink. Of the settings by type only those of `type` mean anything.
struct sink_settings {
    sink_name name;
    sink_type type{sink_type::http};
    http_settings http;
    file_settings file;
    kafka_settings kafka;
    redis_settings redis;
    nats_settings nats;

    std::vector<core::terminal> statuses{core::terminal::completed, core::terminal::failed, core::terminal::cancelled};
    std::vector<std::string> callers;  ///< empty: of all
    std::vector<std::string> models;   ///< empty: all
    body_format format{body_format::envelope};
    duration timeout{15s};
    std::size_t max_in_flight{32};
    unsigned deliveries_per_second{};  ///< 0: no limit
    retry_settings retry;
    friend bool operator==(sink_settings const&, sink_settings const&) = default;
};

}  // namespace voicehook::config

namespace voicehook {
template <>
inline constexpr auto names_of<config::sink_type> =
    std::array{entry(config::sink_type::http, "http"), entry(config::sink_type::file, "file"),
               entry(config::sink_type::kafka, "kafka"), entry(config::sink_type::redis, "redis"),
               entry(config::sink_type::nats, "nats")};
template <>
inline constexpr auto names_of<config::kafka_mechanism> = std::array{
    entry(config::kafka_mechanism::scram_sha_512, "SCRAM-SHA-512"),
    entry(config::kafka_mechanism::scram_sha_256, "SCRAM-SHA-256"), entry(config::kafka_mechanism::plain, "PLAIN")};
template <>
inline constexpr auto names_of<config::body_format> =
    std::array{entry(config::body_format::envelope, "envelope"), entry(config::body_format::verbatim, "verbatim"),
               entry(config::body_format::cloudevents, "cloudevents"),
               entry(config::body_format::cloudevents_binary, "cloudevents_binary")};
}  // namespace voicehook
