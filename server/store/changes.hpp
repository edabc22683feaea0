// The writes that operations are made of: each keeps rows, timeline and counters in step.
#pragma once

#include "core/lifecycle.hpp"
#include "store/rows.hpp"

#include <optional>
#include <string>
#include <vector>

namespace voicehook::store {

/// Stores a new task with the first lines of its timeline.
void insert_task(rows& table, task_row const& row, instant now);
void update_task(rows& table, task_row const& before, task_row const& after);
/// The render function of steps that cannot end a task.
[[nodiscard]] std::vector<core::new_delivery> render_nothing(core::task const& item);
/// Writes what the core decided, and the rendered deliveries when the task ends. A step that would bind an id which
/// another task has is a `mismatch` and changes nothing. Nobody holds a lease on a task that nothing is due for.
ports::transition write_step(rows& table, task_row const& before, core::step step, lease_owner leased_by,
                             ports::render_function const& render, instant now);
/// Nobody knows what became of a submission: unknown, to be replayed after `replay_after` or never.
void lose_submission(rows& table, task_row const& row, std::optional<duration> replay_after, instant now);
/// The due time of a task whose stage is waiting for a query; others stay as they are.
void set_query_due(core::task& item, instant due);

/// Gives the lease on a task back: its query is due at `due`, its submission is lost.
void release_task(rows& table, task_row const& row, std::optional<duration> lost_replay_after, instant due,
                  instant now);
/// Gives the lease on a delivery back: it is due at `due`.
void release_delivery(rows& table, delivery_row const& row, instant due);
/// Moves the end of a submission's lease; of other tasks nothing.
void shift_lease(core::task& item, duration by);

/// Who works on the store, by name.
[[nodiscard]] std::vector<ports::replica> replicas_by_name(rows& table);
/// What the store's clock says, as the caller's clock says it, which the store's is `ahead` of.
[[nodiscard]] std::optional<instant> in_callers_time(std::optional<instant> at, duration ahead) noexcept;

void update_delivery(rows& table, delivery_row const& before, delivery_row const& after);
/// A parked delivery becomes due now, as if it had never been tried; the timeline keeps what was. `how` is for people.
void make_due_again(rows& table, delivery_row const& parked, instant now, std::string const& how);
/// A line in the timeline of a delivery's task.
void note_delivery(rows& table, core::delivery const& item, instant now, core::timeline_kind kind,
                   std::string const& detail, std::string body = {});

}  // namespace voicehook::store
