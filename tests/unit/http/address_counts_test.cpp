#include "http/address_counts.hpp"

#include <gtest/gtest.h>

namespace voicehook::http {
namespace {

boost::asio::ip::address address(char const* text) { return boost::asio::ip::make_address(text); }

TEST(AddressCounts, AddressesCountAsOneOrNot) {
    struct row {
        char const* first;
        char const* second;
        std::size_t expected;
    };
    constexpr row rows[] = {
        {"2001:db8:0:1::1", "2001:db8:0:1::1", 2},
        {"2001:db8:0:1::1", "2001:db8:0:1::2", 2},
        {"2001:db8:0:1::", "2001:db8:0:1:ffff:ffff:ffff:ffff", 2},
        {"2001:db8:0:1:8000::", "2001:db8:0:1::", 2},
        {"2001:db8:0:1::1", "2001:db8:0:2::1", 1},
        {"2001:db8:0:1::1", "2001:db8:0:0::1", 1},
        {"::1", "::2", 2},
        {"192.0.2.1", "192.0.2.1", 2},
        {"192.0.2.1", "192.0.2.2", 1},
        {"::ffff:192.0.2.1", "192.0.2.1", 2},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.2", 1},
        {"::ffff:192.0.2.1", "::1", 1},
    };

    for (auto const& [first, second, expected] : rows) {
        auto counts = address_counts{};
        counts.add(address(first));
        counts.add(address(second));

        EXPECT_EQ(counts.at(address(first)), expected) << first << " and " << second;
        EXPECT_EQ(counts.at(address(second)), expected) << first << " and " << second;
    }
}

TEST(AddressCounts, WhatLeavesIsCountedNoLonger) {
    auto counts = address_counts{};
    counts.add(address("2001:db8::1"));
    counts.add(address("2001:db8::2"));

    counts.remove(address("2001:db8::1"));
    EXPECT_EQ(counts.at(address("2001:db8::1")), 1U);
    counts.remove(address("2001:db8::2"));
    EXPECT_EQ(counts.at(address("2001:db8::1")), 0U);
}

}  // namespace
}  // namespace voicehook::http
