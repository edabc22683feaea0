#include "core/address.hpp"
#include "core/letter_case.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>

namespace voicehook::core {

namespace {

constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;

bool is_digit(char letter) noexcept { return letter >= '0' && letter <= '9'; }
bool is_hex(char letter) noexcept { return is_digit(letter) || (to_lower(letter) >= 'a' && to_lower(letter) <= 'f'); }
bool is_name_letter(char letter) noexcept {
    return is_digit(letter) || (to_lower(letter) >= 'a' && to_lower(letter) <= 'z') || letter == '-' || letter == '_';
}

/// Takes off the text before the first `separator` (all of it when there is none) and the separator.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
    auto const at = rest.find(separator);
    auto const head = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
    return head;
}

/// A whole number in `base`, all of `text`; nothing when it is not one or exceeds `most`.
std::optional<std::uint32_t> read_number(std::string_view text, int base, std::uint64_t most) noexcept {
    auto value = std::uint64_t{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    return static_cast<std::uint32_t>(value);
}

/// A part of an address as inet_aton reads it: decimal, octal after 0, hexadecimal after 0x.
std::optional<std::uint32_t> read_loose_part(std::string_view text, std::uint64_t most) noexcept {
    if (text.size() >= 2 && text[0] == '0' && to_lower(text[1]) == 'x') {
        return text.size() == 2 ? 0 : read_number(text.substr(2), 16, most);
    }
    if (text.size() > 1 && text[0] == '0') return read_number(text.substr(1), 8, most);
    return read_number(text, 10, most);
}

ipv4_bytes to_bytes(std::uint32_t address) noexcept {
    return {static_cast<std::uint8_t>(address >> 24), static_cast<std::uint8_t>(address >> 16),
            static_cast<std::uint8_t>(address >> 8), static_cast<std::uint8_t>(address)};
}

/// One to four parts, the last one filling all bytes that are left (inet_aton).
std::optional<ipv4_bytes> read_loose_ipv4(std::string_view text) noexcept {
    auto const parts = static_cast<int>(std::ranges::count(text, '.')) + 1;
    if (parts > 4) return std::nullopt;

    auto address = std::uint32_t{};
    for (int part = 1; part < parts; ++part) {
        auto const value = read_loose_part(take_until(text, '.'), 0xff);
        if (!value) return std::nullopt;
        address |= *value << (8 * (4 - part));
    }
    auto const last = read_loose_part(text, 0xffffffffU >> (8 * (parts - 1)));
    if (!last) return std::nullopt;
    return to_bytes(address | *last);
}

/// Exactly four decimal parts, as inside of an IPv6 address.
std::optional<ipv4_bytes> read_dotted_quad(std::string_view text) noexcept {
    if (std::ranges::count(text, '.') != 3) return std::nullopt;
    auto address = ipv4_bytes{};
    for (auto& byte : address) {
        auto const value = read_number(take_until(text, '.'), 10, 0xff);
        if (!value) return std::nullopt;
        byte = static_cast<std::uint8_t>(*value);
    }
    return address;
}

/// The bytes of one side of "::", or of an address without it.
struct ipv6_side {
    ipv6_bytes bytes{};
    std::size_t count{};
    bool append(std::uint8_t byte) noexcept {
        if (count == bytes.size()) return false;
        bytes[count++] = byte;
        return true;
    }
};

/// Whether the last group may be an IPv4 address: only at the end of the whole address.
enum class dotted_end : std::uint8_t { allowed = 1, forbidden };

std::optional<ipv6_side> read_groups(std::string_view text, dotted_end dotted) noexcept {
    auto side = ipv6_side{};
    if (text.empty()) return side;
    for (auto more = true; more;) {
        more = text.contains(':');
        auto const group = take_until(text, ':');
        if (!more && dotted == dotted_end::allowed && group.contains('.')) {
            auto const quad = read_dotted_quad(group);
            if (!quad || !std::ranges::all_of(*quad, [&](std::uint8_t byte) { return side.append(byte); }))
                return std::nullopt;
            return side;
        }
        auto const value = group.size() > 4 ? std::nullopt : read_number(group, 16, 0xffff);
        if (!value) return std::nullopt;
        if (!side.append(static_cast<std::uint8_t>(*value >> 8)) || !side.append(static_cast<std::uint8_t>(*value)))
            return std::nullopt;
    }
    return side;
}

/// RFC 4291, 2.2; no zone.
std::optional<ipv6_bytes> read_ipv6(std::string_view text) noexcept {
    auto const gap = text.find("::");
    auto const whole = gap == std::string_view::npos;
    auto const left = read_groups(text.substr(0, gap), whole ? dotted_end::allowed : dotted_end::forbidden);
    if (!left) return std::nullopt;
    if (whole) {
        if (left->count != left->bytes.size()) return std::nullopt;
        return left->bytes;
    }
    auto const right = read_groups(text.substr(gap + 2), dotted_end::allowed);
    if (!right || left->count + right->count > left->bytes.size() - 2) return std::nullopt;

    auto address = left->bytes;
    std::copy_n(right->bytes.begin(), right->count, address.end() - static_cast<std::ptrdiff_t>(right->count));
    return address;
}

bool is_reg_name(std::string_view host) noexcept {
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty() || host.size() > longest_name) return false;
    for (auto more = true; more;) {
        more = host.contains('.');
        auto const label = take_until(host, '.');
        if (label.empty() || label.size() > longest_label || !std::ranges::all_of(label, is_name_letter)) return false;
    }
    return true;
}

bool is_port(std::string_view text) noexcept {
    return text.size() <= 5 && !text.starts_with('0') && read_number(text, 10, 65535).has_value();
}

bool has_only_url_bytes(std::string_view url) noexcept {
    constexpr std::string_view never = "\"<>\\^`{|}";
    for (std::size_t at = 0; at < url.size(); ++at) {
        auto const byte = url[at];
        if (byte <= ' ' || byte >= 0x7f || never.contains(byte)) return false;
        if (byte == '%' && !(at + 2 < url.size() && is_hex(url[at + 1]) && is_hex(url[at + 2]))) return false;
    }
    return true;
}

bool split_authority(std::string_view authority, url_parts& parts) {
    auto host = authority;
    auto port = std::optional<std::string_view>{};
    if (authority.starts_with('[')) {
        auto const close = authority.find(']');
        if (close == std::string_view::npos) return false;
        host = authority.substr(1, close - 1);
        auto const rest = authority.substr(close + 1);
        if (!read_ipv6(host) || (!rest.empty() && rest[0] != ':')) return false;
        if (!rest.empty()) port = rest.substr(1);
    } else {
        auto const colon = authority.find(':');
        host = authority.substr(0, colon);
        if (!is_reg_name(host)) return false;
        if (colon != std::string_view::npos) port = authority.substr(colon + 1);
    }
    if (port && !is_port(*port)) return false;
    parts.host.resize(host.size());
    std::ranges::transform(host, parts.host.begin(), to_lower);
    parts.port = port.value_or(std::string_view{});
    return true;
}

/// Whether the last label looks like a number: then no name can be meant (no top-level domain is one).
bool ends_in_number(std::string_view host) noexcept {
    auto const last = host.substr(host.rfind('.') + 1);
    auto const hexadecimal = last.size() >= 2 && last[0] == '0' && to_lower(last[1]) == 'x';
    return std::ranges::all_of(hexadecimal ? last.substr(2) : last, hexadecimal ? is_hex : is_digit);
}

bool is_internal_name(std::string_view host) noexcept {
    constexpr std::array<std::string_view, 5> domains{"localhost", "local", "internal", "localdomain", "home.arpa"};
    constexpr std::array<std::string_view, 2> names{"ip6-localhost", "ip6-loopback"};
    return is_one_of(host, names) || std::ranges::any_of(domains, [host](std::string_view domain) {
               if (host.size() < domain.size()) return false;
               auto const before = host.substr(0, host.size() - domain.size());
               return same_word(host.substr(before.size()), domain) && (before.empty() || before.ends_with('.'));
           });
}

}  // namespace

url_error split_url(std::string_view url, url_parts& parts) {
    if (!has_only_url_bytes(url)) return url_error::syntax;
    if (url.contains('#')) return url_error::fragment;

    auto const colon = url.find("://");
    auto const scheme = url.substr(0, colon);
    auto const secure = same_word(scheme, "https");
    if (colon == std::string_view::npos || (!secure && !same_word(scheme, "http"))) return url_error::syntax;

    auto const rest = url.substr(colon + 3);
    auto const authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.contains('@')) return url_error::user_info;

    auto found = url_parts{};
    if (!split_authority(authority, found)) return url_error::syntax;
    found.scheme = secure ? "https" : "http";
    found.target = rest.substr(authority.size());
    if (!found.target.starts_with('/')) found.target.insert(0, 1, '/');
    parts = std::move(found);
    return url_error::none;
}

bool names_internal_host(std::string_view host) noexcept {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.contains(':')) {
        auto const address = read_ipv6(host);
        return !address || is_internal(*address);
    }
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty()) return true;
    if (auto const address = read_loose_ipv4(host)) return is_internal(*address);
    return ends_in_number(host) || is_internal_name(host);
}

}  // namespace voicehook::core
