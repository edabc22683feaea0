#include "tests/simulator/dice.hpp"

namespace simulator {
namespace {

// SplitMix64's finaliser: every input bit reaches every output bit.
std::uint64_t mixed(std::uint64_t bits) noexcept {
    bits += 0x9e3779b97f4a7c15U;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    return bits ^ (bits >> 31U);
}

}  // namespace

std::uint64_t dice::draw(std::string_view purpose, std::uint64_t number) const noexcept {
    auto state = mixed(seed_);
    for (auto const letter : purpose) state = mixed(state ^ static_cast<unsigned char>(letter));
    return mixed(state ^ mixed(number));
}

double dice::fraction(std::string_view purpose, std::uint64_t number) const noexcept {
    return static_cast<double>(draw(purpose, number) >> 11U) * 0x1.0p-53;
}

std::uint32_t dice::unique(std::uint64_t number) const noexcept {
    // Each step can be undone, so no two numbers meet.
    auto bits = static_cast<std::uint32_t>(number) ^ static_cast<std::uint32_t>(mixed(seed_));
    bits *= 0x9e3779b1U;
    bits ^= bits >> 15U;
    bits *= 0x85ebca77U;
    bits ^= bits >> 13U;
    return bits;
}

}  // namespace simulator
