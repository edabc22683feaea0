#include "http/wire_gate.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace voicehook::http {
namespace {

using namespace std::string_literals;

struct row {
    char const* what;
    std::string block;
    gate_reason expected;
};

/// A good request line and Host, then `fields`, then the end.
std::string with(std::string const& fields) { return "POST /a HTTP/1.1\r\nHost: a.example\r\n" + fields + "\r\n"; }

std::string with_line(std::string const& line) { return line + "\r\nHost: a.example\r\n\r\n"; }

std::string with_host(std::string const& host) { return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"; }

std::string many_fields(int count) {
    auto fields = std::string{};
    for (auto number = 0; number < count; ++number) fields += "X-" + std::to_string(number) + ": 1\r\n";
    return fields;
}

void expect_refused(std::vector<row> const& rows) {
    for (auto const& [what, block, expected] : rows) {
        auto const refused = check_head(block);

        ASSERT_TRUE(refused.has_value()) << what << " was let through:\n" << block;
        EXPECT_EQ(to_text(*refused), to_text(expected)) << what << ":\n" << block;
    }
}

TEST(WireGate, GoodRequestsPass) {
    auto const blocks = std::vector<std::string>{
        with(""),
        with("Content-Length: 0\r\n"),
        with("Content-Length: 4294967295\r\n"),
        with("content-length:12\r\n"),
        with("Transfer-Encoding: chunked\r\n"),
        with("Transfer-Encoding:chunked \t\r\n"),
        with("Expect: 100-continue\r\n"),
        with("EXPECT: 100-Continue\r\n"),
        with("X-Empty:\r\n"),
        with("X-Obs-Text: caf\xc3\xa9\r\n"),
        with("X-Tab: a\tb\r\n"),
        with("Upgrade-Insecure-Requests: 1\r\n"),
        with("Connection: keep-alive, Upgrade\r\n"),
        with(many_fields(99)),
        with_line("GET /a/b;c=1?d=e&f=%20/? HTTP/1.1"),
        with_line("GET /-._~!$&'()*+,;=:@ HTTP/1.1"),
        with_line("HEAD // HTTP/1.1"),
        with_line("OPTIONS / HTTP/1.1"),
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n",
        with_host("a.example:8443"),
        with_host("127.0.0.1"),
        with_host("127.0.0.1:1"),
        with_host("[::1]"),
        with_host("[2001:db8::1]:65535"),
    };

    for (auto const& block : blocks) {
        auto const refused = check_head(block);

        EXPECT_FALSE(refused.has_value()) << to_text(refused.value_or(gate_reason{})) << ":\n" << block;
    }
}

TEST(WireGate, HostileBytesAreRefused) {
    expect_refused({
        {"no empty line at the end", "GET / HTTP/1.1\r\nHost: a\r\n", gate_reason::request_line},
        {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", gate_reason::control_character},
        {"bare LF after a field", with("X: 1\nY: 2\r\n"), gate_reason::control_character},
        {"bare CR in a value", with("X: 1\rY: 2\r\n"), gate_reason::control_character},
        {"bare CR before CRLF", with("X: 1\r\r\n"), gate_reason::control_character},
        {"bare CR in the request line", with_line("GET /\r HTTP/1.1"), gate_reason::control_character},
        {"NUL in a value", with("X: 1"s + '\0' + "2\r\n"), gate_reason::control_character},
        {"NUL in a name", with("X"s + '\0' + ": 2\r\n"), gate_reason::control_character},
        {"DEL in a value", with("X: \x7f\r\n"), gate_reason::control_character},
        {"vertical tab before chunked",
         with("Transfer-Encoding: \x0b"
              "chunked\r\n"),
         gate_reason::control_character},
        {"form feed after a name", with("X\x0c: 1\r\n"), gate_reason::control_character},
        {"obs-fold with a space", with("X: 1\r\n 2\r\n"), gate_reason::folded_line},
        {"obs-fold with a tab", with("X: 1\r\n\t2\r\n"), gate_reason::folded_line},
        {"obs-fold hides Transfer-Encoding", with("X: 1\r\n Transfer-Encoding: chunked\r\n"), gate_reason::folded_line},
        {"space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", gate_reason::folded_line},
        {"space before the request line", with_line(" GET / HTTP/1.1"), gate_reason::folded_line},
        {"101 fields", with(many_fields(100)), gate_reason::header_too_large},
    });
}

TEST(WireGate, HostileRequestLinesAreRefused) {
    expect_refused({
        {"nothing but the end", "\r\n\r\n", gate_reason::request_line},
        {"empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", gate_reason::request_line},
        {"HTTP/0.9", with_line("GET /"), gate_reason::request_line},
        {"two spaces before the target", with_line("GET  / HTTP/1.1"), gate_reason::request_line},
        {"two spaces before the version", with_line("GET /  HTTP/1.1"), gate_reason::request_line},
        {"space at the end", with_line("GET / HTTP/1.1 "), gate_reason::request_line},
        {"tab instead of a space", with_line("GET\t/\tHTTP/1.1"), gate_reason::request_line},
        {"tab at the end", with_line("GET / HTTP/1.1\t"), gate_reason::request_line},
        {"space in the target", with_line("GET /a b HTTP/1.1"), gate_reason::request_line},
        {"lower-case method", with_line("get / HTTP/1.1"), gate_reason::method},
        {"TRACE", with_line("TRACE / HTTP/1.1"), gate_reason::method},
        {"CONNECT", with_line("CONNECT a.example:443 HTTP/1.1"), gate_reason::method},
        {"PRI of HTTP/2", with_line("PRI * HTTP/2.0"), gate_reason::method},
        {"an invented method", with_line("GET\xc2\xa0 / HTTP/1.1"), gate_reason::method},
        {"absolute form", with_line("GET http://a.example/ HTTP/1.1"), gate_reason::target},
        {"asterisk form", with_line("OPTIONS * HTTP/1.1"), gate_reason::target},
        {"authority form", with_line("GET a.example HTTP/1.1"), gate_reason::target},
        {"fragment", with_line("GET /a#b HTTP/1.1"), gate_reason::target},
        {"bytes above 0x7f", with_line("GET /caf\xc3\xa9 HTTP/1.1"), gate_reason::target},
        {"backslash", with_line("GET /a\\b HTTP/1.1"), gate_reason::target},
        {"quote", with_line("GET /a\"b HTTP/1.1"), gate_reason::target},
        {"angle bracket", with_line("GET /<script> HTTP/1.1"), gate_reason::target},
        {"brace", with_line("GET /{a} HTTP/1.1"), gate_reason::target},
        {"escape cut short", with_line("GET /a%2 HTTP/1.1"), gate_reason::target},
        {"escape without digits", with_line("GET /a%zz HTTP/1.1"), gate_reason::target},
        {"percent at the end", with_line("GET /a% HTTP/1.1"), gate_reason::target},
        {"HTTP/1.2", with_line("GET / HTTP/1.2"), gate_reason::version},
        {"HTTP/2.0", with_line("GET / HTTP/2.0"), gate_reason::version},
        {"lower-case version", with_line("GET / http/1.1"), gate_reason::version},
        {"version with leading zero", with_line("GET / HTTP/01.1"), gate_reason::version},
        {"no version", with_line("GET / "), gate_reason::version},
    });
}

TEST(WireGate, HostileFieldNamesAndHostsAreRefused) {
    expect_refused({
        {"space before the colon", with("Content-Length : 5\r\n"), gate_reason::field_name},
        {"tab before the colon", with("Transfer-Encoding\t: chunked\r\n"), gate_reason::field_name},
        {"no colon", with("NoColon\r\n"), gate_reason::field_name},
        {"empty name", with(": 1\r\n"), gate_reason::field_name},
        {"underscore", with("Content_Length: 5\r\n"), gate_reason::field_name},
        {"parenthesis in the name", with("X(Y): 1\r\n"), gate_reason::field_name},
        {"bytes above 0x7f in the name", with("X\xc3\xa9: 1\r\n"), gate_reason::field_name},
        {"a second request line", with("GET /b HTTP/1.1\r\n"), gate_reason::field_name},
        {"no Host", "GET / HTTP/1.1\r\n\r\n", gate_reason::host},
        {"two Hosts", with("Host: b.example\r\n"), gate_reason::host},
        {"two equal Hosts", with("host: a.example\r\n"), gate_reason::host},
        {"two Hosts on HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", gate_reason::host},
        {"empty Host", with_host(""), gate_reason::host},
        {"Host with user info", with_host("u@a.example"), gate_reason::host},
        {"Host with a path", with_host("a.example/b"), gate_reason::host},
        {"Host with a space", with_host("a.example b.example"), gate_reason::host},
        {"Host list", with_host("a.example, b.example"), gate_reason::host},
        {"Host with an empty port", with_host("a.example:"), gate_reason::host},
        {"Host with port 0", with_host("a.example:0"), gate_reason::host},
        {"Host with port 65536", with_host("a.example:65536"), gate_reason::host},
        {"Host with a port that is no number", with_host("a.example:8o"), gate_reason::host},
        {"Host with a broken IPv6 address", with_host("[::g]"), gate_reason::host},
        {"Host with an open bracket", with_host("[::1"), gate_reason::host},
        {"Host with something after the bracket", with_host("[::1]x"), gate_reason::host},
        {"Host as an IPv6 address without brackets", with_host("::1"), gate_reason::host},
    });
}

TEST(WireGate, HostileFramingIsRefused) {
    expect_refused({
        {"gzip with Content-Length", with("Transfer-Encoding: gzip\r\nContent-Length: 3\r\n"),
         gate_reason::transfer_encoding},
        {"gzip alone", with("Transfer-Encoding: gzip\r\n"), gate_reason::transfer_encoding},
        {"gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n"), gate_reason::transfer_encoding},
        {"chunked, gzip: it does not end in chunked", with("Transfer-Encoding: chunked, gzip\r\n"),
         gate_reason::transfer_encoding},
        {"chunked twice in one field", with("Transfer-Encoding: chunked, chunked\r\n"), gate_reason::transfer_encoding},
        {"chunked in two fields", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
         gate_reason::transfer_encoding},
        {"identity", with("Transfer-Encoding: identity\r\n"), gate_reason::transfer_encoding},
        {"capital Chunked", with("Transfer-Encoding: Chunked\r\n"), gate_reason::transfer_encoding},
        {"quoted chunked", with("Transfer-Encoding: \"chunked\"\r\n"), gate_reason::transfer_encoding},
        {"chunked with a parameter", with("Transfer-Encoding: chunked;q=1\r\n"), gate_reason::transfer_encoding},
        {"empty Transfer-Encoding", with("Transfer-Encoding:\r\n"), gate_reason::transfer_encoding},
        {"chunked on HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
         gate_reason::transfer_encoding},
        {"chunked with Content-Length", with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
         gate_reason::transfer_encoding},
        {"Content-Length, then chunked", with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
         gate_reason::transfer_encoding},
        {"two Content-Lengths", with("Content-Length: 3\r\nContent-Length: 4\r\n"), gate_reason::content_length},
        {"two equal Content-Lengths", with("Content-Length: 3\r\nContent-Length: 3\r\n"), gate_reason::content_length},
        {"Content-Length list", with("Content-Length: 3, 3\r\n"), gate_reason::content_length},
        {"signed Content-Length", with("Content-Length: +3\r\n"), gate_reason::content_length},
        {"negative Content-Length", with("Content-Length: -1\r\n"), gate_reason::content_length},
        {"hexadecimal Content-Length", with("Content-Length: 0x3\r\n"), gate_reason::content_length},
        {"empty Content-Length", with("Content-Length: \r\n"), gate_reason::content_length},
        {"Content-Length of eleven digits", with("Content-Length: 10000000000\r\n"), gate_reason::content_length},
        {"Content-Length with a space inside", with("Content-Length: 3 4\r\n"), gate_reason::content_length},
        {"Upgrade", with("Connection: Upgrade\r\nUpgrade: h2c\r\n"), gate_reason::upgrade},
        {"WebSocket", with("Upgrade: websocket\r\n"), gate_reason::upgrade},
        {"another expectation", with("Expect: 200-ok\r\n"), gate_reason::expect},
        {"two expectations", with("Expect: 100-continue\r\nExpect: 100-continue\r\n"), gate_reason::expect},
        {"empty expectation", with("Expect:\r\n"), gate_reason::expect},
    });
}

TEST(HeadSearch, TheEndIsFoundHoweverTheBlockIsCut) {
    auto const block = with("X: 1\r\n");
    for (auto cut = std::size_t{0}; cut < block.size(); ++cut) {
        auto const partial = find_head(std::string_view{block}.substr(0, cut), 0);
        auto const whole = find_head(block, cut);

        EXPECT_EQ(partial.length, 0U) << cut;
        EXPECT_FALSE(partial.refused.has_value()) << cut;
        EXPECT_EQ(whole.length, block.size()) << cut;
    }
}

TEST(HeadSearch, WhatFollowsTheBlockIsNotPartOfIt) {
    auto const block = with("");

    auto const search = find_head(block + "GET /next HTTP/1.1\r\n\r\n", 0);

    EXPECT_EQ(search.length, block.size());
}

TEST(HeadSearch, WhatCanNeverBecomeABlockIsRefusedAtOnce) {
    EXPECT_EQ(find_head("GET / HTTP/1.1\n\n", 0).refused, gate_reason::control_character);
    EXPECT_EQ(find_head("\n", 0).refused, gate_reason::request_line);
    EXPECT_EQ(find_head("\r", 0).refused, gate_reason::request_line);
    EXPECT_EQ(find_head("\x16\x03\x01", 0).refused, gate_reason::request_line) << "a TLS hello on a plain port";
    EXPECT_FALSE(find_head("", 0).refused.has_value());
}

TEST(GateReason, EveryReasonHasItsOwnName) {
    auto names = std::set<std::string_view>{};
    for (auto const& [value, name] : names_of<gate_reason>) names.insert(name);

    EXPECT_EQ(names.size(), names_of<gate_reason>.size());
    EXPECT_EQ(to_text(gate_reason::parser), "parser");
}

}  // namespace
}  // namespace voicehook::http
