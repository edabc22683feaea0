#include "life.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cmath>

namespace voicehook::simulation {

/// An alarm on the clock of a life.
class life_alarm final : public ports::alarm {
public:
    explicit life_alarm(life& owner) : owner_{owner} {}

    void ring() override {
        rung_ = true;
        owner_.wake(place_);
    }
    awaitable<void> wait_until(instant due) override {
        if (!rung_ && due > owner_.now()) {
            place_ = owner_.new_ticket();
            if (due != never) owner_.resume_at(place_, owner_.world(due));
            co_await owner_.park(place_, while_waiting::cancellable);
        }
        rung_ = false;
    }

private:
    life& owner_;
    life::ticket place_{};
    bool rung_{};
};

life::life(scheduler& time, dice& luck, clock_error error)
    : time_{time}, luck_{luck}, born_{time.now()}, error_{error} {}

life::~life() = default;

instant life::local(instant world) const noexcept {
    auto const lived = static_cast<double>((world - born_).count()) * error_.rate;
    return born_ + error_.offset + duration{static_cast<duration::rep>(std::floor(lived))};
}

instant life::world(instant local) const noexcept {
    auto const lived = static_cast<double>((local - born_ - error_.offset).count()) / error_.rate;
    return born_ + duration{static_cast<duration::rep>(std::ceil(lived))};
}

awaitable<void> life::park(ticket place, while_waiting how) {
    return asio::async_initiate<asio::use_awaitable_t<> const, void()>(
        [this, place, how](auto handler) { keep(place, how, std::move(handler)); }, asio::use_awaitable);
}

void life::wake(ticket place) {
    auto const found = waiting_.find(place);
    if (found == waiting_.end()) return;
    auto const woken = std::move(found->second);
    waiting_.erase(found);
    woken->post(io_);
}

void life::resume(ticket place) {
    if (over_ || !waiting_.contains(place)) return;
    if (paused()) {
        late_.push_back(place);
        return;
    }
    wake(place);
    run();
}

void life::resume_at(ticket place, instant when) {
    time_.at(when, [self = weak_from_this(), place] {
        if (auto const alive = self.lock()) alive->resume(place);
    });
}

awaitable<void> life::pass(duration span) {
    auto const place = new_ticket();
    time_.after(span, [self = weak_from_this(), place] {
        auto const alive = self.lock();
        if (!alive || alive->over_) return;
        if (alive->on_passage && alive->on_passage()) return;
        alive->resume(place);
    });
    return park(place, while_waiting::deaf);
}

void life::pause_until(instant when) {
    paused_until_ = std::max(paused_until_, when);
    time_.at(when, [self = weak_from_this()] {
        if (auto const alive = self.lock()) alive->go_on();
    });
}

void life::go_on() {
    if (over_ || paused()) return;
    auto late = std::exchange(late_, {});
    luck_.shuffle(late);
    for (auto const place : late) wake(place);
    run();
}

void life::end() {
    over_ = true;
    if (on_end) on_end();
    // Destroying a waiter posts the unwinding of its coroutine; what that rings finds nobody.
    std::exchange(waiting_, {}).clear();
    run();
}

awaitable<void> life::sleep(duration span) {
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    auto const place = new_ticket();
    resume_at(place, world(now() + span));
    co_await park(place, while_waiting::cancellable);
}

std::unique_ptr<ports::alarm> life::make_alarm() { return std::make_unique<life_alarm>(*this); }

}  // namespace voicehook::simulation
