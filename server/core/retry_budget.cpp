#include "core/retry_budget.hpp"

#include <algorithm>
#include <cmath>

namespace voicehook::core {
namespace {

constexpr double averaged_over_seconds = 10;

}  // namespace

retry_budget::retry_budget(retry_budget_policy policy, instant now) noexcept
    : policy_{policy}, left_{policy.burst}, seen_at_{now} {}

/// The floor fills what first tries did not: of the two the greater counts.
void retry_budget::pass_time(instant now) noexcept {
    auto const passed = static_cast<double>(std::max(duration::zero(), now - seen_at_).count()) / 1000;
    seen_at_ = std::max(seen_at_, now);
    auto const missing = std::max(0.0, policy_.least_per_second - earned_per_second_);
    left_ = std::min(policy_.burst, left_ + passed * missing);
    earned_per_second_ *= std::exp(-passed / averaged_over_seconds);
}

void retry_budget::note_first_try(instant now) noexcept {
    pass_time(now);
    left_ = std::min(policy_.burst, left_ + policy_.share);
    earned_per_second_ += policy_.share / averaged_over_seconds;
}

duration retry_budget::take(instant now) noexcept {
    pass_time(now);
    left_ -= 1;
    if (left_ >= 0) return duration::zero();
    auto const refill = std::max(policy_.least_per_second, earned_per_second_);
    return duration{static_cast<duration::rep>(std::ceil(-left_ / refill * 1000))};
}

}  // namespace voicehook::core
