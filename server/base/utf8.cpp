#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

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

struct code_points {
    char32_t first;
    char32_t last;
};

/// In their order.
constexpr auto deceptive = std::to_array<code_points>({
    {0x00, 0x1f},        // C0
    {0x7f, 0x9f},        // delete, C1
    {0xad, 0xad},        // soft hyphen
    {0x034f, 0x034f},    // grapheme joiner
    {0x061c, 0x061c},    // Arabic letter mark
    {0x115f, 0x1160},    // Hangul fillers
    {0x17b4, 0x17b5},    // Khmer vowels without a shape
    {0x180b, 0x180f},    // Mongolian selectors and separator
    {0x200b, 0x200f},    // zero width; direction marks
    {0x2028, 0x202e},    // separators; embeddings and overrides
    {0x2060, 0x206f},    // invisible operators; isolates; deprecated
    {0x3164, 0x3164},    // Hangul filler
    {0xfeff, 0xfeff},    // byte order mark
    {0xffa0, 0xffa0},    // half-width Hangul filler
    {0xfff0, 0xfffb},    // unassigned; interlinear annotations
    {0x1bca0, 0x1bca3},  // shorthand controls
    {0x1d173, 0x1d17a},  // musical beams and slurs
    {0xe0000, 0xe0fff},  // tags; more variation selectors
});

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

char32_t code_point(std::string_view sequence) noexcept {
    constexpr auto lead_bits = std::to_array<std::uint8_t>({0, 0x7f, 0x1f, 0x0f, 0x07});
    auto value = char32_t{static_cast<std::uint8_t>(byte_at(sequence, 0) & lead_bits[sequence.size()])};
    for (auto const byte : sequence.substr(1)) value = (value << 6) | (static_cast<std::uint8_t>(byte) & 0x3f);
    return value;
}

bool is_deceptive(char32_t code_point) noexcept {
    auto const range = std::ranges::lower_bound(deceptive, code_point, {}, &code_points::last);
    return range != deceptive.end() && code_point >= range->first;
}

void append_json_escape(std::string& out, char32_t code_point) {
    auto const add = [&out](std::uint32_t unit) { fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit); };
    constexpr auto beyond = char32_t{0x10000};
    if (code_point < beyond) {
        add(code_point);
        return;
    }
    add(0xd800 + ((code_point - beyond) >> 10));
    add(0xdc00 + ((code_point - beyond) & 0x3ff));
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
        auto const hidden = length == 0 || is_deceptive(code_point(text.substr(0, length)));
        auto const shown = hidden ? std::string_view{"?"} : text.substr(0, length);
        if (out.size() + shown.size() > limit) break;
        out += shown;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace voicehook
