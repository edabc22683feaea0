#include "flows/destinations.hpp"

#include <algorithm>

namespace voicehook::flows {
namespace {

constexpr duration look_every = 1min;
constexpr duration remembered_for = 10min;

}  // namespace

destinations::gate& destinations::gate_of(std::string const& where, instant now) {
    auto& gate = gates_.try_emplace(where, core::breaker{breaker_}, core::retry_budget{budget_, now}).first->second;
    gate.used_at = now;
    return gate;
}

core::retry_budget& destinations::budget_of(std::string const& where, instant now) {
    return gate_of(where, now).budget;
}

std::optional<destinations::refusal> destinations::admit(std::string const& where, instant now) {
    auto& gate = gate_of(where, now);
    if (gate.running < max_each_ && gate.breaker.admits(1, now) == 1) {
        gate.breaker.begin(now);
        ++gate.running;
        return std::nullopt;
    }
    auto const soonest = std::max(now + 1ms, gate.breaker.next_probe().value_or(now));
    auto const turn = std::min(std::max(gate.next_turn, soonest), now + longest_wait);
    auto const ill = gate.ill();
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
    auto const was_ill = gate.ill();
    auto const found = core::health_of(outcome);
    if (found == core::far_side::ill) gate.last_failure = {.failed = outcome.failed, .answer = outcome.answer};
    gate.breaker.report(found, now, unit);
    if (!was_ill && gate.ill()) ++ill_;
    if (was_ill && !gate.ill()) {
        --ill_;
        gate.next_turn = now;
    }
    auto const like_new = found == core::far_side::well && gate.budget.full() && gate.next_turn <= now;
    if (gate.running == 0 && like_new) gates_.erase(known);
}

/// Looks at every one, so not often.
void destinations::forget_idle(instant now) {
    if (now < next_look_) return;
    next_look_ = now + look_every;
    std::erase_if(gates_, [&](auto const& each) {
        auto const idle = each.second.running == 0 && each.second.used_at + remembered_for < now;
        if (idle && each.second.ill()) --ill_;
        return idle;
    });
}

}  // namespace voicehook::flows
