#include "manual_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace voicehook::test {

class manual_alarm final : public ports::alarm {
public:
    manual_alarm(asio::io_context& io, manual_clock& clock) : timer_{io}, clock_{clock} {}

    void ring() override {
        rung_ = true;
        timer_.cancel();
    }

    awaitable<void> wait_until(instant due) override {
        if (!rung_ && due > clock_.now()) co_await clock_.wait(timer_, due);
        rung_ = false;
    }

private:
    asio::steady_timer timer_;
    manual_clock& clock_;
    bool rung_{};
};

awaitable<void> manual_clock::wait(asio::steady_timer& timer, instant due) {
    auto const place = waiting_.emplace(due, &timer);
    timer.expires_at(asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    waiting_.erase(place);
}

awaitable<void> manual_clock::sleep(duration span) {
    asio::steady_timer timer{io_};
    co_await wait(timer, now_ + span);
}

std::unique_ptr<ports::alarm> manual_clock::make_alarm() { return std::make_unique<manual_alarm>(io_, *this); }

std::optional<instant> manual_clock::next() const {
    if (waiting_.empty() || waiting_.begin()->first == ports::alarm::never) return std::nullopt;
    return waiting_.begin()->first;
}

void manual_clock::settle() {
    io_.restart();
    io_.poll();
}

void manual_clock::advance_to(instant moment) {
    settle();
    for (auto due = next(); due && *due <= moment; due = next()) {
        now_ = std::max(now_, *due);
        auto const [first, last] = waiting_.equal_range(*due);
        for (auto entry = first; entry != last; ++entry) entry->second->cancel();
        settle();
    }
    now_ = std::max(now_, moment);
    settle();
}

}  // namespace voicehook::test
