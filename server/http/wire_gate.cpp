#include "http/wire_gate.hpp"

#include "http/message_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace voicehook::http {
namespace {

using verdict = std::optional<gate_reason>;

constexpr std::size_t max_fields = 100;
constexpr std::size_t max_length_digits = 10;
constexpr auto methods = std::array<std::string_view, 7>{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

constexpr bool is_digit(char letter) noexcept { return letter >= '0' && letter <= '9'; }
constexpr bool is_hex(char letter) noexcept {
    return is_digit(letter) || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
}
constexpr bool is_letter(char letter) noexcept {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}
bool all_digits(std::string_view text) noexcept { return !text.empty() && std::ranges::all_of(text, is_digit); }

/// What the fields seen so far add up to.
struct field_summary {
    std::size_t count{};
    std::size_t hosts{};
    std::size_t lengths{};
    std::size_t encodings{};
    std::size_t expectations{};
};

enum class http_version : unsigned char { one_zero = 1, one_one };

verdict check_bytes(std::string_view block) noexcept {
    for (auto at = std::size_t{}; at < block.size(); ++at) {
        auto const byte = static_cast<unsigned char>(block[at]);
        if (byte == '\r' && at + 1 < block.size() && block[at + 1] == '\n') {
            ++at;
            continue;
        }
        if (byte != '\t' && (byte < 0x20 || byte == 0x7f)) return gate_reason::control_character;
    }
    return std::nullopt;
}

bool is_target(std::string_view text) noexcept {
    if (text.empty() || text.front() != '/') return false;
    for (auto at = std::size_t{}; at < text.size(); ++at) {
        if (text[at] == '%') {
            if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
            at += 2;
            continue;
        }
        constexpr auto others = std::string_view{"-._~!$&'()*+,;=:@/?"};
        if (!is_letter(text[at]) && !is_digit(text[at]) && others.find(text[at]) == others.npos) return false;
    }
    return true;
}

verdict check_request_line(std::string_view line, http_version& version) noexcept {
    auto const first = line.find(' ');
    if (first == line.npos) return gate_reason::request_line;
    auto const second = line.find(' ', first + 1);
    if (second == line.npos || line.find_first_of(" \t", second + 1) != line.npos) return gate_reason::request_line;

    if (std::ranges::find(methods, line.substr(0, first)) == methods.end()) return gate_reason::method;
    if (!is_target(line.substr(first + 1, second - first - 1))) return gate_reason::target;
    auto const protocol = line.substr(second + 1);
    if (protocol != "HTTP/1.1" && protocol != "HTTP/1.0") return gate_reason::version;
    version = protocol == "HTTP/1.1" ? http_version::one_one : http_version::one_zero;
    return std::nullopt;
}

bool is_port(std::string_view text) noexcept {
    if (!all_digits(text) || text.size() > 5) return false;
    auto number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number >= 1 && number <= 65535;
}

bool is_ipv6(std::string_view text) noexcept {
    auto bytes = in6_addr{};
    return inet_pton(AF_INET6, std::string{text}.c_str(), &bytes) == 1;
}

bool is_host(std::string_view text) noexcept {
    if (text.starts_with('[')) {
        auto const end = text.find(']');
        if (end == text.npos || !is_ipv6(text.substr(1, end - 1))) return false;
        auto const rest = text.substr(end + 1);
        return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
    }
    auto const colon = text.find(':');
    if (colon != text.npos && !is_port(text.substr(colon + 1))) return false;
    auto const name = text.substr(0, colon);
    auto const fits = [](char letter) {
        return is_letter(letter) || is_digit(letter) || letter == '-' || letter == '.' || letter == '_' ||
               letter == '~';
    };
    return !name.empty() && std::ranges::all_of(name, fits);
}

verdict check_field(std::string_view line, http_version version, field_summary& seen) noexcept {
    auto const colon = line.find(':');
    if (colon == line.npos) return gate_reason::field_name;
    auto const name = line.substr(0, colon);
    auto const value = trim(line.substr(colon + 1));
    if (!is_token(name) || name.find('_') != name.npos) return gate_reason::field_name;
    if (++seen.count > max_fields) return gate_reason::header_too_large;

    if (equal_ignoring_case(name, "host")) {
        if (++seen.hosts > 1 || !is_host(value)) return gate_reason::host;
    } else if (equal_ignoring_case(name, "content-length")) {
        if (++seen.lengths > 1 || !all_digits(value) || value.size() > max_length_digits)
            return gate_reason::content_length;
    } else if (equal_ignoring_case(name, "transfer-encoding")) {
        if (++seen.encodings > 1 || value != "chunked" || version != http_version::one_one)
            return gate_reason::transfer_encoding;
    } else if (equal_ignoring_case(name, "upgrade")) {
        return gate_reason::upgrade;
    } else if (equal_ignoring_case(name, "expect")) {
        if (++seen.expectations > 1 || !equal_ignoring_case(value, "100-continue")) return gate_reason::expect;
    }
    return std::nullopt;
}

verdict check_together(field_summary const& seen, http_version version) noexcept {
    if (version == http_version::one_one && seen.hosts != 1) return gate_reason::host;
    if (seen.encodings != 0 && seen.lengths != 0) return gate_reason::transfer_encoding;
    return std::nullopt;
}

}  // namespace

head_search find_head(std::string_view received, std::size_t scanned) noexcept {
    if (received.empty()) return {};
    if (received.front() < 'A' || received.front() > 'Z') return {.refused = gate_reason::request_line};
    for (auto at = received.find('\n', scanned); at != received.npos; at = received.find('\n', at + 1)) {
        if (received[at - 1] != '\r') return {.refused = gate_reason::control_character};
        if (at >= 3 && received.substr(at - 3, 4) == "\r\n\r\n") return {.length = at + 1};
    }
    return {};
}

std::optional<gate_reason> check_head(std::string_view block) noexcept {
    if (!block.ends_with("\r\n\r\n")) return gate_reason::request_line;
    if (auto const refused = check_bytes(block)) return refused;
    block.remove_suffix(2);

    auto version = http_version{};
    auto seen = field_summary{};
    for (auto number = 0; !block.empty(); ++number) {
        auto const line = block.substr(0, block.find("\r\n"));
        block.remove_prefix(line.size() + 2);
        if (line.starts_with(' ') || line.starts_with('\t')) return gate_reason::folded_line;
        auto const refused = number == 0 ? check_request_line(line, version) : check_field(line, version, seen);
        if (refused) return refused;
    }
    return check_together(seen, version);
}

}  // namespace voicehook::http
