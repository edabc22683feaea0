#include "config/http_sink_keys.hpp"

#include "config/keys_of_types.hpp"

namespace voicehook::config {
namespace {

constexpr auto live = on_reload::applied;

void describe_secret(key_visitor& keys, signing_settings& it) {
    keys.hidden_text({"key", "the receiver knows one of them, the old one or the new one.", "\"whsec_…\"", live},
                     it.key);
}

void describe_basic(key_visitor& keys, basic_settings& it) {
    keys.text({"username", "without a colon.", "\"voicehook\"", live}, it.username);
    keys.hidden_text({"password", "may be left out.", "\"…\"", live}, it.password);
}

void describe_header(key_visitor& keys, header_settings& it) {
    keys.text({"name", "none that voicehook sets itself.", "\"X-Env\"", live}, it.name);
    keys.hidden_text({"value", "may be a key, so it is shown nowhere.", "\"prod\"", live}, it.value);
}

}  // namespace

void describe_http(key_visitor& keys, http_settings& it, std::string_view elsewhere) {
    auto const named = keys_of_type(elsewhere);
    keys.text(named("url", "http, required: the operator's own, so plain http and internal addresses are allowed."),
              it.url);
    keys.hidden_text(
        named("secret", "http: signs deliveries (Standard Webhooks); without it they are not signed.", "\"whsec_…\""),
        it.webhook_secret);
    keys.array(named("secrets", "http: sign too, for a rotation: every delivery carries a signature of each.",
                     "[{ key = \"whsec_…\" }]"),
               it.secrets, describe_secret);
    keys.hidden_text(named("bearer_token", "http: sent as Authorization: Bearer; or basic, not both.", "\"…\""),
                     it.bearer_token);
    keys.table(named("basic", "http: sent as Authorization: Basic."),
               [&](key_visitor& inside) { describe_basic(inside, it.basic); });
    keys.text(named("client_certificate", "http: PEM file shown to the receiver (mutual TLS); SIGHUP reads it again.",
                    "\"client.crt\""),
              it.client_certificate);
    keys.text(named("client_key", "http: PEM file: the private key of client_certificate.", "\"client.key\""),
              it.client_key);
    keys.array(named("headers", "http: sent with every delivery.", "[{ name = \"X-Env\", value = \"prod\" }]"),
               it.headers, describe_header);
    keys.text(
        named("proxy", "http: the proxy on the way out, asked for a tunnel (CONNECT); it resolves the receiver's name.",
              "\"http://proxy.internal:3128\""),
        it.proxy);
    keys.text(named("proxy_username", "http: for a proxy that wants one.", "\"voicehook\""), it.proxy_username);
    keys.hidden_text(named("proxy_password", "http: the password of proxy_username.", "\"…\""), it.proxy_password);
    keys.text(named("ca_file", "http: PEM file of authorities to trust besides the system's.", "\"ca.crt\""),
              it.ca_file);
}

}  // namespace voicehook::config
