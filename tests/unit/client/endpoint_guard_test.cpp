#include "client/endpoint_guard.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace voicehook::client {
namespace {

namespace asio = boost::asio;

std::vector<asio::ip::tcp::endpoint> endpoints(std::vector<std::string> const& addresses) {
    auto made = std::vector<asio::ip::tcp::endpoint>{};
    for (auto const& text : addresses) made.emplace_back(asio::ip::make_address(text), 443);
    return made;
}

TEST(EndpointGuard, LetsOnlyAnswersThroughThatArePublicAltogether) {
    struct row {
        std::vector<std::string> addresses;
        enum class fate { allowed, refused } expected;
    };
    using enum row::fate;
    auto const rows = std::vector<row>{
        {{"93.184.216.34"}, allowed},
        {{"93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"}, allowed},
        {{"::ffff:93.184.216.34"}, allowed},
        {{"127.0.0.1"}, refused},
        {{"::1"}, refused},
        {{"::ffff:127.0.0.1"}, refused},
        {{"::ffff:10.0.0.1"}, refused},
        {{"64:ff9b::7f00:1"}, refused},
        {{"2002:7f00:1::"}, refused},
        {{"::127.0.0.1"}, refused},
        {{"10.1.2.3"}, refused},
        {{"169.254.169.254"}, refused},
        {{"0.0.0.0"}, refused},
        {{"93.184.216.34", "127.0.0.1"}, refused},
        {{"fd00::1", "93.184.216.34"}, refused},
    };
    for (auto const& row : rows) {
        auto const checked = refuse_internal_endpoints(endpoints(row.addresses), "name.test");

        EXPECT_EQ(checked.has_value(), row.expected == allowed) << ::testing::PrintToString(row.addresses);
        if (!checked) EXPECT_EQ(checked.error().code, errc::forbidden);
    }
}

TEST(EndpointGuard, UnmapsWhatItHandsOn) {
    auto const mapped = asio::ip::tcp::endpoint{asio::ip::make_address("::ffff:93.184.216.34"), 8443};

    auto const plain = unmapped(mapped);

    EXPECT_EQ(plain, (asio::ip::tcp::endpoint{asio::ip::make_address("93.184.216.34"), 8443}));
}

}  // namespace
}  // namespace voicehook::client
