#include "sinks/pending_reports.hpp"

#include "async/nursery.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace voicehook::sinks {

namespace {

struct report {
    pending_reports::token to;
    core::attempt_outcome outcome;
};

}  // namespace

struct pending_reports::state {
    struct waiter {
        asio::steady_timer timer;
        std::optional<core::attempt_outcome> outcome;
    };

    explicit state(asio::any_io_executor on) : executor{std::move(on)} {}

    void settle(report item) {
        auto const found = waiters.find(item.to);
        if (found == waiters.end() || found->second.outcome) return;
        found->second.outcome = std::move(item.outcome);
        found->second.timer.cancel();
    }

    asio::any_io_executor executor;
    std::map<token, waiter> waiters;
    token last{};
    std::shared_ptr<mailbox> box;
};

/// What other threads put their reports into. It knows the book only while that lives: nothing is posted to an
/// io_context that may be gone.
struct pending_reports::mailbox {
    std::mutex guard;
    std::optional<asio::any_io_executor> home;  ///< nothing: closed
    std::weak_ptr<state> book;
    std::vector<report> letters;

    /// One turn of the io_context takes along whatever has come in by then.
    void put(std::shared_ptr<mailbox> self, report letter) {
        auto const lock = std::lock_guard{guard};
        if (!home) return;
        letters.push_back(std::move(letter));
        if (letters.size() == 1) asio::post(*home, [self = std::move(self)] { self->empty(); });
    }

    void empty() {
        auto taken = std::vector<report>{};
        {
            auto const lock = std::lock_guard{guard};
            taken.swap(letters);
        }
        auto const reader = book.lock();
        if (!reader) return;
        for (auto& letter : taken) reader->settle(std::move(letter));
    }

    void close() {
        auto const lock = std::lock_guard{guard};
        home.reset();
        letters.clear();
    }
};

pending_reports::pending_reports(asio::any_io_executor executor) : state_{std::make_shared<state>(executor)} {
    state_->box = std::make_shared<mailbox>();
    state_->box->home = std::move(executor);
    state_->box->book = state_;
}

pending_reports::~pending_reports() { state_->box->close(); }

pending_reports::seat::seat(std::shared_ptr<state> book) : book_{std::move(book)}, number_{++book_->last} {
    book_->waiters.try_emplace(number_, asio::steady_timer{book_->executor});
}

pending_reports::seat::~seat() { book_->waiters.erase(number_); }

awaitable<std::optional<core::attempt_outcome>> pending_reports::seat::wait(deadline until) {
    auto& mine = book_->waiters.at(number_);
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    if (!mine.outcome && !async::stopping(cancellation)) {
        mine.timer.expires_at(until.moment());
        co_await mine.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return std::move(mine.outcome);
}

pending_reports::seat pending_reports::take_seat() { return seat{state_}; }

pending_reports::poster pending_reports::make_poster() const { return poster{state_->box}; }

std::size_t pending_reports::size() const noexcept { return state_->waiters.size(); }

void pending_reports::poster::complete(token to, core::attempt_outcome outcome) const {
    box_->put(box_, {to, std::move(outcome)});
}

}  // namespace voicehook::sinks
