#include "app/wiring.hpp"

#include "async/tls_context.hpp"
#include "sinks/create.hpp"
#include "wire/digest.hpp"
#include "wire/webhook_signature.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>
#include <utility>

namespace voicehook::app {
namespace {

/// One process at most works on an SQLite file: its beat only tells that it does, and rings for nobody's work but its
/// own. Shorter than the interval, so that every beat writes the row.
constexpr auto lone_beat = 1min;
constexpr auto lone_refresh = 45s;

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
    }
    return flows::delivery_format::envelope;
}

secret key_bytes(secret const& written) {
    if (written.empty()) return {};
    return wire::webhook_key(written.reveal()).value_or(secret{});
}

http::listener_settings listener_named(std::string name, std::string address, std::vector<std::string> proxies,
                                       config::server_settings const& server, std::size_t max_connections) {
    http::listener_limits limits;
    limits.max_connections = max_connections;
    limits.max_connections_per_address = server.max_connections_per_address;
    return {.name = std::move(name),
            .address = std::move(address),
            .trusted_proxies = std::move(proxies),
            .limits = limits};
}

result<std::shared_ptr<ports::sink>> make_http_sink(config::sink_settings const& from, sink_parts const& parts) {
    auto trust = async::make_client_tls(from.ca_file);
    if (!trust) return fail(std::move(trust.error()), fmt::format("sinks.{}.ca_file", from.name.value()));
    owned_sink made;
    made.http = client::create_http_client(parts.executor, parts.resolver, std::move(*trust), {});
    made.sink = sinks::create_http_sink(*made.http, parts.clock,
                                        {.name = from.name,
                                         .url = from.url,
                                         .signing_key = key_bytes(from.webhook_secret),
                                         .timeout = from.timeout,
                                         .max_in_flight = from.max_in_flight});
    return share(std::move(made));
}

result<std::shared_ptr<ports::sink>> make_file_sink(config::sink_settings const& from, sink_parts const& parts) {
    auto sink =
        sinks::create_file_sink(parts.clock, {.name = from.name, .path = from.path, .rotate_at = from.rotate_at});
    if (!sink) return fail(std::move(sink.error()), fmt::format("sinks.{}.path", from.name.value()));
    return std::shared_ptr<ports::sink>{std::move(*sink)};
}

result<std::shared_ptr<ports::sink>> make_callback_url_sink(config::callback_url_settings const& from,
                                                            sink_parts const& parts) {
    auto trust = async::make_client_tls(from.ca_file);
    if (!trust) return fail(std::move(trust.error()), "callback_url.ca_file");
    owned_sink made;
    made.http = client::create_http_client(parts.executor, parts.callers_resolver, std::move(*trust), {});
    made.sink = sinks::create_callback_url_sink(
        *made.http, parts.clock,
        {.key_of = parts.signing_key_of,
         .guard = from.allow_internal ? client::address_guard::allow_internal : client::address_guard::refuse_internal,
         .timeout = from.timeout,
         .max_in_flight = from.max_in_flight});
    return share(std::move(made));
}

}  // namespace

std::vector<api::caller_account> caller_accounts(config::settings const& from) {
    std::vector<api::caller_account> accounts;
    for (auto const& caller : from.callers)
        accounts.push_back({.name = caller.name,
                            .key_sha256 = caller.key_sha256,
                            .signing_key = key_bytes(caller.webhook_secret),
                            .max_open = caller.max_in_flight,
                            .requests_per_second = caller.requests_per_second});
    return accounts;
}

std::vector<api::operator_account> operator_accounts(config::settings const& from) {
    std::vector<api::operator_account> accounts;
    if (!from.ops.token.empty()) accounts.push_back({"operator", wire::sha256_hex(from.ops.token.reveal())});
    for (auto const& token : from.ops.tokens) accounts.push_back({token.name, token.sha256});
    return accounts;
}

std::vector<flows::sink_route> sink_routes(config::settings const& from) {
    std::vector<flows::sink_route> routes;
    for (auto const& sink : from.sinks) routes.push_back({sink.name, sink.statuses, format_of(sink.format)});
    return routes;
}

std::string replica_name() {
    auto host = std::array<char, HOST_NAME_MAX + 1>{};
    auto const known = ::gethostname(host.data(), host.size() - 1) == 0;
    return fmt::format("{}:{}", known ? host.data() : "localhost", ::getpid());
}

flows::company_settings company_settings(config::settings const& from, ports::replica_note self,
                                         std::optional<duration> lost_replay_after) {
    auto beats = flows::company_settings{.self = std::move(self), .lost_replay_after = lost_replay_after};
    if (config::store_kind_of(from.store.url) == config::store_kind::sqlite) {
        beats.every = lone_beat;
        beats.refresh_after = lone_refresh;
        beats.dead_after = 5 * lone_beat;
    }
    return beats;
}

std::shared_ptr<wire::callback_tokens const> callback_tokens(config::settings const& from) {
    std::vector<wire::callback_secret> secrets;
    for (auto const& item : from.callbacks.secrets) secrets.push_back({item.id, item.key});
    return std::make_shared<wire::callback_tokens const>(std::move(secrets));
}

std::vector<std::string> sink_names(config::settings const& from) {
    std::vector<std::string> names{std::string{core::callback_url_sink}};
    for (auto const& sink : from.sinks) names.push_back(sink.name.value());
    return names;
}

http::listener_settings public_listener(config::settings const& from, std::size_t max_connections) {
    auto made = listener_named("public", from.public_listener.listen, from.public_listener.trusted_proxies, from.server,
                               max_connections);
    if (from.public_listener.proxy_protocol == config::proxy_protocol::required)
        made.proxy = http::proxy_protocol::required;
    return made;
}

http::listener_settings api_listener(config::settings const& from, std::size_t max_connections) {
    return listener_named("api", from.api.listen, from.api.trusted_proxies, from.server, max_connections);
}

http::listener_settings ops_listener(config::settings const& from, std::size_t max_connections) {
    return listener_named("ops", from.ops.listen, {}, from.server, max_connections);
}

store::postgres::postgres_settings postgres_settings(config::store_settings const& from) {
    using store::postgres::durability;
    return {.url = from.url,
            .password = from.password,
            .commits = from.allow_unsafe_commits ? durability::waived : durability::required,
            .observe_commit = {}};
}

api::backup_settings backup_settings(config::settings const& from) {
    auto const path = config::sqlite_path(from.store.url);
    if (!path) return {};
    auto const& chosen = from.store.backups;
    auto const folder = chosen.empty() ? config::backup_folder_beside(*path) : chosen;
    return {std::filesystem::absolute(folder).lexically_normal().string(), from.store.keep_backups};
}

result<std::vector<std::shared_ptr<ports::sink>>> make_sinks(config::settings const& from, sink_parts parts) {
    std::vector<std::shared_ptr<ports::sink>> made;
    for (auto const& item : from.sinks) {
        auto sink = item.type == config::sink_type::http ? make_http_sink(item, parts) : make_file_sink(item, parts);
        if (!sink) return std::unexpected{std::move(sink.error())};
        made.push_back(std::move(*sink));
    }
    auto callers = make_callback_url_sink(from.callback_url, parts);
    if (!callers) return std::unexpected{std::move(callers.error())};
    made.push_back(std::move(*callers));
    return made;
}

}  // namespace voicehook::app
