// Comparing ASCII words without regard to their letter case.
#pragma once

#include <algorithm>
#include <string_view>

namespace voicehook::core {

/// `A` … `Z` as lower case, everything else as it is; no locale.
[[nodiscard]] constexpr char to_lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Whether two words are equal but for the letter case of ASCII letters.
[[nodiscard]] constexpr bool same_word(std::string_view left, std::string_view right) noexcept {
    return std::ranges::equal(left, right, {}, to_lower, to_lower);
}

/// Whether `word` is one of `words`, in any letter case.
template <class Words>
[[nodiscard]] constexpr bool is_one_of(std::string_view word, Words const& words) noexcept {
    return std::ranges::any_of(words, [word](std::string_view candidate) { return same_word(word, candidate); });
}

}  // namespace voicehook::core
