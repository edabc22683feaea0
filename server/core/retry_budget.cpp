#include "core/retry_budget.hpp"

#include <algorithm>
#include <cmath>

namespace voicehook::core {
namespace {

constexpr double averaged_over_seconds = 10;
constexpr double remembered_for_seconds = 60;

}  // namespace

retry_budget::retry_budget(retry_budget_policy policy, instant now) noexcept
    : policy_{policy}, left_{policy.burst}, seen_at_{now} {}

/// What time adds to what first tries bring.
double retry_budget::time_fills_per_second() const noexcept {
    auto const fewer = firsts_per_second_ < most_per_second_ / 2;
    auto const room = fewer ? (1 + policy_.share) * most_per_second_ - firsts_per_second_ : 0.0;
    return std::max(0.0, std::max(policy_.least_per_second, room) - policy_.share * firsts_per_second_);
}

void retry_budget::pass_time(instant now) noexcept {
    auto const passed = static_cast<double>(std::max(duration::zero(), now - seen_at_).count()) / 1000;
    seen_at_ = std::max(seen_at_, now);
    left_ = std::min(policy_.burst, left_ + passed * time_fills_per_second());
    firsts_per_second_ *= std::exp(-passed / averaged_over_seconds);
    most_per_second_ = std::max(firsts_per_second_, most_per_second_ * std::exp(-passed / remembered_for_seconds));
}

void retry_budget::note_first_try(instant now) noexcept {
    pass_time(now);
    left_ = std::min(policy_.burst, left_ + policy_.share);
    firsts_per_second_ += 1 / averaged_over_seconds;
    most_per_second_ = std::max(most_per_second_, firsts_per_second_);
}

duration retry_budget::take(instant now) noexcept {
    pass_time(now);
    left_ -= 1;
    if (left_ >= 0) return duration::zero();
    auto const refill = policy_.share * firsts_per_second_ + time_fills_per_second();
    return duration{static_cast<duration::rep>(std::ceil(-left_ / refill * 1000))};
}

}  // namespace voicehook::core
