// Deliveries that wait for a broker's report, which arrives later, under a token, on a thread of the broker's library.
#pragma once

#include "base/deadline.hpp"
#include "core/delivery_policy.hpp"
#include "ports/awaitable.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace voicehook::sinks {

/// Used on the network thread, but for its posters. Holds one entry per delivery under way, and nothing for those that
/// have ended: a report that comes too late is dropped.
class pending_reports {
    struct state;
    struct mailbox;

public:
    using token = std::uint64_t;

    explicit pending_reports(asio::any_io_executor executor);
    /// Its posters post nothing any more from then on, not even one that is doing so right now.
    ~pending_reports();
    pending_reports(pending_reports const&) = delete;
    pending_reports& operator=(pending_reports const&) = delete;

    /// One delivery's place in the book, for as long as the object lives. Take it before sending: a report may be
    /// quicker than the wait for it.
    class seat {
    public:
        ~seat();
        seat(seat const&) = delete;
        seat& operator=(seat const&) = delete;

        /// What the report must name: never given out twice, never 0.
        [[nodiscard]] token number() const noexcept { return number_; }

        /// The report, at once if it has come already; nothing when `until` passes or the coroutine is cancelled.
        [[nodiscard]] awaitable<std::optional<core::attempt_outcome>> wait(deadline until);

    private:
        friend class pending_reports;
        explicit seat(std::shared_ptr<state> book);

        std::shared_ptr<state> book_;
        token number_;
    };
    [[nodiscard]] seat take_seat();

    /// Takes reports from any thread to those that wait, in order. Copies are cheap; it may outlive the book, the sink
    /// and the io_context. Never blocks for the network thread.
    class poster {
    public:
        void complete(token to, core::attempt_outcome outcome) const;

    private:
        friend class pending_reports;
        explicit poster(std::shared_ptr<mailbox> box) : box_{std::move(box)} {}

        std::shared_ptr<mailbox> box_;
    };
    [[nodiscard]] poster make_poster() const;

    /// How many wait.
    [[nodiscard]] std::size_t size() const noexcept;

private:
    std::shared_ptr<state> state_;
};

}  // namespace voicehook::sinks
