// One connection that many deliveries share: what waits goes out in one piece, whoever finds nobody at it works for
// all.
#pragma once

#include "async/nursery.hpp"
#include "base/deadline.hpp"
#include "base/random.hpp"
#include "core/delivery_policy.hpp"
#include "core/retry_schedule.hpp"
#include "ports/awaitable.hpp"
#include "sinks/line_figures.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::sinks {

struct line_settings {
    core::retry_schedule reconnects{100ms, 5s};
    std::optional<line_figures> figures{};  ///< nothing: nobody is told
};

/// The queue, the turns and the waits between connections; the protocol is a derived class's. A request has its
/// `bytes`. Nothing of it runs while nobody asks. Used on one thread.
template <class Request, class Answer>
class shared_line {
public:
    /// What the far side said, or why it said nothing.
    using answer = std::expected<Answer, core::attempt_outcome>;

    shared_line(shared_line const&) = delete;
    shared_line& operator=(shared_line const&) = delete;

    /// Sends the request and returns what was answered, or why nothing was: the far side could not be reached or would
    /// not have us, or the connection ended (`reset`: whether it counted is not known), or `until` passed. What could
    /// not be sent while a fifth of its time was left is not sent at all. After a connection that failed the next one
    /// waits a little, within `until`.
    [[nodiscard]] awaitable<answer> ask(Request what, deadline until) {
        auto const mine = make_errand(std::move(what), until);
        auto const place = seat{*this, mine};
        while (!mine->outcome) {
            auto const cancellation = co_await asio::this_coro::cancellation_state;
            if (async::stopping(cancellation)) co_return std::unexpected{cancelled()};
            if (working_ == worker::nobody) {
                co_await work_for_all();
                continue;
            }
            auto const waits = is_waiting(mine);
            if (waits && mine->send_by.passed()) co_return std::unexpected{too_late()};
            // Once it is being sent the connection has a limit for it.
            mine->turn.expires_at(waits ? mine->send_by.moment() : asio::steady_timer::time_point::max());
            static_cast<void>(co_await mine->turn.async_wait(asio::as_tuple(asio::use_awaitable)));
        }
        co_return std::move(*mine->outcome);
    }

    /// What is under way is finished, but nothing more is shown.
    void retire() {
        if (figures_) figures_->clear();
        figures_.reset();
    }

protected:
    /// A request on its way.
    struct errand {
        Request request;
        deadline until;           ///< for its answer
        deadline send_by;         ///< later it would leave those that go with it too little time for theirs
        asio::steady_timer turn;  ///< cancelled when its owner has something to look at
        std::optional<answer> outcome;

        errand(asio::any_io_executor const& executor, Request what, deadline limit)
            : request{std::move(what)}, until{limit}, send_by{limit.within(limit.left() * 4 / 5)}, turn{executor} {}

        void settle(answer found) {
            if (outcome) return;
            outcome = std::move(found);
            turn.cancel();
        }
    };
    using batch = std::vector<std::shared_ptr<errand>>;
    using problem = std::optional<core::attempt_outcome>;

    shared_line(asio::any_io_executor executor, line_settings settings)
        : executor_{std::move(executor)}, reconnects_{settings.reconnects}, figures_{std::move(settings.figures)} {}
    virtual ~shared_line() = default;

    /// Whether there is a connection that can be used; may try it, briefly.
    [[nodiscard]] virtual awaitable<bool> is_ready(deadline until) = 0;
    /// Connects and logs in; nothing when all went well.
    [[nodiscard]] virtual awaitable<problem> open(deadline until) = 0;
    /// Sends what the errands say and settles them as answers come. Whatever ends it early is told, and then nothing
    /// more can be sent or read; those without an answer get it.
    [[nodiscard]] virtual awaitable<problem> exchange(batch const& errands, deadline until) = 0;
    virtual void hang_up() noexcept = 0;

    [[nodiscard]] std::shared_ptr<errand> make_errand(Request what, deadline until) const {
        return std::make_shared<errand>(executor_, std::move(what), until);
    }

    [[nodiscard]] static std::string join(batch const& errands) {
        auto bytes = std::string{};
        for (auto const& item : errands) bytes += item->request.bytes;
        return bytes;
    }

    [[nodiscard]] asio::any_io_executor const& executor() const noexcept { return executor_; }

private:
    static constexpr std::size_t batch_bytes = 4 * 1024 * 1024;

    /// An errand's place among those that wait. Leaving early, by cancellation, takes it back and stalls nobody.
    class seat {
    public:
        seat(shared_line& owner, std::shared_ptr<errand> mine) : line_{owner}, mine_{std::move(mine)} {
            line_.waiting_.push_back(mine_);
            line_.count_seats(line_.seats_ + 1);
        }
        ~seat() {
            std::erase(line_.waiting_, mine_);
            line_.count_seats(line_.seats_ - 1);
            line_.wake_next();
        }
        seat(seat const&) = delete;
        seat& operator=(seat const&) = delete;

    private:
        shared_line& line_;
        std::shared_ptr<errand> mine_;
    };

