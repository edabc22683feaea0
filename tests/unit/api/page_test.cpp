#include "api/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

namespace voicehook::api {
namespace {

namespace asio = boost::asio;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

http::response get(std::string path, http::header_list headers = {}) {
    auto const routes = http::router{page_routes()};
    auto where = routes.find("GET", path);
    if (where.found == nullptr) return {.status = where.status};
    http::request item{.method = "GET", .path = std::move(path), .headers = std::move(headers)};
    item.parameters = std::move(where.parameters);
    asio::io_context io{1};
    auto answer = asio::co_spawn(io, where.found->handle(std::move(item)), asio::use_future);
    io.run();
    return answer.get();
}

std::string header_of(http::response const& answer, std::string_view name) {
    return std::string{http::find_header(answer.headers, name).value_or("")};
}

TEST(OperatorsPage, TheShellIsHtmlThatMayUseNothingButItsOwnOrigin) {
    auto const answer = get("/ops/");

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "text/html; charset=utf-8");
    EXPECT_THAT(answer.body, StartsWith("<!doctype html>"));
    EXPECT_THAT(header_of(answer, "Content-Security-Policy"),
                AllOf(HasSubstr("default-src 'none'"), HasSubstr("frame-ancestors 'none'"), Not(HasSubstr("unsafe"))));
    EXPECT_EQ(header_of(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header_of(answer, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-cache");
}

TEST(OperatorsPage, EveryFileIsServedByItsNameWithTheTypeThatABrowserInsistsOn) {
    for (auto const& file : page_files()) {
        auto const answer = get("/ops/page/" + std::string{file.name});

        EXPECT_EQ(answer.status, 200) << file.name;
        EXPECT_EQ(answer.body, file.bytes) << file.name;
        auto const expected = file.name.ends_with(".js")    ? "text/javascript; charset=utf-8"
                              : file.name.ends_with(".css") ? "text/css; charset=utf-8"
                              : file.name.ends_with(".svg") ? "image/svg+xml"
                                                            : "text/html; charset=utf-8";
        EXPECT_EQ(answer.content_type, expected) << file.name;
    }
}

TEST(OperatorsPage, AVersionThatTheBrowserHasIsNotSentAgain) {
    auto const first = get("/ops/");

    auto const again = get("/ops/", {{"If-None-Match", header_of(first, "ETag")}});
    auto const other = get("/ops/", {{"If-None-Match", "\"something else\""}});

    EXPECT_EQ(again.status, 304);
    EXPECT_TRUE(again.body.empty());
    EXPECT_EQ(header_of(again, "ETag"), header_of(first, "ETag"));
    EXPECT_EQ(other.status, 200);
}

TEST(OperatorsPage, WithoutItsSlashItLeadsThereAndAnUnknownFileIsNotFound) {
    EXPECT_EQ(get("/ops").status, 308);
    EXPECT_EQ(header_of(get("/ops"), "Location"), "ops/");
    EXPECT_EQ(get("/ops/page/nothing.js").status, 404);
    EXPECT_EQ(get("/ops/page/").status, 404);
}

}  // namespace
}  // namespace voicehook::api
