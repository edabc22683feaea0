// Every task the simulator remembers, found by id, by Idempotency-Key or in order.
#pragma once

#include "tests/simulator/dice.hpp"
#include "tests/simulator/task.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace simulator {

using task_ptr = std::shared_ptr<task>;

/// What was counted since the start.
struct counters {
    std::uint64_t creates = 0;  ///< paid
    std::uint64_t submits = 0;  ///< requests
    std::uint64_t replays = 0;
    std::uint64_t queries = 0;
    std::uint64_t attempts = 0;      ///< of true callbacks
    std::uint64_t acknowledged = 0;  ///< deliveries with a 2xx
    std::uint64_t given_up = 0;      ///< deliveries without one
    std::uint64_t hostile = 0;       ///< hostile requests sent
    std::uint64_t control = 0;       ///< callbacks asked for at the control endpoint
};

/// Owns the tasks. Remembers all that are at work and a limited number of those that are over; the oldest go first,
/// together with their Idempotency-Key.
class task_book {
public:
    task_book(dice chances, std::size_t finished_kept, std::int64_t credits)
        : chances_{chances}, finished_kept_{finished_kept}, credits_{credits} {}

    /// Enters a paid task with its number, id and voice name, and charges it. Of two tasks with the same key the first
    /// keeps it.
    [[nodiscard]] task_ptr create(voice_request request, std::string body, std::string key, std::int64_t unix_seconds);

    /// The number that the next task will get.
    [[nodiscard]] std::uint64_t next_number() const noexcept { return numbers_.creates + 1; }

    /// The task, or null.
    [[nodiscard]] task_ptr find(std::string_view id) const;

    /// The task that owns this Idempotency-Key, or null.
    [[nodiscard]] task_ptr find_key(std::string_view key) const;

    /// Tells that nothing more will happen to this task by itself; it may be forgotten from now on.
    void over(task_ptr const& item);

    /// All tasks, oldest first.
    [[nodiscard]] std::map<std::uint64_t, task_ptr> const& in_order() const noexcept { return by_number_; }

    /// What is left from now on; nothing: no limit.
    void set_credits_left(std::optional<std::int64_t> left) noexcept;
    /// Nothing: no limit.
    [[nodiscard]] std::optional<std::int64_t> credits_left() const noexcept;
    [[nodiscard]] bool can_pay_for_a_voice() const noexcept;
    [[nodiscard]] std::int64_t credits_used() const noexcept;

    [[nodiscard]] counters& count() noexcept { return numbers_; }
    [[nodiscard]] counters const& count() const noexcept { return numbers_; }

private:
    dice chances_;
    std::size_t finished_kept_;
    std::optional<std::int64_t> credits_;  ///< the used ones included
    counters numbers_;
    std::map<std::uint64_t, task_ptr> by_number_;
    std::unordered_map<std::string, task_ptr> by_id_;
    std::unordered_map<std::string, task_ptr> by_key_;
    std::deque<std::uint64_t> finished_;
};

}  // namespace simulator
