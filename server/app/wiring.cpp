#include "app/wiring.hpp"

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

}  // namespace

secret key_bytes(secret const& written) {
    if (written.empty()) return {};
    return wire::webhook_key(written.reveal()).value_or(secret{});
}

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

}  // namespace voicehook::app
