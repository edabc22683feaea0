#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace voicehook {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, CodePointsAreCountedAndNotBytes) {
    EXPECT_EQ(count_code_points(""), 0U);
    EXPECT_EQ(count_code_points("abc"), 3U);
    EXPECT_EQ(count_code_points("\xc3\xa4\xe4\xb8\xad\xf0\x9f\x8e\x99"), 3U);
    EXPECT_EQ(count_code_points("a\0b"sv), 3U);
    EXPECT_EQ(count_code_points("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"), 3U);
}

TEST(Utf8, IllFormedBytesAreNoText) {
    for (auto const text : {"\x80"sv, "\xc3"sv, "\xc3("sv, "\xc0\xaf"sv, "\xc1\xbf"sv, "\xe0\x80\xaf"sv,
                            "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xed\xbf\xbf"sv, "\xe4\xb8"sv, "\xf0\x80\x80\xaf"sv,
                            "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5\x80\x80\x80"sv, "\xff"sv, "abc\xfe"sv})
        EXPECT_EQ(count_code_points(text), std::nullopt) << testing::PrintToString(text);
}

TEST(Utf8, PlainTextEndsWhereJsonNeedsAnEscapeOrAsciiEnds) {
    EXPECT_EQ(plain_length(""), 0U);
    EXPECT_EQ(plain_length("all of it ~!"), 12U);
    for (auto const stop : {"\""sv, "\\"sv, "\n"sv, "\x1f"sv, "\0"sv, "\x7f"sv, "\x80"sv, "\xc3\xa4"sv, "\xff"sv})
        EXPECT_EQ(plain_length(std::string{"abc"}.append(stop).append("def")), 3U) << testing::PrintToString(stop);
}

TEST(Utf8, PrintableTextHasNoControlOrIllFormedBytes) {
    EXPECT_EQ(printable("a\nb\x7f\xff\xc3\xa4"sv, 100), "a?b??\xc3\xa4");
    EXPECT_EQ(printable("a\0b"sv, 100), "a?b");
}

TEST(Utf8, CodePointsAreReadFromTheirBytes) {
    EXPECT_EQ(code_point("a"), U'a');
    EXPECT_EQ(code_point("\xc3\xa4"), U'\u00e4');
    EXPECT_EQ(code_point("\xe2\x82\xac"), U'\u20ac');
    EXPECT_EQ(code_point("\xf4\x8f\xbf\xbf"), U'\U0010ffff');
}

TEST(Utf8, WhatAReaderWouldNotSeeIsDeceptive) {
    for (auto const hidden :
         {U'\0', U'\x1b', U'\x7f', U'\u0080', U'\u009f', U'\u00ad', U'\u061c', U'\u200b', U'\u200f', U'\u2028',
          U'\u202a', U'\u202e', U'\u2060', U'\u2066', U'\u2069', U'\ufeff', U'\U000e0041'})
        EXPECT_TRUE(is_deceptive(hidden)) << std::uint32_t{hidden};
    for (auto const shown : {U' ', U'~', U'\u00a0', U'\u00ae', U'\u05d0', U'\u0627', U'\u2010', U'\u2027', U'\u202f',
                             U'\u4f60', U'\ufffd', U'\U0001f600', U'\U0010ffff'})
        EXPECT_FALSE(is_deceptive(shown)) << std::uint32_t{shown};
}

TEST(Utf8, PrintableTextHidesWhatDeceives) {
    EXPECT_EQ(printable("a\xe2\x80\xae"
                        "b\xc2\x9b"
                        "c\xc3\xa4",
                        100),
              "a?b?c\xc3\xa4");
}

TEST(Utf8, PrintableTextIsCutBetweenCodePoints) {
    EXPECT_EQ(printable("ab\xc3\xa4", 3), "ab");
    EXPECT_EQ(printable("ab\xc3\xa4", 4), "ab\xc3\xa4");
    EXPECT_EQ(printable("abc", 0), "");
}

}  // namespace
}  // namespace voicehook