    /// The right to use the connection.
    class turn {
    public:
        explicit turn(shared_line& owner) : line_{owner} { line_.working_ = worker::somebody; }
        ~turn() {
            line_.working_ = worker::nobody;
            line_.wake_next();
        }
        turn(turn const&) = delete;
        turn& operator=(turn const&) = delete;

    private:
        shared_line& line_;
    };

    class farewell {
    public:
        explicit farewell(batch const& errands) : errands_{errands} {}
        ~farewell() {
            for (auto const& item : errands_) item->settle(std::unexpected{cancelled()});
        }
        farewell(farewell const&) = delete;
        farewell& operator=(farewell const&) = delete;

    private:
        batch const& errands_;
    };

    /// After an exception nobody knows how far the conversation had come: nobody goes on with it.
    [[nodiscard]] awaitable<void> work_for_all() {
        auto const mine = turn{*this};
        try {
            co_await connect_and_exchange();
        } catch (...) {
            hang_up();
            throw;
        }
    }

    [[nodiscard]] awaitable<void> connect_and_exchange() {
        settle_late();
        if (waiting_.empty()) co_return;
        auto const until = waiting_.front()->send_by;
        auto const found = co_await make_ready(until);
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (async::stopping(cancellation)) co_return;
        if (found) {
            settle_waiting(*found, until);
            co_return;
        }
        settle_late();
        if (!waiting_.empty()) co_await exchange_all(take_batch());
    }

    /// Sends in one piece and sees to it that nobody is left waiting, however it ends.
    [[nodiscard]] awaitable<void> exchange_all(batch errands) {
        auto const leftovers = farewell{errands};
        auto until = errands.front()->until;
        for (auto const& item : errands) until = deadline::at(std::min(until.moment(), item->until.moment()));
        auto const began = deadline::clock::now();
        auto const found = co_await exchange(errands, until);
        if (!found && figures_) figures_->answered(deadline::clock::now() - began);
        if (!found) co_return;
        hang_up();
        if (figures_) figures_->connection_failed();
        for (auto const& item : errands) item->settle(std::unexpected{*found});
    }

    [[nodiscard]] awaitable<problem> make_ready(deadline until) {
        auto const ready = co_await is_ready(until);
        if (ready) co_return std::nullopt;
        hang_up();
        if (!next_try_.passed()) {
            // Half of what is left, so that there is time to connect.
            auto timer =
                asio::steady_timer{executor_, std::min(next_try_.moment(), until.within(until.left() / 2).moment())};
            static_cast<void>(co_await timer.async_wait(asio::as_tuple(asio::use_awaitable)));
        }
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (async::stopping(cancellation)) co_return cancelled();

        auto found = co_await open(until);
        failures_ = found ? failures_ + 1 : 0;
        if (found) {
            hang_up();
            if (figures_) figures_->connection_failed();
            next_try_ = deadline::in(core::next_wait(reconnects_, failures_, random_unit()));
        }
        co_return found;
    }

    [[nodiscard]] batch take_batch() {
        auto taken = batch{};
        auto bytes = std::size_t{};
        while (!waiting_.empty() && bytes < batch_bytes) {
            bytes += waiting_.front()->request.bytes.size();
            taken.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
        return taken;
    }

    void count_seats(std::size_t seats) {
        seats_ = seats;
        if (figures_) figures_->waiting(seats);
    }

    [[nodiscard]] bool is_waiting(std::shared_ptr<errand> const& item) const {
        return std::ranges::find(waiting_, item) != waiting_.end();
    }

    /// All that are sent in one piece end with the first of them whose time is over.
    void settle_late() {
        std::erase_if(waiting_, [](auto const& item) {
            if (!item->send_by.passed()) return false;
            item->settle(std::unexpected{too_late()});
            return true;
        });
    }

    /// A try that ended because the time of one of them was over says nothing to those who have time for the next.
    void settle_waiting(core::attempt_outcome const& outcome, deadline of_the_try) {
        auto const out_of_time = of_the_try.passed();
        std::erase_if(waiting_, [&](auto const& item) {
            if (out_of_time && item->send_by.moment() > next_try_.moment()) return false;
            item->settle(std::unexpected{outcome});
            return true;
        });
    }

    void wake_next() {
        if (working_ == worker::nobody && !waiting_.empty()) waiting_.front()->turn.cancel();
    }

    [[nodiscard]] static core::attempt_outcome cancelled() {
        return {.failed = core::delivery_cause::reset, .answer = "cancelled"};
    }
    [[nodiscard]] static core::attempt_outcome too_late() {
        return {.failed = core::delivery_cause::timeout, .answer = "no time was left to send it"};
    }

    asio::any_io_executor executor_;
    core::retry_schedule reconnects_;
    std::optional<line_figures> figures_;
    std::size_t seats_{};
    std::deque<std::shared_ptr<errand>> waiting_;
    std::uint32_t failures_{};  ///< connections that failed, in a row
    deadline next_try_{deadline::at({})};
    enum class worker : unsigned char { nobody, somebody } working_{worker::nobody};
};

}  // namespace voicehook::sinks
