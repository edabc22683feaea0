#include "wire/raw_json.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace voicehook::wire {
namespace {

using namespace std::string_view_literals;

std::string nested(int depth, std::string_view open, std::string_view close) {
    auto out = std::string{};
    for (auto level = 0; level < depth; ++level) out += open;
    for (auto level = 0; level < depth; ++level) out += close;
    return out;
}

TEST(RawJson, MembersKeepTheirBytesAndOrder) {
    auto const text = R"( { "a" : 1e400 , "b":[1, 2 ,{"x":  "y"}],"a":12345678901234567890,"c\u0061" :"\/" } )"sv;

    auto const members = split_object(text);

    ASSERT_TRUE(members);
    ASSERT_EQ(members->size(), 4U);
    EXPECT_EQ((*members)[0].name, "a");
    EXPECT_EQ((*members)[0].value, "1e400");
    EXPECT_EQ((*members)[0].whole, R"("a" : 1e400)");
    EXPECT_EQ((*members)[1].value, R"([1, 2 ,{"x":  "y"}])");
    EXPECT_EQ((*members)[2].value, "12345678901234567890");
    EXPECT_EQ((*members)[3].name, "ca");
    EXPECT_EQ((*members)[3].whole, R"("c\u0061" :"\/")");
}

TEST(RawJson, OfSeveralMembersWithOneNameTheLastIsFound) {
    auto const members = split_object(R"({"a":1,"a":2,"b":3})");

    ASSERT_TRUE(members);
    EXPECT_EQ(find_member(*members, "a"), "2");
    EXPECT_EQ(find_member(*members, "c"), std::nullopt);
}

TEST(RawJson, AnEmptyObjectHasNoMembers) {
    auto const members = split_object("{ \t\r\n}");

    ASSERT_TRUE(members);
    EXPECT_TRUE(members->empty());
}

TEST(RawJson, ElementsKeepTheirBytesAndOrder) {
    EXPECT_EQ(split_array(R"( [ 1 , "a,b" ,[ ], {} ] )"),
              (std::vector<std::string_view>{"1", R"("a,b")", "[ ]", "{}"}));
    EXPECT_EQ(split_array("[]"), std::vector<std::string_view>{});
    EXPECT_EQ(split_array("{}"), std::nullopt);
}

TEST(RawJson, WhatTheGrammarDoesNotAllowIsRefused) {
    for (auto const text : {""sv,
                            " "sv,
                            "{"sv,
                            "}"sv,
                            "{}}"sv,
                            "{} x"sv,
                            "{,}"sv,
                            "{\"a\"}"sv,
                            "{\"a\":}"sv,
                            "{\"a\":1,}"sv,
                            "{a:1}"sv,
                            "{'a':1}"sv,
                            "{1:1}"sv,
                            "{\"a\" 1}"sv,
                            "{\"a\":1 \"b\":2}"sv,
                            "{\"a\":01}"sv,
                            "{\"a\":+1}"sv,
                            "{\"a\":.5}"sv,
                            "{\"a\":1.}"sv,
                            "{\"a\":1e}"sv,
                            "{\"a\":1e+}"sv,
                            "{\"a\":-}"sv,
                            "{\"a\":--1}"sv,
                            "{\"a\":0x1}"sv,
                            "{\"a\":NaN}"sv,
                            "{\"a\":Infinity}"sv,
                            "{\"a\":tru}"sv,
                            "{\"a\":True}"sv,
                            "{\"a\":nul}"sv,
                            "{\"a\":\"\\x\"}"sv,
                            "{\"a\":\"\\u12\"}"sv,
                            "{\"a\":\"\\u12g4\"}"sv,
                            "{\"a\":\"\n\"}"sv,
                            "{\"a\":\"\0\"}"sv,
                            "{\"a\":\"\xff\"}"sv,
                            "{\"a\":\"\xed\xa0\x80\"}"sv,
                            "{\"a\":\"b}"sv,
                            "{\"a\":\"\\\"}"sv,
                            "{/**/}"sv,
                            "{}//"sv,
                            "\xef\xbb\xbf{}"sv,
                            "{}\0"sv,
                            "[]"sv,
                            "1"sv,
                            "\"a\""sv,
                            "null"sv})
        EXPECT_EQ(split_object(text), std::nullopt) << testing::PrintToString(text);
}

TEST(RawJson, ThirtyTwoLevelsAreReadAndThirtyThreeAreNot) {
    EXPECT_TRUE(is_json(nested(32, "[", "]")));
    EXPECT_FALSE(is_json(nested(33, "[", "]")));
    EXPECT_TRUE(split_object("{\"a\":" + nested(31, "[", "]") + "}"));
    EXPECT_FALSE(split_object("{\"a\":" + nested(32, "[", "]") + "}"));
    EXPECT_TRUE(split_array("[" + nested(31, "[", "]") + "]"));
    EXPECT_FALSE(split_array("[" + nested(32, "[", "]") + "]"));
}

TEST(RawJson, AMillionOpenBracketsAreRefusedWithoutHarm) {
    EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
    EXPECT_FALSE(split_object(std::string(1'000'000, '{')));
}

TEST(RawJson, AnyKindOfValueIsJson) {
    for (auto const text : {"null", " true ", "false", "-0.5E+10", "\"\\ud800\"", "[1,2]", "{}"})
        EXPECT_TRUE(is_json(text)) << text;
}

TEST(RawJson, QuotedTextComesBackAsItWas) {
    auto text = std::string{};
    for (auto value = 0; value < 0x80; ++value) text += static_cast<char>(value);
    text += "\xc3\xa4\xf0\x9f\x8e\x99";

    auto const parsed = boost::json::parse(quote(text));

    EXPECT_EQ(parsed.as_string(), text);
}

TEST(RawJson, WhatWouldNotBeShownAsItIsIsQuotedAsEscapes) {
    EXPECT_EQ(quote("a\xe2\x80\xae"
                    "b\xc2\x9b"
                    "c\x7f\xf3\xa0\x81\x81\xc3\xa4"),
              R"("a\u202eb\u009bc\u007f\udb40\udc41)"
              "\xc3\xa4\"");
}

