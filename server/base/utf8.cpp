#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace voicehook {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) noexcept { return static_cast<std::uint8_t>(text[at]); }

/// What a lead byte asks for: the sequence's length, and the range of its second byte, which is what rules out overlong
/// forms, surrogates and code points past U+10FFFF (RFC 3629, 4).
struct lead {
    std::size_t length{};
    std::uint8_t low{0x80};
    std::uint8_t high{0xbf};
};

lead read_lead(std::uint8_t byte) noexcept {
    if (byte < 0x80) return {.length = 1};
    if (byte < 0xc2) return {};
    if (byte < 0xe0) return {.length = 2};
    if (byte == 0xe0) return {.length = 3, .low = 0xa0};
    if (byte == 0xed) return {.length = 3, .high = 0x9f};
    if (byte < 0xf0) return {.length = 3};
    if (byte == 0xf0) return {.length = 4, .low = 0x90};
    if (byte < 0xf4) return {.length = 4};
    if (byte == 0xf4) return {.length = 4, .high = 0x8f};
    return {};
}

constexpr bool is_plain(std::size_t byte) noexcept {
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

constexpr auto plain = [] {
    auto table = std::array<bool, 256>{};
    for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = is_plain(byte);
    return table;
}();

}  // namespace

std::size_t plain_length(std::string_view text) noexcept {
    auto const end =
        std::ranges::find_if_not(text, [](char letter) { return plain[static_cast<std::uint8_t>(letter)]; });
    return static_cast<std::size_t>(end - text.begin());
}

std::size_t code_point_length(std::string_view text) noexcept {
    if (text.empty()) return 0;
    auto const first = read_lead(byte_at(text, 0));
    if (first.length == 0 || text.size() < first.length) return 0;
    if (first.length == 1) return 1;
    if (byte_at(text, 1) < first.low || byte_at(text, 1) > first.high) return 0;
    for (std::size_t at = 2; at < first.length; ++at)
        if ((byte_at(text, at) & 0xc0) != 0x80) return 0;
    return first.length;
}

std::optional<std::size_t> count_code_points(std::string_view text) noexcept {
    auto count = std::size_t{};
    while (!text.empty()) {
        auto const length = code_point_length(text);
        if (length == 0) return std::nullopt;
        text.remove_prefix(length);
        ++count;
    }
    return count;
}

std::string printable(std::string_view text, std::size_t limit) {
    auto out = std::string{};
    while (!text.empty()) {
        auto const length = code_point_length(text);
        auto const shown = length == 0 || byte_at(text, 0) < 0x20 || byte_at(text, 0) == 0x7f ? std::string_view{"?"}
                                                                                              : text.substr(0, length);
        if (out.size() + shown.size() > limit) break;
        out += shown;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace voicehook
