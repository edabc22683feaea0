#include "app/ops/json_part.hpp"

#include <gtest/gtest.h>

namespace voicehook::app::ops {
namespace {

TEST(JsonPart, MembersAreReadByName) {
    auto const document =
        json_part{R"( {"a":{"b":"text","n":1.5,"yes":true,"at":"2026-04-02T12:00:00.000Z","list":[1,"2"]}} )"};
    auto const part = document["a"];

    EXPECT_TRUE(document.is_object());
    EXPECT_EQ(part["b"].text(), "text");
    EXPECT_EQ(part["n"].number(), 1.5);
    EXPECT_EQ(part["yes"].boolean(), true);
    EXPECT_EQ(part["at"].moment(), parse_rfc3339("2026-04-02T12:00:00Z"));
    ASSERT_EQ(part["list"].elements().size(), 2U);
    EXPECT_EQ(part["list"].elements()[1].text(), "2");
    ASSERT_EQ(part.members().size(), 5U);
    EXPECT_EQ(part.members()[0].first, "b");
}

TEST(JsonPart, WhatIsMissingNullOrOfAnotherKindIsNothing) {
    auto const document = json_part{R"({"null":null,"text":"5","number":5})"};

    EXPECT_FALSE(document["missing"]["deeper"]["still"].known());
    EXPECT_FALSE(document["null"].known());
    EXPECT_EQ(document["null"].text(), std::nullopt);
    EXPECT_EQ(document["text"].number(), std::nullopt);
    EXPECT_EQ(document["number"].text(), std::nullopt);
    EXPECT_EQ(document["number"].boolean(), std::nullopt);
    EXPECT_EQ(document["text"].moment(), std::nullopt);
    EXPECT_TRUE(document["number"].elements().empty());
    EXPECT_TRUE(document["number"].members().empty());
}

TEST(JsonPart, WhatIsNoJsonIsNothing) {
    for (auto const* const text : {"", "<html>", "{\"a\":1", "{\"a\":1} x", "[1,]"}) {
        EXPECT_FALSE(json_part{text}.known()) << text;
        EXPECT_FALSE(json_part{text}["a"].known()) << text;
    }
    EXPECT_FALSE(json_part{"[]"}.is_object());
}

}  // namespace
}  // namespace voicehook::app::ops
