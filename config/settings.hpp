// Every setting of the service with its default. docs and sample: config/voicehook.toml.
#pragma once

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "config/sink_settings.hpp"
#include "config/store_url.hpp"
#include "core/lifecycle.hpp"
#include "core/submission_policy.hpp"
#include "core/task.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::config {

/// Certificate files of a listener. An empty certificate means plain HTTP.
struct tls_settings {
    std::string certificate;
    std::string key;
    std::string client_ca;
    [[nodiscard]] bool enabled() const noexcept { return !certificate.empty(); }
    friend bool operator==(tls_settings const&, tls_settings const&) = default;
};

struct server_settings {
    duration lame_duck{5s};
    duration drain{35s};
    log_level level{log_level::info};  ///< server.log_level
    std::size_t max_connections{4096};
    std::size_t max_connections_per_address{256};
    friend bool operator==(server_settings const&, server_settings const&) = default;
};

/// Whether connections to the public listener begin with a PROXY header.
enum class proxy_protocol : std::uint8_t { off = 1, required };

struct public_settings {
    std::string listen{"0.0.0.0:8443"};
    std::string base_url;  ///< required; without a slash at its end
    tls_settings tls;
    std::vector<std::string> trusted_proxies;
    config::proxy_protocol proxy_protocol{config::proxy_protocol::off};
    bool allow_internal_base_url{false};
    friend bool operator==(public_settings const&, public_settings const&) = default;
};

struct api_settings {
    std::string listen{"0.0.0.0:8444"};
    tls_settings tls;
    std::vector<std::string> trusted_proxies;
    friend bool operator==(api_settings const&, api_settings const&) = default;
};

/// A named operator token, known by its SHA-256.
struct operator_token {
    std::string name;
    std::string sha256;  ///< lower-case hex
    friend bool operator==(operator_token const&, operator_token const&) = default;
};

struct ops_settings {
    std::string listen{"0.0.0.0:9464"};
    tls_settings tls;
    secret token;  ///< its holder is called "operator"
    std::vector<operator_token> tokens;
    friend bool operator==(ops_settings const&, ops_settings const&) = default;
};

struct provider_settings {
    std::string base_url{"https://api.evolink.ai"};
    secret api_key;  ///< required
    std::string ca_file;
    duration submit_timeout{30s};
    duration query_timeout{15s};
    std::size_t max_in_flight{64};
    duration credits_every{5min};  ///< 0: never
    friend bool operator==(provider_settings const&, provider_settings const&) = default;
};

struct callback_secret_settings {
    std::string id;
    secret key;
    friend bool operator==(callback_secret_settings const&, callback_secret_settings const&) = default;
};

struct callback_settings {
    std::vector<callback_secret_settings> secrets;  ///< at least one
    std::size_t max_body{64 * 1024};
    core::confirmation confirm{core::confirmation::conflict};
    friend bool operator==(callback_settings const&, callback_settings const&) = default;
};

struct submission_settings {
    duration wait{10s};
    duration deadline{10min};
    core::replay_mode replay{core::replay_mode::same_key};
    duration replay_after{60s};
    friend bool operator==(submission_settings const&, submission_settings const&) = default;
};

struct polling_settings {
    std::optional<duration> first_after;  ///< nothing: "auto"
    duration interval{6s};
    duration give_up_after{24h};
    friend bool operator==(polling_settings const&, polling_settings const&) = default;
};

/// A synthetic callback through the public URL.
struct canary_settings {
    duration every{};  ///< 0: never
    duration timeout{10s};
    std::string ca_file;
    friend bool operator==(canary_settings const&, canary_settings const&) = default;
};

struct store_settings {
    std::string url{"sqlite:///var/lib/voicehook/voicehook.db"};  ///< may have a password in it: see without_password
    secret password;                                              ///< PostgreSQL: with it the URL needs none
    bool allow_unsafe_commits{false};
    duration retention{30 * 24h};
    std::string backups;          ///< SQLite: their folder; empty: see backup_folder
    std::size_t keep_backups{7};  ///< 0: all of them
    friend bool operator==(store_settings const&, store_settings const&) = default;
};

struct caller_settings {
    caller_name name;
    std::vector<std::string> key_sha256;  ///< lower-case hex, at least one
    secret webhook_secret;                ///< empty: deliveries to a callback_url are not signed
    std::uint64_t max_in_flight{1000};
    unsigned requests_per_second{100};
    friend bool operator==(caller_settings const&, caller_settings const&) = default;
};

/// Everything; made by `load`, valid when it comes from there.
struct settings {
    server_settings server;
    public_settings public_listener;  ///< [public]
    api_settings api;
    ops_settings ops;
    provider_settings provider;
    callback_settings callbacks;
    submission_settings submission;
    polling_settings polling;
    canary_settings canary;
    store_settings store;
    callback_url_settings callback_url;
    artifact_settings artifacts;
    std::vector<caller_settings> callers;
    std::vector<sink_settings> sinks;
    friend bool operator==(settings const&, settings const&) = default;
};

}  // namespace voicehook::config

namespace voicehook {
template <>
inline constexpr auto names_of<config::proxy_protocol> =
    std::array{entry(config::proxy_protocol::off, "off"), entry(config::proxy_protocol::required, "required")};
}  // namespace voicehook
