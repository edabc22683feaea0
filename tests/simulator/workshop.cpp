#include "tests/simulator/workshop.hpp"

#include "tests/simulator/answers.hpp"

#include <utility>

namespace simulator {
namespace {

using namespace std::chrono_literals;

constexpr auto usual_query_lag = 3000ms;

delivery delivery_of(task const& item, outcome how, std::string_view kind) {
    return {.body = ended_body(item, how, item.plan.shape),
            .status = std::string{ended_status(how, item.plan.shape)},
            .kind = std::string{kind}};
}

void end(task& item) {
    item.ended = item.plan.ending;
    item.ended_at = steady::now();
}

}  // namespace

awaitable<void> workshop::begin(task_ptr item) {
    if (item->plan.manner != callback_manner::before_response || item->request.callback_url.empty()) {
        workers_.spawn(live(item));
        co_return;
    }
    end(*item);
    auto first = delivery_of(*item, *item->ended, "callback");
    co_await be_hostile(item, first);
    co_await post_.attempt(item, first);
    workers_.spawn(finish_delivery(item, std::move(first)));
}

awaitable<void> workshop::live(task_ptr item) {
    co_await pause(item->plan.work);
    end(*item);
    if (!item->request.callback_url.empty() && item->plan.manner != callback_manner::never) {
        co_await pause(item->plan.callback_delay);
        co_await call_back(item);
    }
    book_.over(item);
}

awaitable<void> workshop::call_back(task_ptr item) {
    auto first = delivery_of(*item, *item->ended, "callback");
    auto const manner = item->plan.manner;
    if (manner == callback_manner::lost_2xx) first.ears = delivery::hearing::deaf_once;
    co_await be_hostile(item, first);

    auto again = first;
    again.kind = "duplicate";
    if (manner == callback_manner::contradict || manner == callback_manner::contradict_kept) {
        co_await contradict(item, std::move(first));
    } else if (manner == callback_manner::twice_at_once) {
        workers_.spawn(post_.deliver(item, std::move(again)));
        co_await post_.deliver(item, std::move(first));
    } else {
        co_await post_.deliver(item, std::move(first));
        if (manner == callback_manner::twice) co_await post_.deliver(item, std::move(again));
    }
}

awaitable<void> workshop::contradict(task_ptr item, delivery first) {
    co_await post_.deliver(item, std::move(first));
    auto const other = item->plan.ending == outcome::completed ? outcome::failed : outcome::completed;
    auto second = delivery_of(*item, other, "contradiction");
    if (item->plan.manner == callback_manner::contradict) item->ended = other;
    co_await post_.deliver(item, std::move(second));
}

awaitable<void> workshop::finish_delivery(task_ptr item, delivery begun) {
    co_await post_.deliver(item, std::move(begun));
    book_.over(item);
}

awaitable<void> workshop::be_hostile(task_ptr item, delivery const& first) {
    if (!item->plan.intruder) co_return;
    co_await post_.send_hostile(item, *item->plan.intruder, first.body, first.status);
}

task_plan plan_task(fault_book& faults, std::uint64_t number, std::chrono::milliseconds usual_work) {
    return {.work = faults.take(delay::work, number).value_or(usual_work),
            .callback_delay = faults.take(delay::callback, number).value_or(0ms),
            .query_lag = faults.take(delay::query_lag, number).value_or(usual_query_lag),
            .ending = faults.take<outcome>(number).value_or(outcome::completed),
            .manner = faults.take<callback_manner>(number),
            .shape = faults.take<body_shape>(number),
            .intruder = faults.take<hostile>(number)};
}

}  // namespace simulator
