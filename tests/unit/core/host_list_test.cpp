#include "core/host_list.hpp"

#include <gtest/gtest.h>

namespace voicehook::core {
namespace {

TEST(HostList, WithoutPatternsAllowsEveryHost) {
    EXPECT_TRUE(host_list{}.allows("hooks.example.com"));
    EXPECT_TRUE(host_list{{}}.allows("8.8.8.8"));
}

TEST(HostList, AllowsExactHostsAndWhatIsBelowADomain) {
    auto const list = host_list{{"Hooks.Example.com", "*.partner.example.", "8.8.8.8", "[2001:4860:4860::8888]"}};
    for (auto const* const host : {"hooks.example.com", "HOOKS.example.com", "hooks.example.com.", "a.partner.example",
                                   "a.b.partner.example", "8.8.8.8", "2001:4860:4860::8888"})
        EXPECT_TRUE(list.allows(host)) << host;
    for (auto const* const host :
         {"", ".", "example.com", "a.hooks.example.com", "hooks.example.com.evil.test", "hooks.example.com..",
          "partner.example", ".partner.example.evil", "xpartner.example", "evilpartner.example", "8.8.8.9", "08.8.8.8",
          "2001:4860:4860::8889", "*.partner.example.com"})
        EXPECT_FALSE(list.allows(host)) << host;
}

TEST(HostList, KnowsAPattern) {
    for (auto const* const text : {"example.com", "*.example.com", "example.com.", "8.8.8.8", "[::1]", "a_b.example"})
        EXPECT_TRUE(is_host_pattern(text)) << text;
    for (auto const* const text : {"", "*", "*.", "*.*.example.com", "a*.example.com", "https://example.com",
                                   "example.com:443", "example.com:", "example.com/", "example..com", "ann@example.com",
                                   "::1", "*.[::1]", "exämple.com", "example.com?", "a b"})
        EXPECT_FALSE(is_host_pattern(text)) << text;
}

}  // namespace
}  // namespace voicehook::core
