#include "config/validate.hpp"

#include "config/rules.hpp"
#include "config/store_url.hpp"
#include "core/address.hpp"

#include <fmt/format.h>

#include <set>

namespace voicehook::config {
namespace {

constexpr std::size_t max_callback_url = 2048;
// "/callbacks/v1/" + task id + "." + secret id + "." + mac
constexpr std::size_t max_callback_path = 14 + 41 + 1 + 32 + 1 + 43;

void check_listen(std::string const& key, std::string const& listen, findings& out) {
    if (out.sound(key) && !is_listen_address(listen))
        out.complain(key, "expected an address and a port, such as \"0.0.0.0:8443\" or \"[::]:8443\"");
}

void check_tls(std::string const& key, tls_settings const& tls, findings& out) {
    if (tls.certificate.empty() && !tls.key.empty())
        out.complain(key + ".certificate", "required, because the key is set; or remove both for plain HTTP");
    if (!tls.certificate.empty() && tls.key.empty())
        out.complain(key + ".key", "required, because the certificate is set; or remove both for plain HTTP");
    if (tls.certificate.empty() && tls.key.empty() && !tls.client_ca.empty())
        out.complain(key + ".client_ca", "needs certificate and key: client certificates exist only with TLS");
}

void check_proxies(std::string const& key, std::vector<std::string>& networks, findings& out) {
    for (std::size_t i = 0; i < networks.size(); ++i) {
        auto const network = as_network(networks[i]);
        if (network)
            networks[i] = *network;
        else
            out.complain(key, fmt::format("entry {}: expected an address or a network, such as \"10.0.0.0/8\"", i));
    }
}

void check_proxy_protocol(public_settings const& item, findings& out) {
    std::string const key = "public.proxy_protocol";
    auto const names_nobody = item.trusted_proxies.empty() && out.sound("public.trusted_proxies");
    if (out.sound(key) && item.proxy_protocol == proxy_protocol::required && names_nobody)
        out.complain(
            key, "needs public.trusted_proxies: name the load balancers there, for nobody else is asked for a header");
}

/// What keeps a text from being a base URL, or empty.
std::string_view base_url_fault(std::string const& url, core::url_parts& parts) {
    switch (core::split_url(url, parts)) {
        case core::url_error::user_info: return "must not hold a user name or password";
        case core::url_error::fragment: return "must not have a fragment (#…)";
        case core::url_error::syntax: return "expected an absolute URL, such as \"https://hooks.example.com\"";
        case core::url_error::none: break;
    }
    if (parts.target.find('?') != std::string::npos) return "must not have a query (?…): a path is put behind it";
    return "";
}

void check_public_base_url(public_settings& item, findings& out) {
    std::string const key = "public.base_url";
    if (!out.sound(key)) return;
    if (item.base_url.empty())
        return out.complain(key, "required: set the https URL under which the provider reaches the public listener");

    core::url_parts parts;
    if (auto const fault = base_url_fault(item.base_url, parts); !fault.empty()) return out.complain(key, fault);
    strip_slashes(item.base_url);
    if (!item.base_url.starts_with("https://"))
        return out.complain(key, "must begin with https://, because the provider refuses anything else");
    if (item.base_url.size() > max_callback_url - max_callback_path)
        return out.complain(key, fmt::format("must be at most {} bytes: with the callback path the provider takes {}",
                                             max_callback_url - max_callback_path, max_callback_url));
    if (!item.allow_internal_base_url && core::names_internal_host(parts.host))
        out.complain(key,
                     "names an internal host, which the provider refuses: use a public name, or set "
                     "public.allow_internal_base_url = true for a local run");
}

void check_operators(ops_settings const& item, findings& out) {
    constexpr std::size_t least = 16;
    auto const& token = item.token.reveal();
    if (out.sound("ops.token") && out.sound("ops.token_file")) {
        if (token.empty() && item.tokens.empty())
            out.complain("ops.token", "required: set a token of at least 16 characters, or ops.tokens");
        else if (!token.empty() && token.size() < least)
            out.complain("ops.token", "must have at least 16 characters");
        else if (!is_visible_ascii(token))
            out.complain("ops.token", "must be visible ASCII characters without spaces");
    }

    std::set<std::string> names;
    for (std::size_t i = 0; i < item.tokens.size(); ++i) {
        auto const row = fmt::format("ops.tokens[{}]", i);
        auto const& [name, sha256] = item.tokens[i];
        if (out.sound(row + ".name")) {
            if (name.empty())
                out.complain(row + ".name", "required: say whose token this is");
            else if (name == "operator")
                out.complain(row + ".name", "\"operator\" is the holder of ops.token: choose another name");
            else if (!names.insert(name).second)
                out.complain(row + ".name", "must be unique among ops.tokens");
        }
        if (out.sound(row + ".sha256") && !is_sha256_hex(sha256))
            out.complain(row + ".sha256", "expected 64 lower-case hex digits: the SHA-256 of the token");
    }
}

void check_provider(provider_settings& item, findings& out) {
    if (std::string const key = "provider.base_url"; out.sound(key)) {
        core::url_parts parts;
        if (auto const fault = base_url_fault(item.base_url, parts); !fault.empty())
            out.complain(key, fault);
        else if (parts.scheme != "https" && !is_loopback_host(parts.host))
            out.complain(
                key,
                "must begin with https://: the API key is sent there (http only for 127.0.0.1, [::1] and localhost)");
        strip_slashes(item.base_url);
    }
    if (!out.sound("provider.api_key") || !out.sound("provider.api_key_file")) return;
    if (item.api_key.empty())
        out.complain("provider.api_key", "required: set it here, by api_key_file, or by VOICEHOOK__PROVIDER__API_KEY");
    else if (!is_visible_ascii(item.api_key.reveal()))
        out.complain("provider.api_key", "must be visible ASCII characters without spaces");
}

void check_callback_secrets(callback_settings const& item, findings& out) {
    constexpr std::size_t least_key = 32;
    if (item.secrets.empty() && out.sound("callbacks.secrets"))
        out.complain("callbacks.secrets",
                     "required: at least one, such as [{ id = \"k1\", key_file = \"callback.key\" }]");

    std::set<std::string> ids;
    for (std::size_t i = 0; i < item.secrets.size(); ++i) {
        auto const row = fmt::format("callbacks.secrets[{}]", i);
        auto const& [id, signing_key] = item.secrets[i];
        if (out.sound(row + ".id")) {
            constexpr std::size_t longest = 32;
            auto const has_dot = id.find('.') != std::string::npos;
            if (id.empty() || id.size() > longest || has_dot)
                out.complain(row + ".id", "expected 1 to 32 letters, digits, '_' or '-'");
            else if (!ids.insert(id).second)
                out.complain(row + ".id", "must be unique among callbacks.secrets");
        }
        auto const sound = out.sound(row + ".key") && out.sound(row + ".key_file");
        if (sound && signing_key.empty())
            out.complain(row + ".key", "required: at least 32 bytes, here or by key_file");
        else if (sound && signing_key.reveal().size() < least_key)
            out.complain(row + ".key", "must have at least 32 bytes");
    }
}

void check_submission(submission_settings& item, findings& out) {
    std::string const key = "submission.replay_after";
    if (!out.given(key)) {
        item.replay_after = std::min(item.replay_after, item.deadline / 2);
        return;
    }
    auto const replays = item.replay == core::replay_mode::same_key;
    if (replays && out.sound(key) && out.sound("submission.deadline") && item.replay_after >= item.deadline)
        out.complain(key,
                     "must be less than submission.deadline, or nothing would ever be replayed; to want that, set "
                     "replay = \"never\"");
}

void check_canary(canary_settings const& item, findings& out) {
    constexpr auto shortest = 100ms;
    if (out.sound("canary.every") && item.every != 0s && item.every < shortest)
        out.complain("canary.every", "expected \"0s\" or at least \"100ms\"");
}

void check_store(store_settings const& item, findings& out) {
    if (!out.sound("store.url")) return;
    if (!store_kind_of(item.url))
        out.complain(
            "store.url",
            "expected sqlite:///absolute/path.db, sqlite://relative/path.db or postgresql://user@host/database");
    if (!item.password.empty() && has_password(item.url))
        out.complain("store.password", "store.url has a password too: leave it out there");
}

}  // namespace

void validate_listeners(settings& item, findings& out) {
    check_listen("public.listen", item.public_listener.listen, out);
    check_public_base_url(item.public_listener, out);
    check_tls("public.tls", item.public_listener.tls, out);
    check_proxies("public.trusted_proxies", item.public_listener.trusted_proxies, out);
    check_proxy_protocol(item.public_listener, out);
    check_listen("api.listen", item.api.listen, out);
    check_tls("api.tls", item.api.tls, out);
    check_proxies("api.trusted_proxies", item.api.trusted_proxies, out);
    check_listen("ops.listen", item.ops.listen, out);
    check_tls("ops.tls", item.ops.tls, out);
    check_operators(item.ops, out);
}

void validate_provider_side(settings& item, findings& out) {
    check_provider(item.provider, out);
    check_callback_secrets(item.callbacks, out);
    check_submission(item.submission, out);
    if (out.sound("polling.interval") && out.sound("polling.give_up_after") &&
        item.polling.give_up_after < item.polling.interval)
        out.complain("polling.give_up_after", "must not be less than polling.interval");
    check_canary(item.canary, out);
    check_store(item.store, out);
}

void validate(settings& item, findings& out) {
    validate_listeners(item, out);
    validate_provider_side(item, out);
    validate_consumers(item, out);
    validate_sinks(item, out);
}

}  // namespace voicehook::config
