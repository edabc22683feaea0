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

TEST(Utf8, PrintableTextIsCutBetweenCodePoints) {
    EXPECT_EQ(printable("ab\xc3\xa4", 3), "ab");
    EXPECT_EQ(printable("ab\xc3\xa4", 4), "ab\xc3\xa4");
    EXPECT_EQ(printable("abc", 0), "");
}

}  // namespace
}  // namespace voicehook
