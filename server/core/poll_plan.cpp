#include "core/poll_plan.hpp"

#include "core/retry_schedule.hpp"

#include <algorithm>
#include <cmath>

namespace voicehook::core {

namespace {

constexpr std::size_t fewest_observations = 8;
constexpr duration usual_duration = 15s;
constexpr duration slow_callback = 2s;
constexpr duration longest_backoff = 5min;
/// While nothing but queries brings results: soon, but no provider is to be hammered.
constexpr duration soonest_query = 1s;
constexpr duration shortest_interval = 3s;
constexpr duration longest_backoff_alone = 1min;

/// Spread by ±10 %, so that tasks submitted together are not asked about together.
duration jittered(duration wait, double unit) noexcept {
    auto const factor = 0.9 + 0.2 * std::clamp(unit, 0.0, 1.0);
    return duration{static_cast<duration::rep>(std::llround(static_cast<double>(wait.count()) * factor))};
}

duration interval_of(poll_policy const& policy) noexcept {
    if (policy.callbacks == callback_path::open) return policy.interval;
    return std::max(policy.interval / 2, std::min(policy.interval, shortest_interval));
}

/// Doubles with each query that failed since the last one that told something.
duration backed_off(poll_policy const& policy, std::uint32_t failed) noexcept {
    auto const interval = interval_of(policy);
    auto const alone = policy.callbacks == callback_path::broken;
    auto const ceiling = std::max(interval, alone ? longest_backoff_alone : longest_backoff);
    auto wait = interval;
    for (std::uint32_t doubled = 0; doubled < failed && wait < ceiling; ++doubled) wait *= 2;
    return std::min(wait, ceiling);
}

}  // namespace

void learned_durations::observe(duration took) noexcept {
    if (took <= duration::zero()) return;
    ring_[seen_ % ring_.size()] = took;
    ++seen_;
}

std::optional<duration> learned_durations::typical() const noexcept {
    if (seen_ < fewest_observations) return std::nullopt;
    auto sorted = ring_;
    auto const count = std::min(seen_, ring_.size());
    auto const rank = (count * 9 + 9) / 10 - 1;
    auto const at = sorted.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(sorted.begin(), at, sorted.begin() + static_cast<std::ptrdiff_t>(count));
    return *at;
}

instant first_poll(poll_policy const& policy, learned_durations const& learned, std::optional<duration> estimated,
                   instant accepted_at) noexcept {
    if (policy.callbacks == callback_path::broken) {
        auto const expected = std::max(estimated.value_or(usual_duration), soonest_query);
        return accepted_at + std::min(expected, policy.first_after.value_or(duration::max()));
    }
    if (policy.first_after) return accepted_at + *policy.first_after;
    auto const expected = learned.typical().value_or(estimated.value_or(usual_duration));
    return accepted_at + expected + slow_callback + expected / 4;
}

instant next_poll(poll_policy const& policy, task const& item, std::optional<duration> retry_after, instant now,
                  double unit) noexcept {
    auto const pace = backed_off(policy, item.queries);
    auto const wait = overdue(policy, item, now) ? std::max(pace, policy.overdue_interval) : pace;
    return now + std::max(jittered(wait, unit), retry_after.value_or(duration::zero()));
}

bool overdue(poll_policy const& policy, task const& item, instant now) noexcept {
    if (stage_of(item.state) == stage::ended) return false;
    return now - item.accepted_at.value_or(item.created_at) > policy.give_up_after;
}

}  // namespace voicehook::core
