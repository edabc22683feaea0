#include "core/address.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>

#include <cstring>

namespace voicehook::core {
namespace {

ipv4_bytes ipv4(char const* text) {
    auto bytes = ipv4_bytes{};
    EXPECT_EQ(inet_pton(AF_INET, text, bytes.data()), 1) << text;
    return bytes;
}

ipv6_bytes ipv6(char const* text) {
    auto bytes = ipv6_bytes{};
    EXPECT_EQ(inet_pton(AF_INET6, text, bytes.data()), 1) << text;
    return bytes;
}

/// First and last address of a special range, and the public neighbours on both sides ("" where there is none).
struct range {
    char const* before;
    char const* first;
    char const* last;
    char const* after;
};

constexpr range ipv4_ranges[] = {
    {"", "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.31.195.255", "192.31.196.0", "192.31.196.255", "192.31.197.0"},
    {"192.52.192.255", "192.52.193.0", "192.52.193.255", "192.52.194.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"192.175.47.255", "192.175.48.0", "192.175.48.255", "192.175.49.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", ""},
    {"", "240.0.0.0", "255.255.255.255", ""},
};

TEST(InternalAddress, EveryIpv4RangeEndsWhereTheRegistrySays) {
    for (auto const& [before, first, last, after] : ipv4_ranges) {
        EXPECT_TRUE(is_internal(ipv4(first))) << first;
        EXPECT_TRUE(is_internal(ipv4(last))) << last;
        if (*before != '\0') EXPECT_FALSE(is_internal(ipv4(before))) << before;
        if (*after != '\0') EXPECT_FALSE(is_internal(ipv4(after))) << after;
    }
}

constexpr range ipv6_ranges[] = {
    {"", "::", "::", ""},
    {"", "::1", "::1", ""},
    {"", "::2", "::fffe:ffff:ffff", ""},
    {"", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "100::", "100::ffff:ffff:ffff:ffff", ""},
    {"", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", ""},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
    {"2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
     "2620:4f:8001::"},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
    {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "5f00::1", ""},
    {"", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
};

TEST(InternalAddress, EveryIpv6RangeEndsWhereTheRegistrySays) {
    for (auto const& [before, first, last, after] : ipv6_ranges) {
        EXPECT_TRUE(is_internal(ipv6(first))) << first;
        EXPECT_TRUE(is_internal(ipv6(last))) << last;
        if (*before != '\0') EXPECT_FALSE(is_internal(ipv6(before))) << before;
        if (*after != '\0') EXPECT_FALSE(is_internal(ipv6(after))) << after;
    }
}

TEST(InternalAddress, AnIpv4AddressInsideDecides) {
    for (auto const* const text : {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254",
                                   "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:1::", "::127.0.0.1"}) {
        EXPECT_TRUE(is_internal(ipv6(text))) << text;
    }
    for (auto const* const text : {"::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
        EXPECT_FALSE(is_internal(ipv6(text))) << text;
    }
}

TEST(InternalAddress, OrdinaryPublicAddressesAreNot) {
    for (auto const* const text : {"1.1.1.1", "8.8.8.8", "93.184.216.34", "223.255.255.254"}) {
        EXPECT_FALSE(is_internal(ipv4(text))) << text;
    }
    for (auto const* const text : {"2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001:81b::200e"}) {
        EXPECT_FALSE(is_internal(ipv6(text))) << text;
    }
}

struct host_row {
    char const* host;
    bool internal;
};

constexpr host_row hosts[] = {
    {"127.0.0.1", true},
    {"127.1", true},
    {"127.0.1", true},
    {"2130706433", true},
    {"0x7f000001", true},
    {"0X7F.1", true},
    {"0x7f.0x0.0x0.0x1", true},
    {"0177.0.0.1", true},
    {"0177.1", true},
    {"017700000001", true},
    {"00000177.1", true},
    {"0", true},
    {"0x", true},
    {"0.0.0.0", true},
    {"127.0.0.1.", true},
    {"127.1..", true},
    {"10.65535", true},
    {"192.168.257", true},
    {"169.254.169.254", true},
    {"0xa9fea9fe", true},
    {"8.8.8.8", false},
    {"8.8.2056", false},
    {"134744072", false},
    {"0x08080808", false},
    {"010.8.8.8", false},
    {"012.0.0.1", true},
    {"256.1.1.1", true},
    {"1.2.3.4.5", true},
    {"4294967296", true},
    {"09.1.1.1", true},
    {"1..1", true},
    {"8.8.8.0x8g", false},
    {"example.0x8", true},
    {"::1", true},
    {"[::1]", true},
    {"[::]", true},
    {"[::ffff:127.0.0.1]", true},
    {"[::FFFF:7F00:1]", true},
    {"[0:0:0:0:0:ffff:10.0.0.1]", true},
    {"[64:ff9b::7f00:1]", true},
    {"[2002:7f00:1::]", true},
    {"[fe80::1]", true},
    {"[fe80::1%eth0]", true},
    {"[2606:4700:4700::1111%25eth0]", true},
    {"[2606:4700:4700::1111]", false},
    {"2606:4700:4700::1111", false},
    {"[::ffff:8.8.8.8]", false},
    {"[1:2:3]", true},
    {"[:::]", true},
    {"localhost", true},
    {"LocalHost", true},
    {"localhost.", true},
    {"localhost..", true},
    {"a.localhost", true},
    {"printer.local", true},
    {"metadata.google.internal", true},
    {"Metadata.Google.INTERNAL.", true},
    {"localhost.localdomain", true},
    {"router.home.arpa", true},
    {"ip6-localhost", true},
    {"", true},
    {".", true},
    {"hooks.example.com", false},
    {"hooks.example.com.", false},
    {"notlocalhost", false},
    {"localhost.example.com", false},
    {"mylocal", false},
    {"10.example.com", false},
    {"1e100.net", false},
    {"0x7f.example", false},
};

TEST(InternalHost, IsWhatTheTableSaysInEverySpelling) {
    for (auto const& [host, internal] : hosts) EXPECT_EQ(names_internal_host(host), internal) << host;
}

TEST(InternalHost, AgreesWithTheResolverOnEveryAddressItTakes) {
    for (auto const& [host, internal] : hosts) {
        auto address = in_addr{};
        if (inet_aton(host, &address) == 0) continue;
        auto bytes = ipv4_bytes{};
        std::memcpy(bytes.data(), &address, bytes.size());

        EXPECT_EQ(names_internal_host(host), is_internal(bytes)) << host;
    }
}

}  // namespace
}  // namespace voicehook::core
