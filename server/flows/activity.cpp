#include "flows/activity.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::flows {
namespace {

constexpr std::size_t longest_detail = 200;

}  // namespace

activity::subscription::subscription(activity& owner) : owner_{owner}, watcher_{owner.executor_} {
    owner_.watchers_.insert(&watcher_);
}

activity::subscription::~subscription() { owner_.watchers_.erase(&watcher_); }

awaitable<void> activity::subscription::next(std::uint64_t seen, deadline until) {
    if (owner_.newest() > seen) co_return;
    watcher_.wants_events = true;
    if (!owner_.interrupted_) co_await watcher_.wake.wait_until(until);
}

awaitable<void> activity::subscription::pause(deadline until) {
    watcher_.wants_events = false;
    if (!owner_.interrupted_) co_await watcher_.wake.wait_until(until);
}

void activity::note(activity_entry what) {
    what.seq = next_++;
    what.detail = printable(what.detail, longest_detail);
    entries_.push_back(std::move(what));
    if (entries_.size() > kept) entries_.pop_front();
    for (auto* const each : watchers_)
        if (std::exchange(each->wants_events, false)) each->wake.notify();
}

activity::excerpt activity::after(std::uint64_t seen, std::size_t at_most) const {
    if (seen >= newest()) return {};
    auto const missed = newest() - seen;
    auto const shown = std::min<std::uint64_t>({missed, at_most, entries_.size()});
    return {missed - shown, {entries_.end() - static_cast<std::ptrdiff_t>(shown), entries_.end()}};
}

std::uint64_t activity::before_latest(std::size_t count) const {
    return newest() - std::min<std::uint64_t>(count, entries_.size());
}

void activity::interrupt() {
    interrupted_ = true;
    for (auto* const each : watchers_) each->wake.notify();
}

}  // namespace voicehook::flows