TEST(RawJson, IllFormedBytesAreQuotedAsReplacementCharacters) {
    EXPECT_EQ(quote("a\xff\xc3z"), "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
}

TEST(RawJson, AWriterSeparatesItsMembers) {
    auto out = object_writer{};
    out.text("a\"", "b").number("n", -5).boolean("t", true).raw("r", "[1e400]");

    EXPECT_EQ(std::move(out).finish(), R"({"a\"":"b","n":-5,"t":true,"r":[1e400]})");
    EXPECT_EQ(object_writer{}.finish(), "{}");
}

/// Boost.JSON's opinion; where it is stricter than the grammar there is none.
std::optional<bool> second_opinion(std::string const& text) {
    auto error = boost::json::error_code{};
    auto const parsed = boost::json::parse(text, error);
    if (error == boost::json::error::exponent_overflow || error == boost::json::error::illegal_leading_surrogate ||
        error == boost::json::error::illegal_trailing_surrogate || error == boost::json::error::expected_utf16_escape)
        return std::nullopt;
    return !error;
}

TEST(RawJson, AgreesWithBoostJsonOnManyMutations) {
    constexpr auto seeds = std::array{
        R"({"a":[1,-2.5e+3,0.1,true,false,null],"b":{"c":"d\n\u00e4","":""},"e":"f"} )"sv,
        R"([ {"id":"task-1","progress":65,"x":[[],{},[{}]]} , "\"\\\/" , 0 , -0 , 10 ])"sv,
        "{\"text\":\"\xc3\xa4\xe4\xb8\xad\xf0\x9f\x8e\x99\",\"n\":1E-5}"sv,
    };
    constexpr auto alphabet = "{}[]\",:\\u0123456789.eE+-tfn \n\xc3\xa4\xff\x01"sv;
    auto random = std::mt19937{20260402};
    auto const below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
    auto accepted = 0;

    for (auto round = 0; round < 60'000; ++round) {
        auto text = std::string{seeds[below(seeds.size())]};
        for (auto change = below(3) + 1; change > 0; --change) {
            auto const at = below(text.size());
            switch (below(3)) {
                case 0: text[at] = alphabet[below(alphabet.size())]; break;
                case 1: text.insert(at, 1, alphabet[below(alphabet.size())]); break;
                default: text.erase(at, 1); break;
            }
        }
        auto const expected = second_opinion(text);
        if (!expected) continue;
        ASSERT_EQ(is_json(text), *expected) << testing::PrintToString(text);
        accepted += *expected ? 1 : 0;
    }

    EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace voicehook::wire
