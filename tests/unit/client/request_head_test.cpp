#include "client/request_head.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace voicehook::client {
namespace {

outbound_request request_to(std::string const& url) {
    auto request = outbound_request{};
    EXPECT_EQ(core::split_url(url, request.url), core::url_error::none) << url;
    return request;
}

TEST(RequestHead, NamesMethodTargetHostHeadersAndLength) {
    auto request = request_to("https://service.test/a/b?c=d");
    request.method = "POST";
    request.headers = {{"X-One", "1"}, {"X-Two", "zwei Wörter"}};
    request.body = "12345";

    auto const head = render_head(request, "voicehook");

    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(*head,
              "POST /a/b?c=d HTTP/1.1\r\nHost: service.test\r\nUser-Agent: voicehook\r\nX-One: 1\r\n"
              "X-Two: zwei Wörter\r\nContent-Length: 5\r\n\r\n");
}

TEST(RequestHead, ShowsAPortOnlyWhenItIsNotTheSchemesOwn) {
    struct row {
        std::string url;
        std::string host;
    };
    auto const rows = std::vector<row>{{"https://a.test/", "a.test"},
                                       {"https://a.test:443/", "a.test"},
                                       {"http://a.test:80/", "a.test"},
                                       {"https://a.test:80/", "a.test:80"},
                                       {"http://127.0.0.1:8080/", "127.0.0.1:8080"},
                                       {"https://[::1]:8443/", "[::1]:8443"}};
    for (auto const& row : rows) {
        auto const head = render_head(request_to(row.url), "");

        ASSERT_TRUE(head.has_value()) << row.url;
        EXPECT_EQ(*head, "GET / HTTP/1.1\r\nHost: " + row.host + "\r\n\r\n") << row.url;
    }
}

TEST(RequestHead, GivesAnEmptyPostItsLength) {
    auto request = request_to("https://a.test/");
    request.method = "POST";

    auto const head = render_head(request, "");

    ASSERT_TRUE(head.has_value());
    EXPECT_NE(head->find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(RequestHead, RefusesWhateverCouldBreakOutOfItsLine) {
    auto const sound = request_to("https://a.test/");
    auto requests = std::vector<std::pair<std::string, outbound_request>>{};
    auto const add = [&](std::string what, auto change) {
        auto request = sound;
        change(request);
        requests.emplace_back(std::move(what), std::move(request));
    };
    add("CR LF in a value", [](auto& r) { r.headers = {{"X", "a\r\nEvil: 1"}}; });
    add("LF in a value", [](auto& r) { r.headers = {{"X", "a\nb"}}; });
    add("NUL in a value", [](auto& r) { r.headers = {{"X", std::string{"a\0b", 3}}}; });
    add("DEL in a value", [](auto& r) { r.headers = {{"X", "a\x7f"}}; });
    add("colon in a name", [](auto& r) { r.headers = {{"X:Y", "a"}}; });
    add("CR LF in a name", [](auto& r) { r.headers = {{"X\r\nEvil", "a"}}; });
    add("empty name", [](auto& r) { r.headers = {{"", "a"}}; });
    add("space in a name", [](auto& r) { r.headers = {{"X Y", "a"}}; });
    add("a Host of the caller's", [](auto& r) { r.headers = {{"hOST", "b.test"}}; });
    add("a length of the caller's", [](auto& r) { r.headers = {{"Content-Length", "0"}}; });
    add("a transfer coding of the caller's", [](auto& r) { r.headers = {{"Transfer-Encoding", "chunked"}}; });
    add("space in the target", [](auto& r) { r.url.target = "/a b"; });
    add("CR LF in the target", [](auto& r) { r.url.target = "/ HTTP/1.1\r\nEvil: 1"; });
    add("relative target", [](auto& r) { r.url.target = "a"; });
    add("CR LF in the host", [](auto& r) { r.url.host = "a\r\nEvil: 1"; });
    add("empty host", [](auto& r) { r.url.host = ""; });
    add("method with a space", [](auto& r) { r.method = "GET /"; });
    add("empty method", [](auto& r) { r.method = ""; });
    add("scheme", [](auto& r) { r.url.scheme = "ftp"; });
    add("port", [](auto& r) { r.url.port = "70000"; });

    for (auto const& [what, request] : requests) {
        auto const head = render_head(request, "voicehook");

        ASSERT_FALSE(head.has_value()) << what;
        EXPECT_EQ(head.error().code, errc::invalid) << what;
    }
}

TEST(RequestHead, NeverShowsTheRefusedValue) {
    auto request = request_to("https://a.test/");
    request.headers = {{"Authorization", "Bearer sk-evo-hidden\n"}};

    auto const head = render_head(request, "");

    ASSERT_FALSE(head.has_value());
    EXPECT_EQ(head.error().doing.find("hidden"), std::string::npos) << head.error().doing;
}

}  // namespace
}  // namespace voicehook::client
