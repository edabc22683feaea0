#include "flows/task_watch.hpp"

namespace voicehook::flows {

task_watch::subscription::subscription(task_watch& owner, task_id id)
    : owner_{owner}, id_{std::move(id)}, waiter_{owner.executor_} {
    owner_.waiters_.emplace(id_, &waiter_);
}

task_watch::subscription::~subscription() {
    auto const [first, last] = owner_.waiters_.equal_range(id_);
    for (auto entry = first; entry != last; ++entry) {
        if (entry->second != &waiter_) continue;
        owner_.waiters_.erase(entry);
        return;
    }
}

awaitable<std::shared_ptr<core::task const>> task_watch::subscription::next(deadline until) {
    if (!waiter_.latest && !owner_.interrupted_) co_await waiter_.wake.wait_until(until);
    co_return std::exchange(waiter_.latest, nullptr);
}

std::unique_ptr<task_watch::subscription> task_watch::subscribe(task_id id) {
    return std::unique_ptr<subscription>{new subscription{*this, std::move(id)}};
}

void task_watch::changed(core::task const& item) {
    auto const [first, last] = waiters_.equal_range(item.id);
    if (first == last) return;
    auto const latest = std::make_shared<core::task const>(item);
    for (auto entry = first; entry != last; ++entry) {
        entry->second->latest = latest;
        entry->second->wake.notify();
    }
}

void task_watch::interrupt() {
    interrupted_ = true;
    for (auto const& [id, item] : waiters_) item->wake.notify();
}

awaitable<core::task> follow(task_watch& watch, ports::store& store, core::task item, freshness state,
                             std::function<bool(core::task const&)> satisfied, deadline until) {
    auto const subscription = watch.subscribe(item.id);
    if (state == freshness::perhaps_stale) {
        auto const current = co_await store.find_task(item.id.value());
        if (current) item = *current;
    }
    while (!satisfied(item) && !until.passed() && !watch.interrupted()) {
        auto const change = co_await subscription->next(until);
        if (change) item = *change;
    }
    co_return item;
}

}  // namespace voicehook::flows
