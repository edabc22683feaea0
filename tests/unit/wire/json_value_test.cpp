#include "wire/json_value.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace voicehook::wire {
namespace {

TEST(JsonValue, EscapesAreDecoded) {
    EXPECT_EQ(read_text(R"("a\"\\\/\b\f\n\r\tz")"), "a\"\\/\b\f\n\r\tz");
    EXPECT_EQ(read_text(R"("\u0041\u00e4\u4E2D\uD83C\udf99")"), "A\xc3\xa4\xe4\xb8\xad\xf0\x9f\x8e\x99");
    EXPECT_EQ(read_text(R"("\u0000")"), std::string(1, '\0'));
    EXPECT_EQ(read_text(R"("")"), "");
}

TEST(JsonValue, AnUnpairedSurrogateIsNoTextButCanBeShown) {
    for (auto const text : {R"("\ud83c")", R"("\udf99")", R"("\ud83cx")", R"("\ud83c\n")"}) {
        EXPECT_EQ(read_text(text), std::nullopt) << text;
        EXPECT_TRUE(decode_text(text).starts_with("\xef\xbf\xbd")) << text;
    }
    EXPECT_EQ(decode_text(R"("\ud83c\ud83c\udf99")"), "\xef\xbf\xbd\xf0\x9f\x8e\x99");
}

TEST(JsonValue, OtherKindsAreNoText) {
    for (auto const value : {"1", "null", "true", "[]", "{}"}) {
        EXPECT_EQ(read_text(value), std::nullopt) << value;
        EXPECT_EQ(decode_text(value), "") << value;
    }
}

TEST(JsonValue, AWholeNumberIsReadHoweverItIsWritten) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 15> rows{{
        {"0", 0},
        {"-0", 0},
        {"0.000", 0},
        {"0e999999999999", 0},
        {"24000", 24000},
        {"24000.0", 24000},
        {"2.4e4", 24000},
        {"2.4E+04", 24000},
        {"240000e-1", 24000},
        {"0.00024e8", 24000},
        {"-1.50e1", -15},
        {"9223372036854775807", most},
        {"-9223372036854775808", least},
        {"9223372036854775807.0", most},
        {"1e18", 1'000'000'000'000'000'000},
    }};

    for (auto const& [text, expected] : rows) EXPECT_EQ(read_integer(text), expected) << text;
}

TEST(JsonValue, FractionsAndNumbersThatDoNotFitAreNoIntegers) {
    for (auto const text : {"0.5", "24000.5", "1e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e400",
                            "12345678901234567890", "1e999999999", "1e9999999999999999999", "-1e-9999999999999999999",
                            "true", "\"24000\"", "null"})
        EXPECT_EQ(read_integer(text), std::nullopt) << text;
}

TEST(JsonValue, ANumberPastTheRangeOfDoubleIsNone) {
    EXPECT_EQ(read_number("1.5"), 1.5);
    EXPECT_EQ(read_number("-2e3"), -2000.0);
    EXPECT_EQ(read_number("12345678901234567890"), 12345678901234567890.0);
    for (auto const text : {"1e400", "-1e400", "1e99999999999999999999", "\"1\"", "null"})
        EXPECT_EQ(read_number(text), std::nullopt) << text;
}

TEST(JsonValue, EqualValuesHaveOneCanonicalForm) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> rows{{
        {R"({"a":1,"b":2})", R"({ "b" : 2.0 , "a" : 10e-1 })"},
        {R"({"a":{"x":[1,2],"y":null}})", R"({"a":{"y":null,"x":[ 1 , 2 ]}})"},
        {R"("a/ä")", R"("\u0061\/\u00E4")"},
        {R"({"\u0061":1})", R"({"a":1})"},
        {"-0", "0.0e5"},
        {"100", "1e2"},
        {"0.1", "1e-1"},
        {"[]", "[ ]"},
    }};

    for (auto const& [left, right] : rows) EXPECT_EQ(canonical(left), canonical(right)) << left << " " << right;
}

TEST(JsonValue, DifferentValuesHaveDifferentCanonicalForms) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 12> rows{{
        {"[1,2]", "[2,1]"},
        {"[1,2]", "[12]"},
        {"[[],[]]", "[[[]]]"},
        {"1", "-1"},
        {"1", "\"1\""},
        {"1", "10"},
        {"9007199254740993", "9007199254740992"},
        {"1e400", "1e401"},
        {"null", "false"},
        {"\"\"", "null"},
        {R"({"a":1,"a":2})", R"({"a":2,"a":1})"},
        {R"("\ud800")", R"("\ufffd")"},
    }};

    for (auto const& [left, right] : rows) EXPECT_NE(canonical(left), canonical(right)) << left << " " << right;
}

}  // namespace
}  // namespace voicehook::wire
