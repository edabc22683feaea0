#include "core/retry_budget.hpp"

#include <algorithm>
#include <cmath>

namespace voicehook::core {
namespace {

constexpr double averaged_over_seconds = 10;
constexpr double remembered_for_seconds = 60;
constexpr int most_steps = 60;

}  // namespace

retry_budget::retry_budget(retry_budget_policy policy, instant now) noexcept
    : policy_{policy}, left_{policy.burst}, seen_at_{now} {}

/// What time adds to what first tries bring.
double retry_budget::time_fills_per_second() const noexcept {
    auto const fewer = firsts_per_second_ < most_per_second_ / 2;
    auto const room = fewer ? (1 + policy_.share) * most_per_second_ - firsts_per_second_ : 0.0;
    return std::max(0.0, std::max(policy_.least_per_second, room) - policy_.share * firsts_per_second_);
}

double retry_budget::refill_per_second() const noexcept {
    return policy_.share * firsts_per_second_ + time_fills_per_second();
}

/// What would put a retry off for longer than the longest wait is not owed.
void retry_budget::forgive() noexcept {
    left_ = std::max(left_, -refill_per_second() * std::chrono::duration<double>(policy_.longest_wait).count());
}

/// Rates are taken as constant for a step; after so many steps they are those of quiet times.
void retry_budget::pass_time(instant now) noexcept {
    auto passed = std::chrono::duration<double>(std::max(duration::zero(), now - seen_at_)).count();
    seen_at_ = std::max(seen_at_, now);
    for (auto steps = most_steps; passed > 0; --steps) {
        auto const span = steps > 0 ? std::min(passed, averaged_over_seconds) : passed;
        pass(span);
        passed -= span;
    }
}

void retry_budget::pass(double seconds) noexcept {
    auto const filled = seconds * time_fills_per_second();
    firsts_per_second_ *= std::exp(-seconds / averaged_over_seconds);
    most_per_second_ = std::max(firsts_per_second_, most_per_second_ * std::exp(-seconds / remembered_for_seconds));
    forgive();
    left_ = std::min(policy_.burst, left_ + filled);
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
    forgive();
    auto const wait = duration{static_cast<duration::rep>(std::ceil(-left_ / refill_per_second() * 1000))};
    return std::min(wait, policy_.longest_wait);
}

}  // namespace voicehook::core
