#include "http/proxy_header.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::http {

void PrintTo(proxy_header const& header, std::ostream* out) {
    auto const names = std::vector{"?", "partial", "complete", "wrong"};
    *out << names.at(static_cast<std::size_t>(header.is)) << ", length " << header.length << ", client "
         << (header.client ? header.client->to_string() : "none");
}

namespace {

using state = proxy_header::state;
using namespace std::string_literals;

std::string const signature = "\r\n\r\n\0\r\nQUIT\n"s;
std::string const v4_addresses = "\xCB\x00\x71\x07\xC0\x00\x02\x01\x12\x67\x01\xBB"s;  // 203.0.113.7:4711 to 192.0.2.1
std::string const v6_addresses =
    "\x20\x01\x0D\xB8"s + std::string(11, '\0') + "\x07" + std::string(15, '\0') + "\x01" + "\x12\x67\x01\xBB";

/// A header of version 2; `length` where it lies about what follows.
std::string binary(char command, char family, std::string const& rest, std::size_t length) {
    return signature + command + family + static_cast<char>(length / 256) + static_cast<char>(length % 256) + rest;
}
std::string binary(char command, char family, std::string const& rest = {}) {
    return binary(command, family, rest, rest.size());
}

std::string client_of(proxy_header const& header) { return header.client ? header.client->to_string() : "none"; }

/// Every beginning of `header` is partial, all of it complete, whatever follows.
void expect_whole(std::string const& header, std::string_view client) {
    for (auto count = std::size_t{}; count < header.size(); ++count) {
        auto const read = read_proxy_header(std::string_view{header}.substr(0, count));
        EXPECT_EQ(read.is, state::partial) << testing::PrintToString(header) << " after " << count;
    }
    for (auto const& behind : {""s, "\x16\x03\x01"s, "\r\n"s, "\0"s, header, std::string(max_proxy_header, 'x')}) {
        auto const read = read_proxy_header(header + behind);
        EXPECT_EQ(read.is, state::complete) << testing::PrintToString(header);
        EXPECT_EQ(read.length, header.size()) << testing::PrintToString(header);
        EXPECT_EQ(client_of(read), client) << testing::PrintToString(header);
    }
}

TEST(ProxyHeaderText, TellsTheClientAndWhereItEnds) {
    struct row {
        std::string header;
        std::string_view client;
    };
    auto const longest_v6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"s;
    auto const rows = std::vector<row>{
        {"PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n", "203.0.113.7"},
        {"PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", "0.0.0.0"},
        {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"},
        {"PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n", "2001:db8::7"},
        {"PROXY TCP6 2001:DB8::A 2001:db8::1 4711 443\r\n", "2001:db8::a"},
        {"PROXY TCP6 ::1 :: 1 2\r\n", "::1"},
        {"PROXY TCP6 ::ffff:203.0.113.7 ::ffff:192.0.2.1 4711 443\r\n", "203.0.113.7"},
        {"PROXY TCP6 ::ffff:cb00:7107 ::1 4711 443\r\n", "203.0.113.7"},
        {"PROXY TCP6 " + longest_v6 + " " + longest_v6 + " 65535 65535\r\n", longest_v6},
        {"PROXY UNKNOWN\r\n", "none"},
        {"PROXY UNKNOWN \r\n", "none"},
        {"PROXY UNKNOWN 203.0.113.7 192.0.2.1 4711 443\r\n", "none"},
        {"PROXY UNKNOWN " + longest_v6 + " " + longest_v6 + " 65535 65535\r\n", "none"},
        {"PROXY UNKNOWN " + std::string(91, '?') + "\r\n", "none"},
    };

    for (auto const& [header, client] : rows) expect_whole(header, client);
    EXPECT_EQ(rows.back().header.size(), 107U) << "the longest there may be";
}

TEST(ProxyHeaderText, AnythingElseIsWrong) {
    auto const rows = std::vector<std::string>{
        // No beginning of a header.
        "G",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\x02",
        "proxy TCP4 203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY\tTCP4 203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY\r\n",
        " PROXY UNKNOWN\r\n",
        "\0PROXY UNKNOWN\r\n"s,
        // Families.
        "PROXY \r\n",
        "PROXY  TCP4 203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY TCP 203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY TCP5 203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY tcp4 203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY UDP4 203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY unknown\r\n",
        "PROXY TCP4 2001:db8::7 2001:db8::1 4711 443\r\n",
        "PROXY TCP6 203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 203.0.113.7 2001:db8::1 4711 443\r\n",
        "PROXY TCP6 2001:db8::7 192.0.2.1 4711 443\r\n",
        // Addresses.
        "PROXY TCP4 203.0.113 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 203.0.113.7.1 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 203.0.113.256 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 203.0.113.07 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 0203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 0xcb.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 3405803783 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 -203.0.113.7 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 203.0.113.7:4711 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 203.0.113.7, 192.0.2.1 4711 443\r\n",
        "PROXY TCP4 203.0.113.7\0 192.0.2.1 4711 443\r\n"s,
        "PROXY TCP4 203.0.113.7\0x 192.0.2.1 4711 443\r\n"s,
        "PROXY TCP4 203.0.113.7 192.0.2 4711 443\r\n",
        "PROXY TCP4 localhost 192.0.2.1 4711 443\r\n",
        "PROXY TCP6 2001:db8:::7 ::1 4711 443\r\n",
        "PROXY TCP6 1:2:3:4:5:6:7 ::1 4711 443\r\n",
        "PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 4711 443\r\n",
        "PROXY TCP6 1::2::3 ::1 4711 443\r\n",
        "PROXY TCP6 [2001:db8::7] ::1 4711 443\r\n",
        "PROXY TCP6 fe80::1%lo ::1 4711 443\r\n",
        "PROXY TCP6 2001:db8::12345 ::1 4711 443\r\n",
        "PROXY TCP6 ::1\0 ::1 4711 443\r\n"s,
        // Ports.
        "PROXY TCP4 203.0.113.7 192.0.2.1 65536 443\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 65536\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 04711 443\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 00\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 -1 443\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 +1 443\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 0x1b\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 http\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 99999999999999999999 443\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\0\r\n"s,
        // The number of parts, and what stands between them.
        "PROXY TCP4\r\n",
        "PROXY TCP4 203.0.113.7\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 \r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443 \r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443 8443\r\n",
        "PROXY TCP4 203.0.113.7  192.0.2.1 4711 443\r\n",
        "PROXY TCP4 203.0.113.7\t192.0.2.1\t4711\t443\r\n",
        // Its end.
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\rx",
        "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\r\n",
        "PROXY TCP4 203.0.113.7 192.0.2.1\n4711 443\r\n",
        "PROXY UNKNOWN\n",
        "PROXY UNKNOWN a\nb\r\n",
        "PROXY UNKNOWN a\rb\r\n",
    };

    for (auto const& row : rows) EXPECT_EQ(read_proxy_header(row).is, state::wrong) << testing::PrintToString(row);
}

TEST(ProxyHeaderText, OfMoreThanThatManyBytesIsWrongBeforeItEnds) {
    auto const line = "PROXY UNKNOWN " + std::string(200, '?');

    EXPECT_EQ(read_proxy_header(line.substr(0, 106)).is, state::partial);
    EXPECT_EQ(read_proxy_header(line.substr(0, 105) + "\r").is, state::partial);
    EXPECT_EQ(read_proxy_header(line.substr(0, 107)).is, state::wrong);
    EXPECT_EQ(read_proxy_header(line.substr(0, 108)).is, state::wrong);
    EXPECT_EQ(read_proxy_header(line.substr(0, 106) + "\r").is, state::wrong);
    EXPECT_EQ(read_proxy_header(line.substr(0, 106) + "\r\n").is, state::wrong);
    EXPECT_EQ(read_proxy_header(line.substr(0, 107) + "\r\n").is, state::wrong);
    EXPECT_EQ(read_proxy_header(line).is, state::wrong);
}

TEST(ProxyHeaderBinary, TellsTheClientAndWhereItEnds) {
    struct row {
        std::string header;
        std::string_view client;
    };
    auto const mapped = std::string(10, '\0') + "\xFF\xFF\xCB\x00\x71\x07"s + v6_addresses.substr(16);
    auto const extension = "\xEA\x00\x03"s + "abc";
    auto const lying_extension = "\xEA\xFF\xFF"s + "abc";
    auto const most = max_proxy_header - 16;
    auto const rows = std::vector<row>{
        {binary('\x21', '\x11', v4_addresses), "203.0.113.7"},
        {binary('\x21', '\x12', v4_addresses), "203.0.113.7"},
        {binary('\x21', '\x21', v6_addresses), "2001:db8::7"},
        {binary('\x21', '\x22', v6_addresses), "2001:db8::7"},
        {binary('\x21', '\x21', mapped), "203.0.113.7"},
        {binary('\x21', '\x11', v4_addresses + extension), "203.0.113.7"},
        {binary('\x21', '\x21', v6_addresses + extension), "2001:db8::7"},
        {binary('\x21', '\x11', v4_addresses + lying_extension), "203.0.113.7"},
        {binary('\x21', '\x11', v4_addresses + std::string(most - 12, 'x')), "203.0.113.7"},
        {binary('\x21', '\x31', std::string(216, '/')), "none"},
        {binary('\x21', '\x32', std::string(216, '/')), "none"},
        {binary('\x21', '\x00'), "none"},
        {binary('\x21', '\x00', v4_addresses), "none"},
        {binary('\x21', '\x01', v4_addresses), "none"},
        {binary('\x21', '\x10', v4_addresses), "none"},
        {binary('\x20', '\x00'), "none"},
        {binary('\x20', '\x11', v4_addresses), "none"},
        {binary('\x20', '\x11'), "none"},
        {binary('\x20', '\xFF', extension), "none"},
    };

    for (auto const& [header, client] : rows) expect_whole(header, client);
}

TEST(ProxyHeaderBinary, AnythingElseIsWrongAsSoonAsItIsSeen) {
    auto const rows = std::vector<std::string>{
        // Versions and commands.
        binary('\x01', '\x11', v4_addresses),
        binary('\x11', '\x11', v4_addresses),
        binary('\x31', '\x11', v4_addresses),
        binary('\xF1', '\x11', v4_addresses),
        binary('\x22', '\x11', v4_addresses),
        binary('\x2F', '\x11', v4_addresses),
        // Families and transports that do not exist.
        binary('\x21', '\x41', v6_addresses),
        binary('\x21', '\xF1', v6_addresses),
        binary('\x21', '\x13', v4_addresses),
        binary('\x21', '\x1F', v4_addresses),
        binary('\x21', '\x03', v4_addresses),
        // Less than the family needs.
        binary('\x21', '\x11'),
        binary('\x21', '\x11', v4_addresses.substr(1)),
        binary('\x21', '\x11', v4_addresses, 11),
        binary('\x21', '\x12', v4_addresses, 0),
        binary('\x21', '\x21', v4_addresses),
        binary('\x21', '\x21', v6_addresses.substr(1)),
        binary('\x21', '\x21', v6_addresses, 35),
        binary('\x21', '\x31', std::string(215, '/')),
        // More than is read.
        binary('\x21', '\x11', v4_addresses, 65535),
        binary('\x20', '\x00', "", 65535),
        binary('\x21', '\x11', v4_addresses, max_proxy_header - 16 + 1),
        binary('\x20', '\x00', "", max_proxy_header - 16 + 1),
    };

    for (auto const& row : rows) {
        EXPECT_EQ(read_proxy_header(row.substr(0, 15)).is, state::partial) << testing::PrintToString(row);
        EXPECT_EQ(read_proxy_header(row.substr(0, 16)).is, state::wrong) << testing::PrintToString(row);
        EXPECT_EQ(read_proxy_header(row).is, state::wrong) << testing::PrintToString(row);
    }
}

TEST(ProxyHeaderBinary, EveryByteOfTheSignatureCounts) {
    auto const good = binary('\x21', '\x11', v4_addresses);

    for (auto place = std::size_t{}; place < signature.size(); ++place) {
        auto changed = good;
        changed[place] ^= 0x20;

        EXPECT_EQ(read_proxy_header(changed).is, state::wrong) << place;
        EXPECT_EQ(read_proxy_header(changed.substr(0, place + 1)).is, state::wrong) << place;
    }
}

TEST(ProxyHeader, OfNoBytesMayStillCome) { EXPECT_EQ(read_proxy_header("").is, state::partial); }

/// What the reader of the socket relies on: as long as more is wanted there is room for it.
TEST(ProxyHeader, IsNeverPartialWhenItIsAsLongAsItMayBe) {
    auto text = "PROXY UNKNOWN "s;
    text.resize(max_proxy_header, '?');
    auto const most = binary('\x20', '\x00', std::string(max_proxy_header - 16, 'x'));

    EXPECT_NE(read_proxy_header(text).is, state::partial);
    EXPECT_EQ(read_proxy_header(most).is, state::complete);
    EXPECT_EQ(most.size(), max_proxy_header);
}

}  // namespace
}  // namespace voicehook::http
