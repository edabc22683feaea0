#include "api/cross_site.hpp"

#include <gtest/gtest.h>

namespace voicehook::api {
namespace {

int status_of(http::header_list headers) {
    auto item = http::request{.method = "POST", .path = "/ops/v1/tasks", .headers = std::move(headers)};
    auto const refused = refuse_cross_site(item);
    return refused ? refused->status : 200;
}

TEST(CrossSite, WhoIsNoBrowserPasses) { EXPECT_EQ(status_of({{"Host", "ops.internal:9464"}}), 200); }

TEST(CrossSite, OurOwnPagePasses) {
    EXPECT_EQ(status_of({{"Host", "ops.internal:9464"},
                         {"Origin", "https://ops.internal:9464"},
                         {"Sec-Fetch-Site", "same-origin"}}),
              200);
    EXPECT_EQ(status_of({{"Host", "ops.internal"}, {"Sec-Fetch-Site", "none"}}), 200);
}

TEST(CrossSite, WhatABrowserDoesForAnotherSiteIsRefused) {
    for (auto const* const site : {"cross-site", "same-site", "something-new"})
        EXPECT_EQ(status_of({{"Host", "ops.internal"}, {"Sec-Fetch-Site", site}}), 403) << site;
}

TEST(CrossSite, AnotherOriginIsRefused) {
    for (auto const* const origin :
         {"https://evil.example", "https://ops.internal:9465", "https://ops.internal.evil.example:9464",
          "https://evil.example/ops.internal:9464", "null", "", "https://", "ops.internal:9464"})
        EXPECT_EQ(status_of({{"Host", "ops.internal:9464"}, {"Origin", origin}}), 403) << origin;
}

TEST(CrossSite, ADefaultPortMayBeWrittenOrNot) {
    EXPECT_EQ(status_of({{"Host", "ops.internal:443"}, {"Origin", "https://ops.internal"}}), 200);
    EXPECT_EQ(status_of({{"Host", "ops.internal"}, {"Origin", "https://ops.internal:443"}}), 200);
    EXPECT_EQ(status_of({{"Host", "ops.internal"}, {"Origin", "http://ops.internal:80"}}), 200);
    EXPECT_EQ(status_of({{"Host", "ops.internal:80"}, {"Origin", "https://ops.internal"}}), 403);
}

TEST(CrossSite, HostNamesHaveNoLetterCase) {
    EXPECT_EQ(status_of({{"host", "OPS.internal:9464"}, {"origin", "HTTPS://ops.INTERNAL:9464"}}), 200);
}

TEST(CrossSite, TheTlsInFrontOfUsMakesNoOtherOrigin) {
    EXPECT_EQ(status_of({{"Host", "localhost:9464"}, {"Origin", "https://localhost:9464"}}), 200);
    EXPECT_EQ(status_of({{"Host", "localhost:9464"}, {"Origin", "http://localhost:9464"}}), 200);
}

TEST(CrossSite, OneGoodHeaderDoesNotHideABadOne) {
    EXPECT_EQ(
        status_of({{"Host", "ops.internal"}, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}),
        403);
    EXPECT_EQ(
        status_of({{"Host", "ops.internal"}, {"Origin", "https://ops.internal"}, {"Origin", "https://evil.example"}}),
        403);
}

TEST(CrossSite, WithoutAHostNoOriginIsOurs) { EXPECT_EQ(status_of({{"Origin", "https://ops.internal"}}), 403); }

}  // namespace
}  // namespace voicehook::api
