#include "core/address.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace voicehook::core {

void PrintTo(url_error value, std::ostream* out) { *out << "url_error " << static_cast<int>(value); }

namespace {

struct good_row {
    char const* url;
    char const* scheme;
    char const* host;
    char const* port;
    char const* target;
};

constexpr good_row good[] = {
    {"https://hooks.example.com", "https", "hooks.example.com", "", "/"},
    {"https://hooks.example.com/", "https", "hooks.example.com", "", "/"},
    {"HTTPS://Hooks.Example.COM/Path", "https", "hooks.example.com", "", "/Path"},
    {"http://example.com:8080/a/b?c=d&e=%20", "http", "example.com", "8080", "/a/b?c=d&e=%20"},
    {"https://example.com?x=1", "https", "example.com", "", "/?x=1"},
    {"https://example.com:1", "https", "example.com", "1", "/"},
    {"https://example.com:65535/", "https", "example.com", "65535", "/"},
    {"https://example.com./x", "https", "example.com.", "", "/x"},
    {"https://my_service-1/x", "https", "my_service-1", "", "/x"},
    {"https://127.0.0.1:443/", "https", "127.0.0.1", "443", "/"},
    {"https://[2606:4700:4700::1111]:8443/x", "https", "2606:4700:4700::1111", "8443", "/x"},
    {"https://[::FFFF:8.8.8.8]", "https", "::ffff:8.8.8.8", "", "/"},
    {"https://[::]/", "https", "::", "", "/"},
    {"https://[1:2:3:4:5:6:7:8]/", "https", "1:2:3:4:5:6:7:8", "", "/"},
    {"https://example.com/a:b@c", "https", "example.com", "", "/a:b@c"},
    {"https://example.com/?next=https://other.example/", "https", "example.com", "", "/?next=https://other.example/"},
};

TEST(Url, IsSplitIntoItsParts) {
    for (auto const& [url, scheme, host, port, target] : good) {
        SCOPED_TRACE(url);
        auto parts = url_parts{};

        ASSERT_EQ(split_url(url, parts), url_error::none);

        EXPECT_EQ(parts.scheme, scheme);
        EXPECT_EQ(parts.host, host);
        EXPECT_EQ(parts.port, port);
        EXPECT_EQ(parts.target, target);
    }
}

struct bad_row {
    std::string_view url;
    url_error expected;
};

constexpr bad_row bad[] = {
    {"", url_error::syntax},
    {"/relative", url_error::syntax},
    {"//example.com/", url_error::syntax},
    {"example.com", url_error::syntax},
    {"https:example.com", url_error::syntax},
    {"https:/example.com", url_error::syntax},
    {"ftp://example.com/", url_error::syntax},
    {"javascript://example.com/", url_error::syntax},
    {" https://example.com/", url_error::syntax},
    {"https://example.com/ ", url_error::syntax},
    {"https://example.com/a b", url_error::syntax},
    {"https://example.com/a\tb", url_error::syntax},
    {"https://example.com/a\r\nHost: x", url_error::syntax},
    {std::string_view{"https://example.com/\0", 21}, url_error::syntax},
    {"https://example.com/\x7f", url_error::syntax},
    {"https://example.com/caf\xc3\xa9", url_error::syntax},
    {"https://ex\xc3\xa4mple.com/", url_error::syntax},
    {"https://example.com\\@evil.example/", url_error::syntax},
    {"https://example.com/\"", url_error::syntax},
    {"https://example.com/<x>", url_error::syntax},
    {"https://example.com/{x}", url_error::syntax},
    {"https://example.com/%", url_error::syntax},
    {"https://example.com/%2", url_error::syntax},
    {"https://example.com/%zz", url_error::syntax},
    {"https://exam%70le.com/", url_error::syntax},
    {"https://", url_error::syntax},
    {"https:///path", url_error::syntax},
    {"https://?x", url_error::syntax},
    {"https://:443/", url_error::syntax},
    {"https://example.com:/", url_error::syntax},
    {"https://example.com:0/", url_error::syntax},
    {"https://example.com:065/", url_error::syntax},
    {"https://example.com:65536/", url_error::syntax},
    {"https://example.com:123456/", url_error::syntax},
    {"https://example.com:-1/", url_error::syntax},
    {"https://example.com:+80/", url_error::syntax},
    {"https://example.com:80a/", url_error::syntax},
    {"https://example.com:80:80/", url_error::syntax},
    {"https://.example.com/", url_error::syntax},
    {"https://example..com/", url_error::syntax},
    {"https://example.com../", url_error::syntax},
    {"https://./", url_error::syntax},
    {"https://exa!mple.com/", url_error::syntax},
    {"https://[::1/", url_error::syntax},
    {"https://::1/", url_error::syntax},
    {"https://[]/", url_error::syntax},
    {"https://[::1]x/", url_error::syntax},
    {"https://[::1]:/", url_error::syntax},
    {"https://[fe80::1%25eth0]/", url_error::syntax},
    {"https://[1:2:3:4:5:6:7]/", url_error::syntax},
    {"https://[1:2:3:4:5:6:7:8:9]/", url_error::syntax},
    {"https://[1::2::3]/", url_error::syntax},
    {"https://[1:2:3:4:5:6:7::8]/", url_error::syntax},
    {"https://[12345::]/", url_error::syntax},
    {"https://[::g]/", url_error::syntax},
    {"https://[::1.2.3]/", url_error::syntax},
    {"https://[::1.2.3.256]/", url_error::syntax},
    {"https://[1.2.3.4::]/", url_error::syntax},
    {"https://[:::]/", url_error::syntax},
    {"https://[::1:]/", url_error::syntax},
    {"https://[:1::]/", url_error::syntax},
    {"https://[v1.x]/", url_error::syntax},
    {"https://ann@example.com/", url_error::user_info},
    {"https://ann:secret@example.com/", url_error::user_info},
    {"https://@example.com/", url_error::user_info},
    {"https://example.com@127.0.0.1/", url_error::user_info},
    {"https://example.com/#top", url_error::fragment},
    {"https://example.com#", url_error::fragment},
    {"https://example.com#@127.0.0.1/", url_error::fragment},
};

TEST(Url, IsRefusedWhereItIsNotStrictlyOne) {
    for (auto const& [url, expected] : bad) {
        auto parts = url_parts{};
        EXPECT_EQ(split_url(url, parts), expected) << url;
    }
}

TEST(Url, LeavesThePartsAloneWhenItIsRefused) {
    auto parts = url_parts{.scheme = "https", .host = "kept.example", .port = "", .target = "/"};

    EXPECT_EQ(split_url("https://example.com:0/", parts), url_error::syntax);

    EXPECT_EQ(parts.host, "kept.example");
}

TEST(Url, ALabelHasAtMost63AndANameAtMost253Characters) {
    auto const label = std::string(63, 'a');
    auto const name = label + "." + label + "." + label + "." + std::string(61, 'a');
    auto parts = url_parts{};

    EXPECT_EQ(split_url("https://" + label + ".example/", parts), url_error::none);
    EXPECT_EQ(split_url("https://" + label + "a.example/", parts), url_error::syntax);
    EXPECT_EQ(split_url("https://" + name + "/", parts), url_error::none);
    EXPECT_EQ(split_url("https://" + name + "a/", parts), url_error::syntax);
}

}  // namespace
}  // namespace voicehook::core
