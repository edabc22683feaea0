// Tells whoever waits for a task that it changed: long polls, submissions that wait for a verdict, event streams.
#pragma once

#include "async/wake.hpp"
#include "base/deadline.hpp"
#include "base/ids.hpp"
#include "core/task.hpp"
#include "ports/awaitable.hpp"
#include "ports/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

namespace voicehook::flows {

/// In-process only: another replica's changes are found by reading the store. One thread.
class task_watch {
    struct waiter {
        explicit waiter(asio::any_io_executor executor) : wake{std::move(executor)} {}
        async::wake wake;
        std::shared_ptr<core::task const> latest;
    };

public:
    /// Hears of one task for as long as it lives.
    class subscription {
    public:
        ~subscription();
        subscription(subscription const&) = delete;
        subscription& operator=(subscription const&) = delete;

        /// Returns the task as of its latest change since the last call; nothing when `until` has passed, when the
        /// watch was interrupted, or when the coroutine is cancelled.
        [[nodiscard]] awaitable<std::shared_ptr<core::task const>> next(deadline until);

    private:
        friend class task_watch;
        subscription(task_watch& owner, task_id id);

        task_watch& owner_;
        task_id id_;
        waiter waiter_;
    };

    explicit task_watch(asio::any_io_executor executor) : executor_{std::move(executor)} {}

    /// Subscribe before reading the task, so that no change falls in between.
    [[nodiscard]] std::unique_ptr<subscription> subscribe(task_id id);

    /// `item` is durable as it is here.
    void changed(core::task const& item);

    /// The service is draining: everybody answers with what is known, now and from now on.
    void interrupt();
    [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }

private:
    asio::any_io_executor executor_;
    std::unordered_multimap<task_id, waiter*> waiters_;
    bool interrupted_{};
};

/// Whether a task may have changed since it was read: then it is read again, once the watch listens.
enum class freshness : unsigned char { fresh = 1, perhaps_stale };

/// Waits until `satisfied` holds for the task, at the latest until `until` or until the watch is interrupted, and
/// returns the task as it is then. `satisfied` must own what it needs; the references must outlive the call.
[[nodiscard]] awaitable<core::task> follow(task_watch& watch, ports::store& store, core::task item, freshness state,
                                           std::function<bool(core::task const&)> satisfied, deadline until);

}  // namespace voicehook::flows
