#include "base/header_text.hpp"
#include "config/rules.hpp"
#include "config/validate.hpp"
#include "core/address.hpp"
#include "core/letter_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <set>

namespace voicehook::config {
namespace {

constexpr std::size_t most_headers = 32;

/// Set by the exchange or by the sink: a second one would contradict it.
constexpr auto headers_of_ours = std::array<std::string_view, 13>{
    "host",       "connection",  "keep-alive", "transfer-encoding",   "upgrade",         "te", "trailer", "expect",
    "user-agent", "traceparent", "tracestate", "proxy-authorization", "proxy-connection"};
constexpr auto families_of_ours = std::array<std::string_view, 4>{"content-", "webhook-", "ce-", "voicehook-"};

std::string to_lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), core::to_lower);
    return text;
}

bool is_ours(std::string_view name) {
    return core::is_one_of(name, headers_of_ours) ||
           std::ranges::any_of(families_of_ours, [&](auto const& begin) { return name.starts_with(begin); });
}

/// Whether neither the key nor the key of its file has a complaint.
bool sound_secret(std::string const& key, findings const& out) { return out.sound(key) && out.sound(key + "_file"); }

void check_url(std::string const& key, std::string const& url, findings& out) {
    if (!out.sound(key)) return;
    if (url.empty()) return out.complain(key, "required for type \"http\": where to send results");
    core::url_parts parts;
    switch (core::split_url(url, parts)) {
        case core::url_error::none: return;
        case core::url_error::user_info: return out.complain(key, "must not hold a user name or password: use basic");
        case core::url_error::fragment: return out.complain(key, "must not have a fragment (#…)");
        case core::url_error::syntax:
            return out.complain(key, "expected an absolute URL, such as \"https://consumer.internal/hooks\"");
    }
}

void check_signing(std::string const& row, http_settings const& item, findings& out) {
    check_webhook_secret(row + ".secret", item.webhook_secret, out);
    for (std::size_t i = 0; i < item.secrets.size(); ++i) {
        auto const key = fmt::format("{}.secrets[{}].key", row, i);
        if (sound_secret(key, out) && item.secrets[i].key.empty())
            out.complain(key, "required: \"whsec_…\", here or by key_file");
        else
            check_webhook_secret(key, item.secrets[i].key, out);
    }
}

/// What a user name of Basic authentication cannot be (RFC 7617).
void check_username(std::string const& key, std::string const& name, findings& out) {
    if (out.sound(key) && name.contains(':')) out.complain(key, "must not have a colon: the password begins behind it");
}

void check_password(std::string const& key, secret const& password, std::string const& name, findings& out) {
    if (!sound_secret(key, out) || password.empty()) return;
    if (!is_header_value(password.reveal())) return out.complain(key, "must not have control characters");
    if (name.empty()) out.complain(key, "needs a user name beside it");
}

void check_authentication(std::string const& row, http_settings const& item, findings& out) {
    auto const bearer = row + ".bearer_token";
    if (sound_secret(bearer, out) && !is_visible_ascii(item.bearer_token.reveal()))
        out.complain(bearer, "must be visible ASCII characters without spaces");
    if (!item.bearer_token.empty() && !item.basic.username.empty())
        out.complain(bearer, "set either this or basic, not both: there is one Authorization header");
    check_username(row + ".basic.username", item.basic.username, out);
    check_password(row + ".basic.password", item.basic.password, item.basic.username, out);

    if (item.client_certificate.empty() && !item.client_key.empty())
        out.complain(row + ".client_certificate", "required, because client_key is set; or remove both");
    if (!item.client_certificate.empty() && item.client_key.empty())
        out.complain(row + ".client_key", "required, because client_certificate is set; or remove both");
    if (!item.client_certificate.empty() && to_lower_case(item.url.substr(0, 5)) == "http:")
        out.complain(row + ".client_certificate", "is shown to nobody without TLS: url must begin with https://");
}

void check_header(std::string const& row, header_settings const& header, bool has_authorization, findings& out) {
    auto const key = row + ".name";
    auto const name = to_lower_case(header.name);
    if (out.sound(key)) {
        if (!is_header_name(name))
            out.complain(key, "expected the name of a header: letters, digits and marks such as '-'");
        else if (is_ours(name))
            out.complain(key, "is set by voicehook itself: choose another name");
        else if (name == "authorization" && has_authorization)
            out.complain(key, "is set by bearer_token or basic: remove one of them");
    }
    auto const value = row + ".value";
    if (!sound_secret(value, out)) return;
    if (header.value.empty())
        out.complain(value, "required: here or by value_file");
    else if (!is_header_value(header.value.reveal()))
        out.complain(value, "must not have control characters, such as a line break");
}

void check_headers(std::string const& row, http_settings const& item, findings& out) {
    auto const has_authorization = !item.bearer_token.empty() || !item.basic.username.empty();
    if (item.headers.size() > most_headers)
        out.complain(row + ".headers", fmt::format("must be at most {}", most_headers));
    std::set<std::string> names;
    for (std::size_t i = 0; i < item.headers.size(); ++i) {
        auto const header = fmt::format("{}.headers[{}]", row, i);
        check_header(header, item.headers[i], has_authorization, out);
        auto const is_new = names.insert(to_lower_case(item.headers[i].name)).second;
        if (!is_new && out.sound(header + ".name")) out.complain(header + ".name", "must be unique among headers");
    }
}

/// What keeps a text from naming a proxy, or empty.
std::string_view proxy_fault(std::string const& url) {
    core::url_parts parts;
    switch (core::split_url(url, parts)) {
        case core::url_error::user_info:
            return "must not hold a user name or password: use proxy_username and proxy_password";
        case core::url_error::fragment:
        case core::url_error::syntax: return "expected a URL with a port, such as \"http://proxy.internal:3128\"";
        case core::url_error::none: break;
    }
    if (parts.scheme != "http")
        return "must begin with http://: the proxy is spoken to in clear, and the receiver with TLS through it";
    if (parts.target != "/") return "must not have a path";
    return parts.port.empty() ? "expected a port too, such as \"http://proxy.internal:3128\"" : "";
}

void check_proxy(std::string const& row, http_settings const& item, findings& out) {
    auto const key = row + ".proxy";
    if (out.sound(key) && !item.proxy.empty())
        if (auto const fault = proxy_fault(item.proxy); !fault.empty()) out.complain(key, fault);
    auto const user = row + ".proxy_username";
    if (item.proxy.empty() && !item.proxy_username.empty()) out.complain(user, "needs proxy: it is for nobody else");
    check_username(user, item.proxy_username, out);
    check_password(row + ".proxy_password", item.proxy_password, item.proxy_username, out);
}

}  // namespace

void validate_http_sink(std::string const& row, http_settings const& item, findings& out) {
    check_url(row + ".url", item.url, out);
    check_signing(row, item, out);
    check_authentication(row, item, out);
    check_headers(row, item, out);
    check_proxy(row, item, out);
}

}  // namespace voicehook::config
