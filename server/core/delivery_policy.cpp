#include "core/delivery_policy.hpp"

#include <algorithm>

namespace voicehook::core {

namespace {

/// The budget spreads retries; it must not look as if a delivery were forgotten.
constexpr duration longest_put_off = 1h;

delivery_decision try_again(delivery_policy const& policy, delivery const& item, attempt_outcome const& outcome,
                            instant now, double unit, duration budget_wait) {
    auto const left = policy.give_up_after - item.tried_for;
    if (left <= duration::zero()) return park{*outcome.failed};

    auto const put_off = std::min(budget_wait, longest_put_off);
    auto const asked = std::min(outcome.retry_after.value_or(duration::zero()), policy.retries.longest);
    auto const wait = std::min(left, std::max({next_wait(policy.retries, item.attempts, unit), asked, put_off}));
    return retry_at{.due = now + wait, .tried_for = item.tried_for + wait};
}

/// The sink is about to be paused: the delivery waits with it, and that is no time in which it is tried.
delivery_decision wait_for_the_sink(delivery_policy const& policy, delivery const& item, instant now,
                                    double unit) noexcept {
    return retry_at{.due = now + next_wait(policy.retries, item.attempts, unit), .tried_for = item.tried_for};
}

bool is_final(delivery_policy const& policy, delivery_cause cause) {
    return std::ranges::find(policy.park_at_once, cause) != policy.park_at_once.end();
}

}  // namespace

delivery_decision decide(delivery_policy const& policy, delivery const& item, attempt_outcome const& outcome,
                         instant now, double unit, duration budget_wait) {
    if (!outcome.failed) return delivered{};
    switch (outcome.then) {
        case attempt_outcome::hint::park: return park{*outcome.failed};
        case attempt_outcome::hint::pause_sink: return wait_for_the_sink(policy, item, now, unit);
        case attempt_outcome::hint::retry: return try_again(policy, item, outcome, now, unit, budget_wait);
        case attempt_outcome::hint::none:
            if (is_final(policy, *outcome.failed)) return park{*outcome.failed};
            return try_again(policy, item, outcome, now, unit, budget_wait);
    }
    return park{*outcome.failed};
}

delivery_decision wait_for_recovery(delivery_policy const& policy, delivery const& item, attempt_outcome const& failure,
                                    instant until, instant now) {
    if (item.tried_for >= policy.give_up_after) return give_up{failure.failed.value_or(delivery_cause::unavailable)};
    return defer{.due = until, .tried_for = item.tried_for + (until - now)};
}

duration review_period(delivery_policy const& policy) noexcept {
    return std::max(policy.give_up_after / 16, std::min<duration>(policy.give_up_after, 1min));
}

std::optional<delivery_cause> cause_of_status(int http_status) noexcept {
    if (http_status >= 200 && http_status < 300) return std::nullopt;
    if (http_status == 410) return delivery_cause::gone;
    switch (http_status / 100) {
        case 3: return delivery_cause::status_3xx;
        case 4: return delivery_cause::status_4xx;
        case 5: return delivery_cause::status_5xx;
        default: return delivery_cause::protocol;
    }
}

}  // namespace voicehook::core
