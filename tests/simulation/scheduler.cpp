#include "scheduler.hpp"

#include <algorithm>

namespace voicehook::simulation {

void scheduler::at(instant when, action what) {
    auto place = static_cast<std::uint32_t>(actions_.size());
    if (free_.empty()) {
        actions_.push_back(std::move(what));
    } else {
        place = free_.back();
        free_.pop_back();
        actions_[place] = std::move(what);
    }
    queue_.push_back({std::max(when, now_), luck_.next(), place});
    std::ranges::push_heap(queue_, later{});
}

bool scheduler::step() {
    if (queue_.empty()) return false;
    std::ranges::pop_heap(queue_, later{});
    auto const next = queue_.back();
    queue_.pop_back();
    auto run = std::exchange(actions_[next.place], {});
    free_.push_back(next.place);
    now_ = next.when;
    ++steps_;
    run();
    return true;
}

}  // namespace voicehook::simulation
