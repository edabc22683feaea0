#include "flows/destinations.hpp"

#include <algorithm>

namespace voicehook::flows {
namespace {

constexpr std::size_t enough = 1024;
constexpr duration remembered_for = 10min;

}  // namespace

std::optional<destinations::refusal> destinations::admit(std::string const& where, instant now) {
    forget_some(now);
    auto& gate = gates_.try_emplace(where, core::breaker{policy_}).first->second;
    gate.used_at = now;
    if (gate.running < max_each_ && gate.breaker.admits(1, now) == 1) {
        gate.breaker.begin(now);
        ++gate.running;
        return std::nullopt;
    }
    auto const soonest = std::max(now + 1ms, gate.breaker.next_probe().value_or(now));
    auto const turn = std::min(std::max(gate.next_turn, soonest), now + longest_wait);
    auto const ill = gate.breaker.state(now) != core::breaker_state::closed;
    auto const pace = gate.usual / static_cast<duration::rep>(max_each_);
    gate.next_turn = turn + std::max(ill ? least_gap_when_ill : duration{1ms}, pace);
    return refusal{.until = turn, .ill_with = ill ? std::optional{gate.last_failure} : std::nullopt};
}

void destinations::finish(std::string const& where, core::attempt_outcome const& outcome, duration took, instant now,
                          double unit) {
    auto const known = gates_.find(where);
    if (known == gates_.end()) return;
    auto& gate = known->second;
    --gate.running;
    gate.used_at = now;
    gate.usual = (3 * gate.usual + took) / 4;
    auto const was_ill = gate.breaker.state(now) != core::breaker_state::closed;
    auto const found = core::health_of(outcome);
    if (found == core::far_side::ill) gate.last_failure = {.failed = outcome.failed, .answer = outcome.answer};
    gate.breaker.report(found, now, unit);
    auto const is_well = gate.breaker.state(now) == core::breaker_state::closed;
    if (was_ill && is_well) gate.next_turn = now;
    if (gate.running == 0 && is_well && found == core::far_side::well && gate.next_turn <= now) gates_.erase(known);
}

std::size_t destinations::ill(instant now) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        gates_, [&](auto const& each) { return each.second.breaker.state(now) != core::breaker_state::closed; }));
}

void destinations::forget_some(instant now) {
    if (gates_.size() < enough) return;
    std::erase_if(gates_, [&](auto const& each) {
        return each.second.running == 0 && each.second.used_at + remembered_for < now;
    });
}

}  // namespace voicehook::flows
