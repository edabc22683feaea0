#include "app/sink_wiring.hpp"

#include "app/broker_sinks.hpp"
#include "app/named_files.hpp"
#include "app/wiring.hpp"
#include "base/encoding.hpp"
#include "client/http_client.hpp"
#include "sinks/create.hpp"
#include "sinks/kafka/create.hpp"

#include <boost/asio/ssl/context.hpp>

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

namespace voicehook::app {
namespace {

namespace ssl = boost::asio::ssl;

/// A sink and the client it sends with.
struct owned_sink {
    std::unique_ptr<client::http_client> http;
    std::unique_ptr<ports::sink> sink;
};

std::shared_ptr<ports::sink> share(owned_sink parts) {
    auto const owner = std::make_shared<owned_sink>(std::move(parts));
    return {owner, owner->sink.get()};
}

flows::delivery_format format_of(config::body_format format) {
    switch (format) {
        case config::body_format::envelope: return flows::delivery_format::envelope;
        case config::body_format::verbatim: return flows::delivery_format::verbatim;
        case config::body_format::cloudevents: return flows::delivery_format::cloudevents;
        case config::body_format::cloudevents_binary: return flows::delivery_format::cloudevents_binary;
    }
    return flows::delivery_format::envelope;
}

std::vector<secret> signing_keys(config::http_settings const& from) {
    auto keys = std::vector<secret>{};
    if (!from.webhook_secret.empty()) keys.push_back(key_bytes(from.webhook_secret));
    for (auto const& item : from.secrets) keys.push_back(key_bytes(item.key));
    return keys;
}

/// RFC 7617, in UTF-8.
secret basic_credentials(std::string const& username, secret const& password) {
    return secret{"Basic " + to_base64(username + ":" + password.reveal())};
}

secret authorization_of(config::http_settings const& from) {
    if (!from.bearer_token.empty()) return secret{"Bearer " + from.bearer_token.reveal()};
    if (from.basic.username.empty()) return {};
    return basic_credentials(from.basic.username, from.basic.password);
}

std::vector<sinks::extra_header> headers_of(config::http_settings const& from) {
    auto headers = std::vector<sinks::extra_header>{};
    for (auto const& [name, value] : from.headers) headers.push_back({name, value});
    return headers;
}

std::optional<client::egress_proxy> proxy_of(config::http_settings const& from) {
    if (from.proxy.empty()) return std::nullopt;
    auto proxy = client::egress_proxy{};
    if (core::split_url(from.proxy, proxy.url) != core::url_error::none) return std::nullopt;
    if (!from.proxy_username.empty()) proxy.authorization = basic_credentials(from.proxy_username, from.proxy_password);
    return proxy;
}

std::shared_ptr<ports::sink> make_http_sink(config::sink_settings const& from, sink_parts const& parts,
                                            std::shared_ptr<ssl::context> tls) {
    owned_sink made;
    made.http = client::create_http_client(parts.executor, parts.resolver, std::move(tls),
                                           {.max_idle_per_host = from.max_in_flight, .max_idle = from.max_in_flight});
    made.sink = sinks::create_http_sink(*made.http, parts.clock,
                                        {.name = from.name,
                                         .url = from.http.url,
                                         .signing_keys = signing_keys(from.http),
                                         .authorization = authorization_of(from.http),
                                         .headers = headers_of(from.http),
                                         .proxy = proxy_of(from.http),
                                         .timeout = from.timeout,
                                         .max_in_flight = from.max_in_flight});
    return share(std::move(made));
}

result<std::shared_ptr<ports::sink>> make_file_sink(config::sink_settings const& from, sink_parts const& parts) {
    auto sink = sinks::create_file_sink(parts.clock,
                                        {.name = from.name, .path = from.file.path, .rotate_at = from.file.rotate_at});
    if (!sink) return fail(std::move(sink.error()), fmt::format("sinks.{}.path", from.name.value()));
    return std::shared_ptr<ports::sink>{std::move(*sink)};
}

sinks::kafka::kafka_sink_settings kafka_settings_of(config::sink_settings const& from) {
    using transport = sinks::kafka::kafka_sink_settings::transport;
    auto const& kafka = from.kafka;
    auto settings = sinks::kafka::kafka_sink_settings{
        .name = from.name,
        .brokers = kafka.brokers,
        .topic = kafka.topic,
        .timeout = from.timeout,
        .linger = kafka.linger,
        .max_in_flight = from.max_in_flight,
        .max_message = kafka.max_message,
        .security = kafka.tls ? transport::tls : transport::plain,
        .ca_file = kafka.ca_file,
        .client_certificate = kafka.client_certificate,
        .client_key = kafka.client_key,
        .mechanism = kafka.username.empty() ? std::string{} : std::string{to_text(kafka.mechanism)},
        .username = kafka.username,
        .password = kafka.password};
    for (auto const& [name, value] : kafka.properties) settings.properties.push_back({name, value});
    return settings;
}

/// The library reads the files of TLS itself.
result<std::shared_ptr<ports::sink>> make_kafka_sink(config::sink_settings const& from, sink_parts const& parts) {
    auto sink = sinks::kafka::create_kafka_sink(parts.executor, parts.metrics, kafka_settings_of(from));
    if (!sink) return std::unexpected{std::move(sink.error())};
    return std::shared_ptr<ports::sink>{std::move(*sink)};
}

result<std::shared_ptr<ports::sink>> make_callback_url_sink(config::callback_url_settings const& from,
                                                            sink_parts const& parts) {
    auto trust = read_trust(parts.trust, from.ca_file, "callback_url.ca_file");
    if (!trust) return std::unexpected{std::move(trust.error())};
    owned_sink made;
    made.http = client::create_http_client(parts.executor, parts.callers_resolver, std::move(*trust), {});
    made.sink = sinks::create_callback_url_sink(
        *made.http, parts.clock,
        {.key_of = parts.signing_key_of,
         .guard = from.allow_internal ? client::address_guard::allow_internal : client::address_guard::refuse_internal,
         .allowed = core::host_list{from.allowed_hosts},
         .timeout = from.timeout,
         .max_in_flight = from.max_in_flight});
    return share(std::move(made));
}

result<std::shared_ptr<ports::sink>> make_artifact_sink(config::artifact_settings const& from,
                                                        sink_parts const& parts) {
    auto trust = read_trust(parts.trust, from.ca_file, "artifacts.ca_file");
    if (!trust) return std::unexpected{std::move(trust.error())};
    owned_sink made;
    made.http = client::create_http_client(parts.executor, parts.callers_resolver, std::move(*trust), {});
    auto sink = sinks::create_artifact_sink(*made.http,
                                            {.folder = from.folder,
                                             .hosts = from.hosts,
                                             .max_size = from.max_size,
                                             .timeout = from.timeout,
                                             .max_in_flight = from.max_in_flight,
                                             .guard = from.allow_internal ? client::address_guard::allow_internal
                                                                          : client::address_guard::refuse_internal});
    if (!sink) return fail(std::move(sink.error()), "artifacts.folder");
    made.sink = std::move(*sink);
    return share(std::move(made));
}

result<std::shared_ptr<ports::sink>> make_sink(config::sink_settings const& from, sink_parts const& parts,
                                               std::shared_ptr<ssl::context> tls) {
    switch (from.type) {
        case config::sink_type::http: return make_http_sink(from, parts, std::move(tls));
        case config::sink_type::file: return make_file_sink(from, parts);
        case config::sink_type::kafka: return make_kafka_sink(from, parts);
        case config::sink_type::redis: return make_redis_sink(from, parts, std::move(tls));
        case config::sink_type::nats: return make_nats_sink(from, parts, std::move(tls));
    }
    return fail(errc::invalid, fmt::format("sinks.{}.type", from.name.value()));
}

bool is_broker(config::sink_type type) {
    switch (type) {
        case config::sink_type::http:
        case config::sink_type::file: return false;
        case config::sink_type::kafka:
        case config::sink_type::redis:
        case config::sink_type::nats: return true;
    }
    return false;
}

core::sink_terms terms_of(config::sink_settings const& from) {
    auto terms = core::sink_terms{};
    terms.policy = {.retries = {from.retry.first, from.retry.longest},
                    .give_up_after = from.retry.give_up_after,
                    .park_at_once = from.retry.park_at_once};
    terms.deliveries_per_second = from.deliveries_per_second;
    if (is_broker(from.type)) terms.watched = core::sink_terms::watch::connection;
    return terms;
}

}  // namespace

std::vector<flows::sink_route> sink_routes(config::settings const& from) {
    std::vector<flows::sink_route> routes;
    for (auto const& sink : from.sinks)
        routes.push_back({.name = sink.name,
                          .statuses = sink.statuses,
                          .format = format_of(sink.format),
                          .callers = sink.callers,
                          .models = sink.models});
    if (!from.artifacts.folder.empty())
        routes.push_back({.name = sink_name{std::string{core::artifact_sink}},
                          .statuses = {core::terminal::completed},
                          .format = flows::delivery_format::preview_link});
    return routes;
}

std::vector<std::string> sink_names(config::settings const& from) {
    std::vector<std::string> names{std::string{core::callback_url_sink}};
    for (auto const& sink : from.sinks) names.push_back(sink.name.value());
    if (!from.artifacts.folder.empty()) names.emplace_back(core::artifact_sink);
    return names;
}

core::voice_design::callback_rules callback_rules(config::settings const& from) {
    using hosts = core::voice_design::callback_rules::hosts;
    return {.addresses = from.callback_url.allow_internal ? hosts::any : hosts::public_only,
            .allowed = core::host_list{from.callback_url.allowed_hosts}};
}

result<std::vector<flows::served_sink>> make_sinks(config::settings const& from, sink_parts parts) {
    std::vector<flows::served_sink> made;
    for (auto const& item : from.sinks) {
        auto tls = read_sink_tls(parts.trust, item);
        if (!tls) return std::unexpected{std::move(tls.error())};
        auto sink = make_sink(item, parts, std::move(tls->context));
        if (!sink) return std::unexpected{std::move(sink.error())};
        made.push_back({std::move(*sink), terms_of(item), tls->certificate_ends});
    }
    if (!from.artifacts.folder.empty()) {
        auto artifacts = make_artifact_sink(from.artifacts, parts);
        if (!artifacts) return std::unexpected{std::move(artifacts.error())};
        made.push_back({std::move(*artifacts), {.max_per_destination = from.artifacts.max_in_flight}});
    }
    auto callers = make_callback_url_sink(from.callback_url, parts);
    if (!callers) return std::unexpected{std::move(callers.error())};
    made.push_back({std::move(*callers), {.max_per_destination = from.callback_url.max_per_host}});
    return made;
}

std::vector<failure> check_sinks(config::settings const& from) {
    std::vector<failure> found;
    auto const note = [&found](auto const& outcome) {
        if (!outcome) found.push_back(outcome.error());
        return outcome.has_value();
    };
    auto trust = async::trust_stores{};
    for (auto const& item : from.sinks) {
        auto const readable = note(read_sink_tls(trust, item)) && note(read_sink_credentials(item));
        if (readable && item.type == config::sink_type::kafka)
            note(sinks::kafka::check_settings(kafka_settings_of(item)));
    }
    note(read_trust(trust, from.callback_url.ca_file, "callback_url.ca_file"));
    if (!from.artifacts.folder.empty()) note(read_trust(trust, from.artifacts.ca_file, "artifacts.ca_file"));
    return found;
}

}  // namespace voicehook::app
