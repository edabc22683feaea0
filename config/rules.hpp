// Small questions about texts that several rules ask.
#pragma once

#include "base/secret.hpp"
#include "config/findings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::config {

/// 64 lower-case hex digits.
[[nodiscard]] bool is_sha256_hex(std::string_view text) noexcept;
/// Printable ASCII without spaces: what fits in an Authorization header.
[[nodiscard]] bool is_visible_ascii(std::string_view text) noexcept;
/// "whsec_" and the base64 of 24 to 64 bytes (Standard Webhooks).
[[nodiscard]] bool is_webhook_secret(std::string_view text);
/// Complains when a key that is sound holds anything else. Nothing at all is fine.
void check_webhook_secret(std::string const& key, secret const& value, findings& out);
/// Complains about the files of a client's TLS: `ca_file`, `client_certificate` and `client_key` below `row`.
/// `needs`: what must change for them to mean anything; empty when TLS is used.
void check_client_tls(std::string const& row, std::string const& ca_file, std::string const& certificate,
                      std::string const& key, std::string_view needs, findings& out);
/// An IPv4 address, or an IPv6 address in brackets, a colon and a port up to 65535; port 0 takes any.
[[nodiscard]] bool is_listen_address(std::string_view text);
/// A network as address/prefix; a bare address becomes one of full length. Nothing when it is neither.
[[nodiscard]] std::optional<std::string> as_network(std::string_view text);
/// Whether a URL's host is this machine: 127.0.0.0/8, ::1 or localhost.
[[nodiscard]] bool is_loopback_host(std::string const& host);
/// Drops slashes at the end.
void strip_slashes(std::string& url);

}  // namespace voicehook::config
