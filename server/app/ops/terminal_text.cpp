#include "app/ops/terminal_text.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <span>

namespace voicehook::app::ops {
namespace {

struct range {
    char32_t first;
    char32_t last;
};

/// What has no looks of its own, or other ones everywhere: blank Braille, private use, non-characters. Sorted.
constexpr range unfit[] = {{0x2800, 0x2800},   {0xe000, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfffe, 0xffff},
                           {0x13430, 0x13438}, {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff}, {0x3fffe, 0x10ffff}};

/// Marks that stand on the character before them, and selectors of its variants. Sorted.
constexpr range marks[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x5bf, 0x5bf},   {0x5c1, 0x5c2},   {0x5c4, 0x5c5},
    {0x5c7, 0x5c7},   {0x610, 0x61a},   {0x64b, 0x65f},   {0x670, 0x670},   {0x6d6, 0x6dc},   {0x6df, 0x6e4},
    {0x6e7, 0x6e8},   {0x6ea, 0x6ed},   {0x711, 0x711},   {0x730, 0x74a},   {0x7a6, 0x7b0},   {0x7eb, 0x7f3},
    {0x898, 0x89f},   {0x8ca, 0x902},   {0x93a, 0x93a},   {0x93c, 0x93c},   {0x941, 0x948},   {0x94d, 0x94d},
    {0x951, 0x957},   {0x962, 0x963},   {0xe31, 0xe31},   {0xe34, 0xe3a},   {0xe47, 0xe4e},   {0xeb1, 0xeb1},
    {0xeb4, 0xebc},   {0xec8, 0xecd},   {0x135d, 0x135f}, {0x1ab0, 0x1b03}, {0x1dc0, 0x1dff}, {0x20d0, 0x20f0},
    {0x302a, 0x302d}, {0x3099, 0x309a}, {0xa66f, 0xa672}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0x1d165, 0x1d169}};

/// What takes two columns. Sorted.
constexpr range wide[] = {
    {0x1100, 0x115e},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},
    {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},
    {0x2693, 0x2693},   {0x26a1, 0x26a1},   {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},
    {0x26ce, 0x26ce},   {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},
    {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27b0, 0x27b0},   {0x27bf, 0x27bf},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},
    {0x2e80, 0x303e},   {0x3041, 0x3247},   {0x3250, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe1f},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},
    {0xffe0, 0xffe6},   {0x16fe0, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
    {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393},
    {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e},
    {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567},
    {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5},
    {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ef}, {0x1f6f4, 0x1f6ff},
    {0x1f7e0, 0x1f7f0}, {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff}, {0x1fa70, 0x1faff},
    {0x20000, 0x3fffd}};

constexpr std::size_t most_marks = 4;

bool is_in(char32_t point, std::span<range const> sorted) {
    auto const found = std::ranges::lower_bound(sorted, point, {}, &range::last);
    return found != sorted.end() && found->first <= point;
}

enum class line_breaks : unsigned char { become_spaces = 1, stay };

std::string clean(std::string_view text, line_breaks breaks) {
    auto out = std::string{};
    out.reserve(text.size());
    auto marks_in_a_row = std::size_t{};
    while (!text.empty()) {
        auto const plain = plain_length(text);
        if (plain > 0) {
            out += text.substr(0, plain);
            text.remove_prefix(plain);
            marks_in_a_row = 0;
            continue;
        }
        auto const length = code_point_length(text);
        auto const letter = text.substr(0, std::max<std::size_t>(length, 1));
        auto const point = length == 0 ? U'\0' : code_point(letter);
        text.remove_prefix(letter.size());
        if (point == U'\r' && text.starts_with('\n')) continue;
        marks_in_a_row = is_in(point, marks) ? marks_in_a_row + 1 : 0;
        if (point == U'\n' || point == U'\t' || point == U'\r')
            out += point != U'\t' && breaks == line_breaks::stay ? '\n' : ' ';
        else if (marks_in_a_row > most_marks || is_deceptive(point) || is_in(point, unfit))
            out += '?';
        else
            out += letter;
    }
    return out;
}

std::size_t columns_of_point(char32_t point) {
    if (is_in(point, marks)) return 0;
    return is_in(point, wide) ? 2 : 1;
}

}  // namespace

std::string shown(std::string_view text) { return clean(text, line_breaks::become_spaces); }

std::string shown_lines(std::string_view text) { return clean(text, line_breaks::stay); }

std::size_t columns_of(std::string_view text) {
    auto columns = std::size_t{};
    while (!text.empty()) {
        auto const length = std::max<std::size_t>(code_point_length(text), 1);
        columns += columns_of_point(code_point(text.substr(0, length)));
        text.remove_prefix(length);
    }
    return columns;
}

std::string cut(std::string_view text, std::size_t columns) {
    auto taken = std::size_t{};
    auto fits_with_dots = std::size_t{};  // bytes that leave one column for the dots
    for (std::size_t at = 0; at < text.size();) {
        auto const length = std::max<std::size_t>(code_point_length(text.substr(at)), 1);
        taken += columns_of_point(code_point(text.substr(at, length)));
        if (taken > columns) return columns == 0 ? std::string{} : std::string{text.substr(0, fits_with_dots)} + "…";
        at += length;
        if (taken < columns) fits_with_dots = at;
    }
    return std::string{text};
}

}  // namespace voicehook::app::ops
