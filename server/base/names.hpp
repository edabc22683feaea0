// One table per enum gives each value its text, for SQL, JSON, logs and metrics alike.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace voicehook {

/// Specialise for an enum: `template <> inline constexpr auto names_of<colour> = std::array{entry(colour::red,
/// "red")};`
template <class E>
inline constexpr auto names_of = nullptr;

/// One row of a names table.
template <class E>
constexpr std::pair<E, std::string_view> entry(E value, std::string_view name) {
    return {value, name};
}

/// An enum that has a names table.
template <class E>
concept named = !std::is_same_v<decltype(names_of<E>), std::nullptr_t const>;

/// The text of `value`; "?" for a value outside of the table, which a test of each table rules out.
template <named E>
[[nodiscard]] constexpr std::string_view to_text(E value) noexcept {
    for (auto const& [candidate, name] : names_of<E>)
        if (candidate == value) return name;
    return "?";
}

/// The value that `text` names exactly, or nothing.
template <named E>
[[nodiscard]] constexpr std::optional<E> from_text(std::string_view text) noexcept {
    for (auto const& [value, name] : names_of<E>)
        if (name == text) return value;
    return std::nullopt;
}

}  // namespace voicehook
