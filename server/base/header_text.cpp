#include "base/header_text.hpp"

#include <algorithm>

namespace voicehook {

namespace {

bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool is_header_name(std::string_view text) noexcept {
    constexpr auto marks = std::string_view{"!#$%&'*+-.^_`|~"};
    return !text.empty() && std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || marks.contains(c); });
}

bool is_header_value(std::string_view text) noexcept {
    return std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

}  // namespace voicehook
