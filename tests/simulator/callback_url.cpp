#include "tests/simulator/callback_url.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace simulator {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t longest_url = 2048;

enum class reach : std::uint8_t { global, loopback, internal };

struct network {
    std::uint32_t prefix;
    unsigned bits;
};

// IANA special-purpose registry, what is not globally reachable.
constexpr auto internal_networks = std::to_array<network>({
    {0x00000000, 8},
    {0x0a000000, 8},
    {0x64400000, 10},
    {0xa9fe0000, 16},
    {0xac100000, 12},
    {0xc0000000, 24},
    {0xc0000200, 24},
    {0xc0586300, 24},
    {0xc0a80000, 16},
    {0xc6120000, 15},
    {0xc6336400, 24},
    {0xcb007100, 24},
    {0xe0000000, 4},
    {0xf0000000, 4},
});

reach reach_of(std::uint32_t address) {
    if (address >> 24U == 127) return reach::loopback;
    auto const inside = std::ranges::any_of(
        internal_networks, [address](network const& one) { return (address ^ one.prefix) >> (32U - one.bits) == 0; });
    return inside ? reach::internal : reach::global;
}

reach reach_of(ip::address_v6 const& address) {
    if (address.is_loopback()) return reach::loopback;
    auto const bytes = address.to_bytes();
    auto const word = [&bytes](std::size_t at) {
        return std::uint32_t{bytes[at]} << 24U | std::uint32_t{bytes[at + 1]} << 16U |
               std::uint32_t{bytes[at + 2]} << 8U | std::uint32_t{bytes[at + 3]};
    };
    auto const empty = [&bytes](std::size_t count) {
        return std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count),
                           [](auto byte) { return byte == 0; });
    };
    if (address.is_v4_mapped() || empty(12)) return reach_of(word(12));
    if (word(0) == 0x0064ff9b) return reach_of(word(12));
    if (word(0) >> 16U == 0x2002) return reach_of(word(2));
    auto const global_unicast = bytes[0] >> 5U == 1;
    auto const documentation = word(0) == 0x20010db8;
    return global_unicast && !documentation ? reach::global : reach::internal;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    auto base = 10;
    if (text.starts_with("0x")) {
        text.remove_prefix(2);
        base = 16;
    } else if (text.size() > 1 && text.front() == '0') {
        base = 8;
    }
    auto value = std::uint64_t{0};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// The spellings of inet_aton: one to four numbers, decimal, octal or hexadecimal; the last one fills what is left.
std::optional<std::uint32_t> loose_ipv4(std::string_view host) {
    auto address = std::uint64_t{0};
    for (auto parts = 1U; parts <= 4; ++parts) {
        auto const dot = host.find('.');
        auto const number = number_in(host.substr(0, dot));
        if (!number) return std::nullopt;
        if (dot == std::string_view::npos) {
            auto const bits_left = 8U * (5U - parts);
            if (*number >> bits_left != 0) return std::nullopt;
            return static_cast<std::uint32_t>(address << bits_left | *number);
        }
        if (*number > 255) return std::nullopt;
        address = address << 8U | *number;
        host.remove_prefix(dot + 1);
    }
    return std::nullopt;
}

reach reach_of_host(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    auto failed = boost::system::error_code{};
    auto const v6 = ip::make_address_v6(host, failed);
    if (!failed) return reach_of(v6);
    if (auto const v4 = loose_ipv4(host)) return reach_of(*v4);
    if (host == "localhost" || host.ends_with(".localhost")) return reach::loopback;
    return host.ends_with(".local") || host.ends_with(".internal") ? reach::internal : reach::global;
}

bool host_is_written_well(std::string_view host, std::string_view allowed) {
    if (host.empty() || host.size() > 253) return false;
    return std::ranges::all_of(host, [allowed](char letter) {
        return std::isalnum(static_cast<unsigned char>(letter)) != 0 || allowed.find(letter) != std::string_view::npos;
    });
}

bool port_is_written_well(std::string_view port) {
    auto number = 0U;
    auto const [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    return error == std::errc{} && end == port.data() + port.size() && number >= 1 && number <= 65535;
}

std::string lower(std::string_view text) {
    auto result = std::string{text};
    for (auto& letter : result) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return result;
}

}  // namespace

std::expected<callback_url, std::string> parse_callback_url(std::string_view url, address_policy policy) {
    if (url.size() > longest_url) return std::unexpected{"must not exceed 2048 characters"};
    auto const odd = [](char letter) { return letter <= ' ' || letter > '~' || letter == '\\'; };
    if (std::ranges::any_of(url, odd)) return std::unexpected{"must be a valid URL"};
    constexpr std::string_view scheme = "https://";
    if (lower(url.substr(0, scheme.size())) != scheme) return std::unexpected{"must use HTTPS"};
    if (url.find('#') != std::string_view::npos) return std::unexpected{"must not contain a fragment"};

    auto const rest = url.substr(scheme.size());
    auto const path_at = std::min(rest.find_first_of("/?"), rest.size());
    auto const authority = rest.substr(0, path_at);
    auto target = std::string{rest.substr(path_at)};
    if (!target.starts_with('/')) target.insert(0, "/");
    if (authority.find('@') != std::string_view::npos) return std::unexpected{"must not contain user information"};

    auto host = authority.substr(0, authority.starts_with('[') ? authority.find(']') : authority.rfind(':'));
    auto port = authority.substr(host.size());
    auto const bracketed = host.starts_with('[');
    if (bracketed) {
        if (!port.starts_with(']')) return std::unexpected{"must be a valid URL"};
        host.remove_prefix(1);
        port.remove_prefix(1);
    }
    auto bad_literal = boost::system::error_code{};
    if (bracketed) ip::make_address_v6(host, bad_literal);
    if (bad_literal || !host_is_written_well(host, bracketed ? ":." : "-._"))
        return std::unexpected{"must have a valid host"};
    if (port.starts_with(':')) {
        port.remove_prefix(1);
        if (!port_is_written_well(port)) return std::unexpected{"must have a valid port"};
    } else if (!port.empty()) {
        return std::unexpected{"must be a valid URL"};
    }

    auto const where = reach_of_host(lower(host));
    auto const allowed = policy == address_policy::everything || where == reach::global ||
                         (policy == address_policy::loopback_too && where == reach::loopback);
    if (!allowed) return std::unexpected{"must not point to an internal address"};
    return callback_url{.host = lower(host),
                        .port = port.empty() ? "443" : std::string{port},
                        .target = std::move(target),
                        .authority = std::string{authority}};
}

}  // namespace simulator
