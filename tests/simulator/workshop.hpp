// A task's life after its acceptance: work, end, callbacks.
#pragma once

#include "tests/simulator/courier.hpp"
#include "tests/simulator/crew.hpp"
#include "tests/simulator/faults.hpp"
#include "tests/simulator/task_book.hpp"

namespace simulator {

/// Runs the tasks. Must outlive its coroutines.
class workshop {
public:
    workshop(crew& workers, courier& post, task_book& book) : workers_{workers}, post_{post}, book_{book} {}

    /// Begins the task's life, as its plan says. Returns at once, but with `before_response` after the first callback.
    [[nodiscard]] awaitable<void> begin(task_ptr item);

private:
    awaitable<void> live(task_ptr item);
    awaitable<void> call_back(task_ptr item);
    awaitable<void> contradict(task_ptr item, delivery first);
    awaitable<void> finish_delivery(task_ptr item, delivery begun);
    awaitable<void> be_hostile(task_ptr item, delivery const& first);

    crew& workers_;
    courier& post_;
    task_book& book_;
};

/// What the faults in force decide about the task with this number.
[[nodiscard]] task_plan plan_task(fault_book& faults, std::uint64_t number, std::chrono::milliseconds usual_work);

}  // namespace simulator
