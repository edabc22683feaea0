// What the outcome of one delivery attempt leads to: delivered, tried again, parked, or the sink paused.
#pragma once

#include "core/delivery.hpp"
#include "core/retry_schedule.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace voicehook::core {

/// What a sink reports of one attempt.
struct attempt_outcome {
    std::optional<delivery_cause> failed;  ///< nothing: delivered
    std::string answer;                    ///< for people: "HTTP 200" or what failed
    std::optional<duration> retry_after;   ///< asked for by the sink (429, 503)
    enum class hint : std::uint8_t {
        none,
        pause_sink,
        park,
        retry,  ///< only a matter of time (408, 429): `park_at_once` does not count
    } then{hint::none};
    std::string head;  ///< the beginning of the sink's answer, for the timeline; empty without one
};

struct delivery_policy {
    retry_schedule retries{1s, 1h};
    duration give_up_after{24h};                 ///< of waiting while the sink was not paused
    std::vector<delivery_cause> park_at_once{};  ///< causes that no retry is worth
};

struct delivered {};
struct retry_at {
    instant due;
    duration tried_for;
};
struct park {
    delivery_cause cause{};
};
/// Not attempted at all, and not counted as an attempt: its destination is busy, or ill and then the wait counts.
struct defer {
    instant due;
    duration tried_for;
};
/// Parked without another attempt, because its far side was ill for as long as it is tried.
struct give_up {
    delivery_cause cause{};
};
using delivery_decision = std::variant<delivered, retry_at, park, defer, give_up>;

/// The decision for attempt number `item.attempts` (already counted). Retries with full jitter, at least the sink's
/// Retry-After (capped at `longest`) and the retry budget's wait, until the waits add up to `give_up_after`. Pure.
[[nodiscard]] delivery_decision decide(delivery_policy const& policy, delivery const& item,
                                       attempt_outcome const& outcome, instant now, double unit,
                                       duration budget_wait = {});

/// The decision for a delivery that was claimed and not attempted, since its destination, ill with `failure`, takes
/// nothing before `until` (≥ `now`). Pure.
[[nodiscard]] delivery_decision wait_for_recovery(delivery_policy const& policy, delivery const& item,
                                                  attempt_outcome const& failure, instant until, instant now);

/// How long a delivery for an ill far side waits between two looks at it: a sixteenth of `give_up_after`, but a minute
/// or all of it at least, so that nothing is tried for much longer and the store is hardly disturbed. Pure.
[[nodiscard]] duration review_period(delivery_policy const& policy) noexcept;

/// The cause an HTTP answer stands for; nothing for 2xx.
[[nodiscard]] std::optional<delivery_cause> cause_of_status(int http_status) noexcept;

}  // namespace voicehook::core
