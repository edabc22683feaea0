#include "store/lanes/job_queue.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::store::lanes {

void job_queue::offer(std::unique_ptr<job> work) {
    auto refused = std::optional<failure>{};
    {
        auto const held = std::scoped_lock{guard_};
        if (closed_)
            refused = failure{errc::stopping, "the store is closed"};
        else if (waiting_.size() >= capacity_)
            refused = failure{errc::store_busy, fmt::format("{} operations wait for the store", waiting_.size())};
        else
            waiting_.push_back(std::move(work));
    }
    if (!refused) {
        changed_.notify_one();
        return;
    }
    work->fail(std::move(*refused));
    complete(std::move(work));
}

std::vector<std::unique_ptr<job>> job_queue::take(batch_limits limits, std::optional<duration> idle) {
    auto batch = std::vector<std::unique_ptr<job>>{};
    auto held = std::unique_lock{guard_};
    auto const has_news = [this] { return closed_ || !waiting_.empty(); };
    if (idle)
        changed_.wait_for(held, *idle, has_news);
    else
        changed_.wait(held, has_news);

    auto bytes = std::size_t{0};
    while (!waiting_.empty() && batch.size() < limits.jobs) {
        bytes += waiting_.front()->bytes();
        if (!batch.empty() && bytes > limits.bytes) break;
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return batch;
}

void job_queue::close() {
    {
        auto const held = std::scoped_lock{guard_};
        closed_ = true;
    }
    changed_.notify_all();
}

bool job_queue::is_over() const {
    auto const held = std::scoped_lock{guard_};
    return closed_ && waiting_.empty();
}

void job_queue::finish() {
    auto waiting = std::vector<std::move_only_function<void()>>{};
    {
        auto const held = std::scoped_lock{guard_};
        finished_ = true;
        waiting = std::exchange(at_end_, {});
    }
    for (auto& then : waiting) then();
}

void job_queue::when_finished(std::move_only_function<void()> then) {
    {
        auto const held = std::scoped_lock{guard_};
        if (!finished_) {
            at_end_.push_back(std::move(then));
            return;
        }
    }
    then();
}

}  // namespace voicehook::store::lanes
