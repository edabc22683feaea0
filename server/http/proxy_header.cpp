#include "http/proxy_header.hpp"

#include "http/networks.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace voicehook::http {
namespace {

using state = proxy_header::state;
using namespace std::string_view_literals;

constexpr auto beginning_of_text = "PROXY "sv;
constexpr auto end_of_text = "\r\n"sv;
constexpr auto max_text = std::size_t{107};

constexpr auto signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr auto fixed_part = std::size_t{16};  ///< signature, version and command, family and transport, length
constexpr auto version = 2U;

enum class command : std::uint8_t { local = 0, proxy = 1 };
enum class family : std::uint8_t { unspecified = 0, inet = 1, inet6 = 2, unix_socket = 3 };
constexpr auto last_transport = 2U;  ///< unspecified, stream, datagram

constexpr auto wrong = proxy_header{.is = state::wrong};

proxy_header complete(std::size_t length, std::optional<asio::ip::address> client = {}) {
    return {.is = state::complete, .length = length, .client = std::move(client)};
}

/// Whether `received` is `expected` as far as both go.
bool agree(std::string_view received, std::string_view expected) {
    auto const common = std::min(received.size(), expected.size());
    return received.substr(0, common) == expected.substr(0, common);
}

/// Takes the text up to the next space off `rest`, and the space. Nothing: there is no space.
std::optional<std::string_view> take_word(std::string_view& rest) {
    auto const space = rest.find(' ');
    if (space == rest.npos) return std::nullopt;
    auto const word = rest.substr(0, space);
    rest.remove_prefix(space + 1);
    return word;
}

bool is_port(std::string_view text) {
    auto number = std::uint16_t{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    auto const is_number = error == std::errc{} && end == text.data() + text.size();
    return is_number && (text.size() == 1 || text.front() != '0');
}

/// Letters are looked at first: the system's reader would stop at a NUL, and take a scope ("%eth0").
std::optional<asio::ip::address> parse_v4(std::string_view text) {
    if (text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
    auto error = boost::system::error_code{};
    auto const address = asio::ip::make_address_v4(std::string{text}, error);
    if (error) return std::nullopt;
    return address;
}

std::optional<asio::ip::address> parse_v6(std::string_view text) {
    if (text.find_first_not_of("0123456789abcdefABCDEF:.") != text.npos) return std::nullopt;
    auto error = boost::system::error_code{};
    auto const address = asio::ip::make_address_v6(std::string{text}, error);
    if (error) return std::nullopt;
    return unmapped(address);
}

/// "TCP4 192.0.2.7 198.51.100.1 4711 443", "TCP6 …", or "UNKNOWN" and anything.
proxy_header read_line(std::string_view line, std::size_t length) {
    if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return complete(length);
    auto const protocol = take_word(line);
    auto const source = take_word(line);
    auto const destination = take_word(line);
    auto const source_port = take_word(line);
    if (!source_port || (protocol != "TCP4" && protocol != "TCP6")) return wrong;

    auto const parse = protocol == "TCP4" ? parse_v4 : parse_v6;
    auto const client = parse(*source);
    if (!client || !parse(*destination) || !is_port(*source_port) || !is_port(line)) return wrong;
    return complete(length, client);
}

proxy_header read_text(std::string_view received) {
    auto const line = received.substr(0, max_text);
    auto const end = line.find_first_of(end_of_text);
    if (end == line.npos) return line.size() < max_text ? proxy_header{} : wrong;
    auto const rest = line.substr(end);
    if (!agree(rest, end_of_text)) return wrong;
    if (rest.size() < end_of_text.size()) return line.size() < max_text ? proxy_header{} : wrong;
    return read_line(line.substr(beginning_of_text.size(), end - beginning_of_text.size()), end + end_of_text.size());
}

unsigned byte_at(std::string_view bytes, std::size_t index) { return static_cast<unsigned char>(bytes[index]); }

template <class Address>
asio::ip::address address_from(std::string_view bytes) {
    auto raw = typename Address::bytes_type{};
    std::copy_n(bytes.begin(), raw.size(), raw.begin());
    return unmapped(Address{raw});
}

/// How many bytes two addresses and two ports of a family take; nothing for one that does not exist.
std::optional<std::size_t> size_of_addresses(family which) {
    switch (which) {
        case family::unspecified: return 0;
        case family::inet: return 2 * 4 + 2 * 2;
        case family::inet6: return 2 * 16 + 2 * 2;
        case family::unix_socket: return 2 * 108;
    }
    return std::nullopt;
}

/// `received` holds the fixed part.
proxy_header read_binary(std::string_view received) {
    if (byte_at(received, 12) >> 4 != version) return wrong;
    auto const told = command{static_cast<std::uint8_t>(byte_at(received, 12) & 0xF)};
    auto const which = family{static_cast<std::uint8_t>(byte_at(received, 13) >> 4)};
    auto const transport = byte_at(received, 13) & 0xF;
    auto const length = fixed_part + byte_at(received, 14) * 256 + byte_at(received, 15);
    if (told > command::proxy || length > max_proxy_header) return wrong;
    if (told == command::proxy) {
        auto const needed = size_of_addresses(which);
        if (!needed || transport > last_transport || length - fixed_part < *needed) return wrong;
    }
    if (received.size() < length) return {};

    auto const has_address = told == command::proxy && transport != 0;
    auto const addresses = received.substr(fixed_part);
    if (has_address && which == family::inet) return complete(length, address_from<asio::ip::address_v4>(addresses));
    if (has_address && which == family::inet6) return complete(length, address_from<asio::ip::address_v6>(addresses));
    return complete(length);
}

}  // namespace

proxy_header read_proxy_header(std::string_view received) {
    if (agree(received, beginning_of_text))
        return received.size() < beginning_of_text.size() ? proxy_header{} : read_text(received);
    if (!agree(received, signature)) return wrong;
    return received.size() < fixed_part ? proxy_header{} : read_binary(received);
}

}  // namespace voicehook::http
