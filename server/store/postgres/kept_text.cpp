#include "store/postgres/kept_text.hpp"

#include "base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace voicehook::store::postgres {
namespace {

constexpr char escape = '\x01';

bool is_kept(char character) noexcept { return character != '\0' && character != escape; }

}  // namespace

bool stands_as_it_is(std::string_view bytes) noexcept {
    if (plain_length(bytes) == bytes.size()) return true;
    return std::ranges::all_of(bytes, is_kept) && count_code_points(bytes).has_value();
}

std::string to_kept_text(std::string_view bytes) {
    if (stands_as_it_is(bytes)) return std::string{bytes};
    auto text = std::string{};
    while (!bytes.empty()) {
        auto const length = code_point_length(bytes);
        auto const stands = length > 0 && is_kept(bytes.front());
        if (stands)
            text += bytes.substr(0, length);
        else
            text += fmt::format("{}{:02x}", escape, static_cast<unsigned char>(bytes.front()));
        bytes.remove_prefix(stands ? length : 1);
    }
    return text;
}

std::string from_kept_text(std::string_view text) {
    auto bytes = std::string{};
    bytes.reserve(text.size());
    for (auto at = text.find(escape); at != std::string_view::npos; at = text.find(escape)) {
        bytes += text.substr(0, at);
        auto const digits = text.substr(at + 1, 2);
        auto byte = 0U;
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        bytes += static_cast<char>(byte);
        text.remove_prefix(std::min(at + 3, text.size()));
    }
    return bytes += text;
}

}  // namespace voicehook::store::postgres
