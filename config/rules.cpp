#include "config/rules.hpp"

#include "base/encoding.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace voicehook::config {
namespace {

bool is_address(int family, std::string const& text) {
    in6_addr room{};
    return inet_pton(family, text.c_str(), &room) == 1;
}

std::optional<unsigned> number_up_to(std::string_view text, unsigned most) {
    unsigned out{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size() || out > most) return std::nullopt;
    return out;
}

/// Whether a bit of the address is set that its network does not have: who wrote it meant something else.
bool has_bits_beyond(int family, std::string const& text, unsigned prefix_length) {
    auto bytes = std::array<std::uint8_t, sizeof(in6_addr)>{};
    if (inet_pton(family, text.c_str(), bytes.data()) != 1) return true;
    for (auto bit = prefix_length; bit < bytes.size() * 8; ++bit)
        if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return true;
    return false;
}

}  // namespace

bool is_sha256_hex(std::string_view text) noexcept {
    constexpr std::size_t digits = 64;
    auto const is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == digits && std::ranges::all_of(text, is_digit);
}

bool is_visible_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_webhook_secret(std::string_view text) {
    constexpr std::string_view prefix = "whsec_";
    constexpr std::size_t least = 24;
    constexpr std::size_t most = 64;
    if (!text.starts_with(prefix)) return false;
    auto const key = from_base64(text.substr(prefix.size()));
    return key && least <= key->size() && key->size() <= most;
}

void check_webhook_secret(std::string const& key, secret const& value, findings& out) {
    auto const sound = out.sound(key) && out.sound(key + "_file");
    if (sound && !value.empty() && !is_webhook_secret(value.reveal()))
        out.complain(key, "expected \"whsec_\" and the base64 of 24 to 64 bytes");
}

void check_client_tls(std::string const& row, std::string const& ca_file, std::string const& certificate,
                      std::string const& key, std::string_view needs, findings& out) {
    auto const complain = [&](std::string_view name, std::string const& what) {
        if (out.sound(fmt::format("{}.{}", row, name))) out.complain(fmt::format("{}.{}", row, name), what);
    };
    if (certificate.empty() && !key.empty())
        complain("client_certificate", "required, because client_key is set; or remove both");
    if (!certificate.empty() && key.empty())
        complain("client_key", "required, because client_certificate is set; or remove both");
    if (needs.empty()) return;
    if (!ca_file.empty()) complain("ca_file", fmt::format("means nothing without TLS: {}, or remove it", needs));
    if (!certificate.empty()) complain("client_certificate", fmt::format("is shown to nobody without TLS: {}", needs));
}

bool is_listen_address(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos || !number_up_to(text.substr(colon + 1), 65535)) return false;
    auto host = text.substr(0, colon);
    if (!host.starts_with('[')) return is_address(AF_INET, std::string{host});
    if (!host.ends_with(']')) return false;
    host.remove_prefix(1);
    host.remove_suffix(1);
    return is_address(AF_INET6, std::string{host});
}

std::optional<std::string> as_network(std::string_view text) {
    auto const slash = text.find('/');
    auto const address = std::string{text.substr(0, slash)};
    auto const is_v4 = is_address(AF_INET, address);
    if (!is_v4 && !is_address(AF_INET6, address)) return std::nullopt;
    auto const longest = is_v4 ? 32u : 128u;
    if (slash == std::string_view::npos) return fmt::format("{}/{}", address, longest);
    auto const length = number_up_to(text.substr(slash + 1), longest);
    if (!length || has_bits_beyond(is_v4 ? AF_INET : AF_INET6, address, *length)) return std::nullopt;
    return std::string{text};
}

bool is_loopback_host(std::string const& host) {
    if (host == "localhost" || host == "::1") return true;
    return host.starts_with("127.") && is_address(AF_INET, host);
}

void strip_slashes(std::string& url) {
    while (url.ends_with('/')) url.pop_back();
}

}  // namespace voicehook::config
