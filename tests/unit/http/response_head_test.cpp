#include "http/response_head.hpp"
#include "http/message_text.hpp"
#include "http/rejections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace voicehook::http {
namespace {

using testing::HasSubstr;
using testing::Not;

auto const noon = from_unix_ms(784111777000);

rendered_head render(response const& item, head_options options = {}) {
    options.now = noon;
    return render_head(item, options);
}

TEST(ResponseHead, SaysStatusDateLengthAndType) {
    auto const head = render(json_response(200, "{}"), {.request_id = "r-1"});

    EXPECT_EQ(head.bytes,
              "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-Id: r-1\r\nContent-Length: 2\r\n"
              "Content-Type: application/json\r\n\r\n");
    EXPECT_EQ(head.dropped, 0U);
}

TEST(ResponseHead, HeadersThatCouldSplitAResponseAreDroppedAndCounted) {
    auto item = response{.status = 200};
    item.headers = {{"X-Good", "1\t2"},     {"X-Injected", "1\r\nSet-Cookie: a=b"},
                    {"X-Lf", "1\n2"},       {"X-Nul", std::string{"1\0002", 3}},
                    {"X Bad\r\nName", "1"}, {"", "1"}};

    auto const head = render(item);

    EXPECT_THAT(head.bytes, HasSubstr("X-Good: 1\t2\r\n"));
    EXPECT_THAT(head.bytes, Not(HasSubstr("Set-Cookie")));
    EXPECT_THAT(head.bytes, Not(HasSubstr("X-Lf")));
    EXPECT_EQ(head.dropped, 5U);
}

TEST(ResponseHead, FramingIsNotAHandlersBusiness) {
    auto item = response{.status = 200, .content_type = "text/plain\r\nX: 1"};
    item.headers = {{"content-length", "9"}, {"Transfer-Encoding", "chunked"}, {"Connection", "close"}};

    auto const head = render(item);

    EXPECT_EQ(head.dropped, 4U);
    EXPECT_THAT(head.bytes, HasSubstr("Content-Length: 0\r\n"));
    EXPECT_THAT(head.bytes, Not(HasSubstr("chunked")));
}

TEST(ResponseHead, StreamsAreChunkedOrEndWithTheConnection) {
    auto const item = response{.status = 200, .content_type = "text/event-stream"};

    auto const chunked = render(item, {.framing = body_framing::chunked});
    auto const until_close = render(item, {.framing = body_framing::until_close, .after = persistence::close});

    EXPECT_THAT(chunked.bytes, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(chunked.bytes, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(until_close.bytes, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(until_close.bytes, Not(HasSubstr("Content-Length")));
}

TEST(ResponseHead, NoContentHasNoLength) {
    EXPECT_THAT(render(response{.status = 204}).bytes, Not(HasSubstr("Content-Length")));
    EXPECT_THAT(render(response{.status = 304}).bytes, Not(HasSubstr("Content-Length")));
}

TEST(MessageText, JsonMediaTypes) {
    for (auto const* good :
         {"application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;a",
          "application/problem+json", "application/vnd.a.b+JSON;v=1", " application/json "})
        EXPECT_TRUE(is_json_media(good)) << good;
    for (auto const* bad : {"", "json", "text/json", "application/jsonp", "application/", "application/+json", "/json",
                            "text/plain; application/json", "application/json/x", "application/x-www-form-urlencoded"})
        EXPECT_FALSE(is_json_media(bad)) << bad;
}

TEST(MessageText, RequestIds) {
    EXPECT_TRUE(is_safe_request_id("aZ09._:-"));
    EXPECT_TRUE(is_safe_request_id(std::string(128, 'a')));
    EXPECT_FALSE(is_safe_request_id(std::string(129, 'a')));
    EXPECT_FALSE(is_safe_request_id(""));
    EXPECT_FALSE(is_safe_request_id("a b"));
    EXPECT_FALSE(is_safe_request_id("a\"b"));
}

TEST(MessageText, HttpDates) {
    EXPECT_EQ(to_http_date(noon), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(to_http_date(from_unix_ms(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(to_http_date(from_unix_ms(1709210096999)), "Thu, 29 Feb 2024 12:34:56 GMT");
    EXPECT_EQ(to_http_date(from_unix_ms(1709210097000)), "Thu, 29 Feb 2024 12:34:57 GMT");
    EXPECT_EQ(to_http_date(from_unix_ms(1709210096000)), "Thu, 29 Feb 2024 12:34:56 GMT");
}

TEST(Rejections, EveryReasonIsListedOnce) {
    auto const& all = rejection_reasons();

    EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size());
    for (auto const* name : {"host", "trailers", "too_large", "unauthorized", "connection_cap", "address_cap", "tls",
                             "timeout_header", "timeout_body", "timeout_handshake"})
        EXPECT_THAT(all, testing::Contains(name));
}

}  // namespace
}  // namespace voicehook::http
