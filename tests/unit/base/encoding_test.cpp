#include "base/encoding.hpp"

#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace voicehook {
namespace {

using namespace std::string_view_literals;

// RFC 4648, 10.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> base64_vectors{{
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
}};

TEST(Encoding, Base64FollowsTheVectorsOfTheRfcInBothDirections) {
    for (auto const& [bytes, text] : base64_vectors) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes) << text;
    }
}

TEST(Encoding, Base64IsReadWithoutItsPaddingToo) {
    EXPECT_EQ(from_base64("Zg"), "f");
    EXPECT_EQ(from_base64("Zm9vYmE"), "fooba");
}

TEST(Encoding, Base64WithForeignCharactersWrongPaddingOrLeftOverBitsIsRefused) {
    for (auto const text :
         {"Zm9v!", "Zm 9v", "Z", "Zg=", "Zg===", "=", "====", "Zg==Zg==", "Z=g=", "Zh==", "Zh", "Zm9=", "_-8="})
        EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

TEST(Encoding, EveryByteSurvivesBase64) {
    auto bytes = std::string{};
    for (auto value = 0; value < 256; ++value) bytes += static_cast<char>(value);

    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
}

TEST(Encoding, Base64UrlHasItsOwnAlphabetAndNoPadding) {
    EXPECT_EQ(to_base64url("\xff\xef\xfe"sv), "_-_-");
    EXPECT_EQ(to_base64url("fo"), "Zm8");
    EXPECT_EQ(from_base64url("_-_-"), "\xff\xef\xfe"sv);
    EXPECT_EQ(from_base64url("Zm8"), "fo");
    for (auto const text : {"Zm8=", "Zm9", "Z", "+/+/", "_-_ "}) EXPECT_EQ(from_base64url(text), std::nullopt) << text;
    EXPECT_EQ(to_base64("\xff\xef\xfe"sv), "/+/+");
}

TEST(Encoding, HexIsWrittenInLowerCaseAndReadInEither) {
    EXPECT_EQ(to_hex("\x00\xab\x7f"sv), "00ab7f");
    EXPECT_EQ(from_hex("00aB7F"), "\x00\xab\x7f"sv);
    EXPECT_EQ(from_hex(""), "");
}

TEST(Encoding, HexOfOddLengthOrWithOtherCharactersIsRefused) {
    for (auto const text : {"0", "0g", "g0", " 0", "0x"}) EXPECT_EQ(from_hex(text), std::nullopt) << text;
}

TEST(Encoding, PercentDecodingLeavesPlusAlone) { EXPECT_EQ(percent_decode("a%20b+c%2fd%C3%A4"), "a b+c/d\xc3\xa4"); }

TEST(Encoding, ABrokenPercentEscapeIsRefused) {
    for (auto const text : {"%", "a%2", "%zz", "%2x", "%%20"}) EXPECT_EQ(percent_decode(text), std::nullopt) << text;
}

TEST(Encoding, PercentEncodingSparesOnlyTheUnreserved) {
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("a/b c%\xc3\xa4"), "a%2Fb%20c%25%C3%A4");
}

TEST(Secret, MatchesItsOwnBytesAndNothingElse) {
    auto const key = secret{"correct horse"};

    EXPECT_TRUE(key.matches("correct horse"));
    EXPECT_FALSE(key.matches("correct horsf"));
    EXPECT_FALSE(key.matches("Xorrect horse"));
    EXPECT_FALSE(key.matches("correct hors"));
    EXPECT_FALSE(key.matches(""));
    EXPECT_TRUE(secret{}.matches(""));
}

}  // namespace
}  // namespace voicehook
