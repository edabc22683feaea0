#include "core/address.hpp"

#include <algorithm>
#include <cstddef>

namespace voicehook::core {

namespace {

template <class Bytes>
struct prefix {
    Bytes network;
    int bits;
};
using ipv4_prefix = prefix<ipv4_bytes>;
using ipv6_prefix = prefix<ipv6_bytes>;

template <class Bytes>
bool is_in(Bytes const& address, prefix<Bytes> const& range) noexcept {
    auto const whole = static_cast<std::size_t>(range.bits / 8);
    if (!std::equal(address.begin(), address.begin() + whole, range.network.begin())) return false;
    auto const rest = range.bits % 8;
    return rest == 0 || (address[whole] ^ range.network[whole]) >> (8 - rest) == 0;
}

/// Source: IANA IPv4 Special-Purpose Address Registry, and the multicast and reserved blocks of its address space.
constexpr std::array internal_ipv4{
    ipv4_prefix{{0, 0, 0, 0}, 8},        // this host on this network
    ipv4_prefix{{10, 0, 0, 0}, 8},       // private
    ipv4_prefix{{100, 64, 0, 0}, 10},    // shared, carrier-grade NAT
    ipv4_prefix{{127, 0, 0, 0}, 8},      // loopback
    ipv4_prefix{{169, 254, 0, 0}, 16},   // link-local, cloud metadata
    ipv4_prefix{{172, 16, 0, 0}, 12},    // private
    ipv4_prefix{{192, 0, 0, 0}, 24},     // IETF protocol assignments
    ipv4_prefix{{192, 0, 2, 0}, 24},     // documentation
    ipv4_prefix{{192, 31, 196, 0}, 24},  // AS112
    ipv4_prefix{{192, 52, 193, 0}, 24},  // AMT
    ipv4_prefix{{192, 88, 99, 0}, 24},   // 6to4 relays, deprecated
    ipv4_prefix{{192, 168, 0, 0}, 16},   // private
    ipv4_prefix{{192, 175, 48, 0}, 24},  // AS112
    ipv4_prefix{{198, 18, 0, 0}, 15},    // benchmarking
    ipv4_prefix{{198, 51, 100, 0}, 24},  // documentation
    ipv4_prefix{{203, 0, 113, 0}, 24},   // documentation
    ipv4_prefix{{224, 0, 0, 0}, 4},      // multicast
    ipv4_prefix{{240, 0, 0, 0}, 4},      // reserved, and limited broadcast
};

constexpr ipv6_prefix v4_mapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
constexpr ipv6_prefix nat64{{0, 0x64, 0xff, 0x9b}, 96};
constexpr ipv6_prefix six_to_four{{0x20, 0x02}, 16};

/// Everything outside of it is internal: unspecified, loopback, v4-compatible, local NAT64, discard, unique local,
/// link-local, site-local, multicast, segment routing, and what is not assigned.
constexpr ipv6_prefix global_unicast{{0x20}, 3};

/// Source: IANA IPv6 Special-Purpose Address Registry, what lies inside of global unicast.
constexpr std::array internal_ipv6{
    ipv6_prefix{{0x20, 0x01, 0x00, 0x00}, 23},              // IETF protocol assignments, Teredo, ORCHID
    ipv6_prefix{{0x20, 0x01, 0x0d, 0xb8}, 32},              // documentation
    ipv6_prefix{{0x26, 0x20, 0x00, 0x4f, 0x80, 0x00}, 48},  // AS112
    ipv6_prefix{{0x3f, 0xff, 0x00}, 20},                    // documentation
};

ipv4_bytes inner_ipv4(ipv6_bytes const& address, std::size_t at) noexcept {
    return {address[at], address[at + 1], address[at + 2], address[at + 3]};
}

}  // namespace

bool is_internal(ipv4_bytes const& address) noexcept {
    return std::ranges::any_of(internal_ipv4, [&](auto const& range) { return is_in(address, range); });
}

bool is_internal(ipv6_bytes const& address) noexcept {
    if (is_in(address, v4_mapped) || is_in(address, nat64)) return is_internal(inner_ipv4(address, 12));
    if (is_in(address, six_to_four)) return is_internal(inner_ipv4(address, 2));
    if (!is_in(address, global_unicast)) return true;
    return std::ranges::any_of(internal_ipv6, [&](auto const& range) { return is_in(address, range); });
}

}  // namespace voicehook::core
