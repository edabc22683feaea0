// A named wrapper, so that two texts that mean different things have different types.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace voicehook {

/// A value of type `T` that can only be made and taken apart explicitly; `Tag` makes each use its own type.
template <class Tag, class T = std::string>
class strong {
public:
    strong() = default;
    explicit strong(T value) : value_{std::move(value)} {}

    [[nodiscard]] T const& value() const noexcept { return value_; }

    friend bool operator==(strong const&, strong const&) = default;
    friend auto operator<=>(strong const&, strong const&) = default;

private:
    T value_{};
};

}  // namespace voicehook

template <class Tag, class T>
struct std::hash<voicehook::strong<Tag, T>> {
    std::size_t operator()(voicehook::strong<Tag, T> const& item) const noexcept {
        return std::hash<T>{}(item.value());
    }
};
