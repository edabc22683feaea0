// Every choice of a simulation comes from here: the same seed, the same choices.
#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace voicehook::simulation {

/// SplitMix64: small, fast, and the same on every machine.
class dice {
public:
    explicit dice(std::uint64_t seed) noexcept : state_{seed} {}

    [[nodiscard]] std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15ULL;
        auto mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
        return mixed ^ (mixed >> 31);
    }
    /// In [0, 1).
    [[nodiscard]] double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    [[nodiscard]] bool chance(double probability) noexcept { return probability > 0 && unit() < probability; }
    [[nodiscard]] std::size_t below(std::size_t count) noexcept {
        return static_cast<std::size_t>(next() % static_cast<std::uint64_t>(count));
    }
    /// In [least, most].
    [[nodiscard]] duration between(duration least, duration most) noexcept {
        return least +
               duration{static_cast<duration::rep>(below(static_cast<std::size_t>((most - least).count()) + 1))};
    }
    template <class T>
    [[nodiscard]] T const& pick(std::vector<T> const& from) noexcept {
        return from[below(from.size())];
    }
    template <class T>
    void shuffle(std::vector<T>& items) noexcept {
        for (auto left = items.size(); left > 1; --left) std::swap(items[left - 1], items[below(left)]);
    }

private:
    std::uint64_t state_;
};

}  // namespace voicehook::simulation
