// Chance that can be repeated: every decision is a function of the seed, a purpose and a number.
#pragma once

#include <cstdint>
#include <string_view>

namespace simulator {

/// Draws numbers without keeping any state, so that the order of requests changes nothing.
class dice {
public:
    explicit dice(std::uint64_t seed) noexcept : seed_{seed} {}

    /// 64 well mixed bits for the `number`th decision of this purpose.
    [[nodiscard]] std::uint64_t draw(std::string_view purpose, std::uint64_t number) const noexcept;

    /// The same as a fraction in [0, 1).
    [[nodiscard]] double fraction(std::string_view purpose, std::uint64_t number) const noexcept;

    /// 32 bits that differ for any two numbers below 2^32: for names that must be unique.
    [[nodiscard]] std::uint32_t unique(std::uint64_t number) const noexcept;

private:
    std::uint64_t seed_;
};

}  // namespace simulator
