// A bounded queue of jobs between the network thread and one store thread.
#pragma once

#include "base/time.hpp"
#include "store/lanes/job.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace voicehook::store::lanes {

/// How much one `take` gives.
struct batch_limits {
    std::size_t jobs{64};
    std::size_t bytes{1024 * 1024};
};

/// Safe from any thread. Once closed it gives out what it has and takes no more.
class job_queue {
public:
    explicit job_queue(std::size_t capacity) : capacity_{capacity} {}

    /// Takes the job, or completes it at once with `store_busy` when full, `stopping` when closed.
    void offer(std::unique_ptr<job> work);

    /// Waits for jobs and takes those that are there, at least one, within the limits. Nothing when closed and empty,
    /// or when `idle` has passed without any.
    [[nodiscard]] std::vector<std::unique_ptr<job>> take(batch_limits limits, std::optional<duration> idle);

    void close();
    /// Closed and empty: its thread may end.
    [[nodiscard]] bool is_over() const;

    /// The thread has ended: runs what waits for that, now and later ones at once.
    void finish();
    /// Runs `then` when the thread has ended, on that thread; at once if it has.
    void when_finished(std::move_only_function<void()> then);

private:
    std::size_t const capacity_;
    mutable std::mutex guard_;
    std::condition_variable changed_;
    std::deque<std::unique_ptr<job>> waiting_;
    std::vector<std::move_only_function<void()>> at_end_;
    bool closed_{};
    bool finished_{};
};

}  // namespace voicehook::store::lanes
