#include "http/networks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace voicehook::http {
namespace {

asio::ip::address address(char const* text) { return asio::ip::make_address(text); }

std::vector<network> networks(std::vector<std::string_view> const& texts) {
    auto blocks = std::vector<network>{};
    for (auto const text : texts) blocks.push_back(parse_network(text).value());
    return blocks;
}

TEST(Endpoint, AddressesOfBothFamiliesAreRead) {
    EXPECT_EQ(parse_endpoint("0.0.0.0:8443").value(), (asio::ip::tcp::endpoint{address("0.0.0.0"), 8443}));
    EXPECT_EQ(parse_endpoint("127.0.0.1:0").value(), (asio::ip::tcp::endpoint{address("127.0.0.1"), 0}));
    EXPECT_EQ(parse_endpoint("[::]:8443").value(), (asio::ip::tcp::endpoint{address("::"), 8443}));
    EXPECT_EQ(parse_endpoint("[2001:db8::1]:65535").value(), (asio::ip::tcp::endpoint{address("2001:db8::1"), 65535}));
}

TEST(Endpoint, AnythingElseIsInvalid) {
    for (auto const* text :
         {"", ":", "8443", ":8443", "0.0.0.0", "0.0.0.0:", "0.0.0.0:65536", "0.0.0.0:-1", "0.0.0.0:1x", "localhost:80",
          "::1:80", "[::1]", "[::1]80", "[127.0.0.1]:80", "127.1:80", "[::1%lo]:80"}) {
        auto const read = parse_endpoint(text);

        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_EQ(read.error().code, errc::invalid) << text;
    }
}

TEST(Network, BlocksContainWhatTheirPrefixSays) {
    struct row {
        char const* block;
        char const* candidate;
        bool inside;
    };
    auto const rows = std::vector<row>{
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"10.0.0.0/8", "::10.1.2.3", false},
        {"192.168.4.0/22", "192.168.7.255", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "10.0.0.1", false},
        {"2001:db8::/127", "2001:db8::1", true},
        {"2001:db8::/127", "2001:db8::2", false},
        {"::ffff:10.0.0.0/104", "10.200.0.1", true},
        {"::ffff:10.0.0.0/104", "11.0.0.1", false},
        {"::1", "::1", true},
        {"::1", "127.0.0.1", false},
    };

    for (auto const& [block, candidate, inside] : rows)
        EXPECT_EQ(contains(parse_network(block).value(), address(candidate)), inside) << block << " and " << candidate;
}

TEST(Network, AnythingElseIsInvalid) {
    for (auto const* text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "10.0/8",
                             "fd00::/129", "fd00::1/8", "proxy.example", "::ffff:10.0.0.0/8", "fe80::1%eth0/64"})
        EXPECT_FALSE(parse_network(text).has_value()) << text;
}

TEST(ClientAddress, IsTheRightmostEntryThatIsNoTrustedProxy) {
    auto const trusted = networks({"10.0.0.0/8", "fd00::/8"});
    struct row {
        char const* what;
        char const* peer;
        std::vector<std::string_view> forwarded;
        char const* expected;
    };
    auto const rows = std::vector<row>{
        {"an untrusted peer may say nothing", "203.0.113.1", {"198.51.100.7"}, "203.0.113.1"},
        {"one proxy", "10.0.0.1", {"198.51.100.7"}, "198.51.100.7"},
        {"what the client invented stands left", "10.0.0.1", {"1.2.3.4, 198.51.100.7"}, "198.51.100.7"},
        {"two proxies", "10.0.0.1", {"1.2.3.4, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
        {"two fields", "10.0.0.1", {"1.2.3.4", "198.51.100.7", "10.0.0.2"}, "198.51.100.7"},
        {"no field", "10.0.0.1", {}, "10.0.0.1"},
        {"only proxies", "10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
        {"garbage ends the search", "10.0.0.1", {"198.51.100.7, garbage, 10.0.0.2"}, "10.0.0.2"},
        {"an empty entry ends the search", "10.0.0.1", {"198.51.100.7,"}, "10.0.0.1"},
        {"with a port", "10.0.0.1", {"198.51.100.7:4711"}, "198.51.100.7"},
        {"IPv6", "fd00::1", {"2001:db8::7"}, "2001:db8::7"},
        {"IPv6 in brackets", "fd00::1", {"[2001:db8::7]"}, "2001:db8::7"},
        {"IPv6 with a port", "fd00::1", {"[2001:db8::7]:4711"}, "2001:db8::7"},
        {"a mapped peer", "::ffff:10.0.0.1", {"198.51.100.7"}, "198.51.100.7"},
        {"a mapped entry", "10.0.0.1", {"::ffff:198.51.100.7"}, "198.51.100.7"},
    };

    for (auto const& [what, peer, forwarded, expected] : rows)
        EXPECT_EQ(client_address(address(peer), forwarded, trusted).to_string(), expected) << what;
}

}  // namespace
}  // namespace voicehook::http
