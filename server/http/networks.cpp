#include "http/networks.hpp"

#include "http/message_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ranges>

namespace voicehook::http {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text, Number most) {
    auto number = Number{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || number > most) return std::nullopt;
    return number;
}

std::optional<asio::ip::address> parse_address(std::string_view text) {
    if (text.find('%') != text.npos) return std::nullopt;
    auto error = boost::system::error_code{};
    auto const address = asio::ip::make_address(std::string{text}, error);
    if (error) return std::nullopt;
    return address;
}

std::vector<unsigned char> bytes_of(asio::ip::address const& address) {
    if (address.is_v4()) {
        auto const bytes = address.to_v4().to_bytes();
        return {bytes.begin(), bytes.end()};
    }
    auto const bytes = address.to_v6().to_bytes();
    return {bytes.begin(), bytes.end()};
}

bool bit(std::vector<unsigned char> const& bytes, unsigned index) {
    return (bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

/// An entry of X-Forwarded-For: an address, with or without brackets and a port.
std::optional<asio::ip::address> parse_forwarded(std::string_view entry) {
    if (auto const address = parse_address(entry)) return unmapped(*address);
    if (entry.starts_with('[') && entry.ends_with(']'))
        entry = entry.substr(1, entry.size() - 2);
    else if (auto const endpoint = parse_endpoint(entry))
        return unmapped(endpoint->address());
    auto const address = parse_address(entry);
    if (!address) return std::nullopt;
    return unmapped(*address);
}

/// Rightmost entry first.
std::vector<std::string_view> entries_from_the_right(std::vector<std::string_view> const& forwarded) {
    auto entries = std::vector<std::string_view>{};
    for (auto value : forwarded | std::views::reverse) {
        for (;;) {
            auto const comma = value.rfind(',');
            entries.push_back(trim(comma == value.npos ? value : value.substr(comma + 1)));
            if (comma == value.npos) break;
            value = value.substr(0, comma);
        }
    }
    return entries;
}

}  // namespace

result<asio::ip::tcp::endpoint> parse_endpoint(std::string_view text) {
    auto const wrong = [text] {
        return fail(errc::invalid,
                    fmt::format("\"{}\" is not an address and port such as 0.0.0.0:8443 or [::]:8443", text));
    };
    auto const colon = text.rfind(':');
    if (colon == text.npos) return wrong();
    auto host = text.substr(0, colon);
    auto const port = parse_number<std::uint16_t>(text.substr(colon + 1), 65535);
    auto const bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    auto const address = parse_address(host);
    if (!port || !address || address->is_v6() != bracketed) return wrong();
    return asio::ip::tcp::endpoint{*address, *port};
}

asio::ip::address unmapped(asio::ip::address const& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address;
}

result<network> parse_network(std::string_view text) {
    auto const wrong = [text] {
        return fail(errc::invalid, fmt::format("\"{}\" is not a network such as 10.0.0.0/8 or fd00::/8", text));
    };
    auto const slash = text.find('/');
    auto const written = parse_address(text.substr(0, slash));
    if (!written) return wrong();
    auto const most = written->is_v4() ? 32U : 128U;
    auto const length = slash == text.npos ? std::optional{most} : parse_number(text.substr(slash + 1), most);
    if (!length) return wrong();

    auto const address = unmapped(*written);
    auto const mapped_bits = address.is_v4() && written->is_v6() ? 96U : 0U;
    if (*length < mapped_bits) return wrong();
    auto const block = network{address, *length - mapped_bits};
    auto const bytes = bytes_of(address);
    for (auto index = block.prefix_length; index < bytes.size() * 8; ++index)
        if (bit(bytes, index)) return wrong();
    return block;
}

bool contains(network const& block, asio::ip::address const& address) {
    auto const candidate = unmapped(address);
    if (candidate.is_v4() != block.address.is_v4()) return false;
    auto const left = bytes_of(block.address);
    auto const right = bytes_of(candidate);
    for (auto index = 0U; index < block.prefix_length; ++index)
        if (bit(left, index) != bit(right, index)) return false;
    return true;
}

bool contains(std::vector<network> const& blocks, asio::ip::address const& address) {
    return std::ranges::any_of(blocks, [&](network const& block) { return contains(block, address); });
}

asio::ip::address client_address(asio::ip::address const& peer, std::vector<std::string_view> const& forwarded,
                                 std::vector<network> const& trusted) {
    auto nearest = unmapped(peer);
    if (!contains(trusted, nearest)) return nearest;
    for (auto const entry : entries_from_the_right(forwarded)) {
        auto const address = parse_forwarded(entry);
        if (!address) break;
        nearest = *address;
        if (!contains(trusted, nearest)) break;
    }
    return nearest;
}

}  // namespace voicehook::http
