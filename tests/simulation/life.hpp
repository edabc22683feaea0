// One process life: its io_context, its clock, and its coroutines while they wait for the simulation.
#pragma once

#include "dice.hpp"
#include "ports/clock.hpp"
#include "scheduler.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace voicehook::simulation {

/// How a life's clock differs from true time.
struct clock_error {
    duration offset{};
    double rate{1};  ///< of its seconds: a clock that is being re-anchored runs fast or slow
};

/// Whether a coroutine that waits hears of its cancellation.
enum class while_waiting : std::uint8_t { deaf = 1, cancellable };

/// Everything that a process loses when it dies. Its coroutines run only from actions of the scheduler, one life at a
/// time, and always until each of them waits again.
class life final : public ports::clock, public std::enable_shared_from_this<life> {
public:
    /// A place in the list of what is waited for.
    using ticket = std::uint64_t;

    life(scheduler& time, dice& luck, clock_error error);
    ~life() override;
    life(life const&) = delete;
    life& operator=(life const&) = delete;

    [[nodiscard]] asio::io_context& io() noexcept { return io_; }
    [[nodiscard]] bool alive() const noexcept { return !over_; }
    [[nodiscard]] bool paused() const noexcept { return paused_until_ > time_.now(); }

    // ---- waiting ----

    [[nodiscard]] ticket new_ticket() noexcept { return ++last_ticket_; }
    /// Waits until somebody wakes the ticket.
    [[nodiscard]] awaitable<void> park(ticket place, while_waiting how);
    /// From inside of the life: the waiter goes on with the next turn. No waiter: no effect.
    void wake(ticket place);
    /// From an action of the scheduler: the waiter goes on now, or when the pause is over.
    void resume(ticket place);
    /// The same at a moment of true time.
    void resume_at(ticket place, instant when);
    /// Takes `span` of true time; a crash may come instead (see `on_passage`).
    [[nodiscard]] awaitable<void> pass(duration span);
    /// Runs what can run.
    void run() { io_.poll(); }

    /// Asked each time that a coroutine passes a point where the process may die; true: it has died.
    std::function<bool()> on_passage;

    /// Told first of all when it dies.
    std::function<void()> on_end;

    /// Stands still until then, like a stopped process: its timers come late, what others do to it waits.
    void pause_until(instant when);
    /// Dies: every coroutine is destroyed where it waits. What they refer to must still be there.
    void end();

    // ---- ports::clock ----

    [[nodiscard]] instant now() const override { return local(time_.now()); }
    [[nodiscard]] awaitable<void> sleep(duration span) override;
    [[nodiscard]] std::unique_ptr<ports::alarm> make_alarm() override;

private:
    friend class life_alarm;

    struct waiter {
        virtual ~waiter() = default;
        virtual void post(asio::io_context& io) = 0;
    };
    template <class Handler>
    struct waiter_of final : waiter {
        explicit waiter_of(Handler&& taken) : handler{std::move(taken)} {}
        void post(asio::io_context& io) override {
            // Without its executor: the handler runs on this io_context, and costs one allocation less.
            asio::post(io, [taken = std::move(handler)]() mutable { std::move(taken)(); });
        }
        Handler handler;
    };
    template <class Handler>
    void keep(ticket place, while_waiting how, Handler handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (how == while_waiting::cancellable && slot.is_connected())
            slot.assign([this, place](asio::cancellation_type) { wake(place); });
        waiting_.emplace(place, std::make_unique<waiter_of<Handler>>(std::move(handler)));
    }

    [[nodiscard]] instant local(instant world) const noexcept;
    [[nodiscard]] instant world(instant local) const noexcept;
    void go_on();

    scheduler& time_;
    dice& luck_;
    instant born_;
    clock_error error_;
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> open_{io_.get_executor()};
    std::unordered_map<ticket, std::unique_ptr<waiter>> waiting_;
    std::vector<ticket> late_;  ///< to be resumed when the pause is over
    ticket last_ticket_{};
    instant paused_until_{};
    bool over_{};
};

}  // namespace voicehook::simulation
