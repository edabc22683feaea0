// What every worker loop of the flows does the same way.
#pragma once

#include "async/nursery.hpp"
#include "base/deadline.hpp"
#include "base/failure.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/trace_context.hpp"
#include "flows/due_bell.hpp"
#include "ports/awaitable.hpp"
#include "ports/clock.hpp"
#include "telemetry/metrics.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace voicehook::flows {

/// How many items a worker claims at once.
inline constexpr std::size_t claim_limit = 64;
/// How long a worker waits after a claim that the store refused.
inline constexpr duration claim_again = 1s;

/// How long a worker that claims sleeps at most. Bells are rung by who learns of a change; a change whose answer got
/// lost, and one that another process made, are found by looking.
inline constexpr duration look_again = 1min;

/// What one turn of a worker's loop came to.
enum class turn : unsigned char {
    done = 1,  ///< sleep until the bell rings
    failed,    ///< try again in `claim_again`
    retired,   ///< this worker is not needed any more
};

/// The loop of every worker: sleep until something is due, take a turn, until told to stop. An exception that leaves a
/// turn is logged, counted and counts as a failed one: a surprise must not end a worker for good. `bell` and `clock`
/// must outlive it.
[[nodiscard]] awaitable<void> work_when_due(std::string_view name, due_bell& bell, ports::clock const& clock,
                                            telemetry::metrics& metrics, std::function<awaitable<turn>()> take_turn);

/// After a claim: wakes the worker when the next of its kind is due, in `look_again` at the latest.
void ring_for_next(due_bell& bell, std::optional<instant> next_due, instant now);

/// A root coroutine begins with this: a cancellation is then asked for, not thrown.
[[nodiscard]] awaitable<void> ignore_cancellation_errors();

/// Whether the coroutine that asks has been told to stop.
[[nodiscard]] awaitable<bool> is_stopping();

/// Waits until `work` is done, at the latest until `until`, then cancels the rest and waits for that.
[[nodiscard]] awaitable<void> finish_by(async::nursery& work, deadline until);

/// For a nursery: counts exceptions that ended one of its coroutines. `metrics` must outlive it.
[[nodiscard]] std::function<void(std::string_view)> count_failures(telemetry::metrics& metrics);

/// Whether the store may take the same operation a moment later.
[[nodiscard]] bool worth_repeating(failure const& why) noexcept;

/// How bad it is that the store failed an operation: a lost lease is only debugging news.
[[nodiscard]] log_level level_of(failure const& why) noexcept;

/// One line for a store operation that failed.
void log_failure(std::string_view event, std::string_view what, failure const& why);

/// The same for an operation on one task, in a trace.
void log_failure(std::string_view event, std::string_view what, task_id const& task, trace_id const& trace,
                 failure const& why);

}  // namespace voicehook::flows
