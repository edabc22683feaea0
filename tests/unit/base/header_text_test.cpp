#include "base/header_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace voicehook {
namespace {

TEST(HeaderText, ANameIsAToken) {
    for (auto const* const name : {"X-Env", "a", "!#$%&'*+-.^_`|~09AZaz"}) EXPECT_TRUE(is_header_name(name)) << name;
    for (auto const* const name :
         {"", " ", "X Y", "X:", "X\r\nY", "X\tY", "(x)", "X,Y", "\"x\"", "X/Y", "W\xc3\xb6rt", "X\x7f"})
        EXPECT_FALSE(is_header_name(name)) << name;
    EXPECT_FALSE(is_header_name(std::string_view{"X\0", 2}));
}

TEST(HeaderText, AValueStaysOnItsLine) {
    for (auto const* const value : {"", "prod", "k=1; z", "W\xc3\xb6rt", "\xff\x80", "\xe2\x80\xa8"})
        EXPECT_TRUE(is_header_value(value)) << value;
    for (auto control = 0; control < 0x20; ++control)
        EXPECT_FALSE(is_header_value(std::string(1, static_cast<char>(control))));
    EXPECT_FALSE(is_header_value("\x7f"));
    EXPECT_FALSE(is_header_value("a\r\nEvil: 1"));
}

}  // namespace
}  // namespace voicehook
