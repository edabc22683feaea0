// What happened lately that somebody who watches wants to see: the last few hundred events, numbered.
#pragma once

#include "async/wake.hpp"
#include "base/deadline.hpp"
#include "base/ids.hpp"
#include "base/names.hpp"
#include "base/time.hpp"
#include "ports/awaitable.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace voicehook::flows {

enum class happening : std::uint8_t {
    accepted = 1,  ///< a task is durable
    unknown,       ///< whether the provider has a task is not known
    ended,
    contradicted,  ///< two terminal results, or the provider stands by the other one
    parked,        ///< a delivery was given up
    sink_paused,   ///< the sink asked for it
    action,        ///< by an operator
    unrouted,      ///< a result that no sink takes
    sink_down,     ///< its breaker opened
    sink_up,
};

/// One event. The texts that tell nothing here are absent.
struct activity_entry {
    instant at;
    happening kind{};
    std::optional<task_id> task;
    std::optional<caller_name> caller;
    std::optional<sink_name> sink;
    std::string detail;   ///< for people; cut after 200 bytes
    std::uint64_t seq{};  ///< given by `activity`
};

/// Keeps the last 512 events, less than half a megabyte. Never slows down who reports: whoever watches looks when they
/// can, and learns how many events they missed. In-process only. One thread.
class activity {
    struct watcher {
        explicit watcher(asio::any_io_executor executor) : wake{std::move(executor)} {}
        async::wake wake;
        bool wants_events{};
    };

public:
    static constexpr std::size_t kept = 512;

    /// Listens for as long as it lives.
    class subscription {
    public:
        explicit subscription(activity& owner);
        ~subscription();
        subscription(subscription const&) = delete;
        subscription& operator=(subscription const&) = delete;

        /// Both return at `until`, when the activity is interrupted, or when the coroutine is cancelled; the first also
        /// when something has happened after the event number `seen`.
        [[nodiscard]] awaitable<void> next(std::uint64_t seen, deadline until);
        [[nodiscard]] awaitable<void> pause(deadline until);

    private:
        activity& owner_;
        watcher watcher_;
    };

    /// Events are numbered from `first` on. From the wall clock's microseconds numbers grow over restarts too.
    activity(asio::any_io_executor executor, std::uint64_t first)
        : executor_{std::move(executor)}, first_{first}, next_{first} {}

    void note(activity_entry what);

    struct excerpt {
        std::uint64_t skipped{};  ///< events after `seen` that are not among the entries
        std::vector<activity_entry> entries;
    };
    /// The latest `at_most` of what happened after the event number `seen`.
    [[nodiscard]] excerpt after(std::uint64_t seen, std::size_t at_most) const;
    /// The number of the latest event; one less than `first` before there was any.
    [[nodiscard]] std::uint64_t newest() const noexcept { return next_ - 1; }
    /// What to pass to `after` to see the latest `count` events at first.
    [[nodiscard]] std::uint64_t before_latest(std::size_t count) const;
    /// Whether this process gave that number to an event.
    [[nodiscard]] bool numbered(std::uint64_t seq) const noexcept { return seq >= first_ && seq < next_; }

    /// The service is draining: everybody who waits returns, now and from now on.
    void interrupt();
    [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }

private:
    asio::any_io_executor executor_;
    std::uint64_t first_;
    std::uint64_t next_;
    std::deque<activity_entry> entries_;
    std::unordered_set<watcher*> watchers_;
    bool interrupted_{};
};

}  // namespace voicehook::flows

namespace voicehook {
template <>
inline constexpr auto names_of<flows::happening> =
    std::array{entry(flows::happening::accepted, "accepted"),   entry(flows::happening::unknown, "unknown"),
               entry(flows::happening::ended, "ended"),         entry(flows::happening::contradicted, "contradicted"),
               entry(flows::happening::parked, "parked"),       entry(flows::happening::sink_paused, "sink_paused"),
               entry(flows::happening::action, "action"),       entry(flows::happening::unrouted, "unrouted"),
               entry(flows::happening::sink_down, "sink_down"), entry(flows::happening::sink_up, "sink_up")};
}
