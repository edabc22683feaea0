// The commands that only look: each asks, prints, and returns its exit code.
#pragma once

#include "app/ops/conversation.hpp"
#include "app/ops/task_view.hpp"

#include <cstddef>
#include <string>

namespace voicehook::app::ops {

struct summary_wish {
    bool check{};  ///< `exit_attention` when anything is late, lost, parked, unwell or not known
    bool audit{};  ///< every row is counted again
};
int show_summary(conversation& with, summary_wish const& wish);

/// How much of a list is wanted.
struct list_wish {
    std::size_t limit{50};
    bool all{};
    std::string cursor;
};

/// What a task must be like; "" is anything.
struct tasks_wish {
    std::string any_id;
    std::string caller, status, stage;
    std::string created_after, created_before;  ///< RFC 3339, or an age such as "2h"
    list_wish list;
};
/// `exit_not_found` when an id was asked for and no task has it.
int list_tasks(conversation& with, tasks_wish const& wish);

int show_task(conversation& with, std::string const& id, task_extras extras);

struct deliveries_wish {
    std::string state, sink, cause;
    list_wish list;
};
int list_deliveries(conversation& with, deliveries_wish const& wish);
/// Totals by sink and cause, then the list.
int list_parked(conversation& with, deliveries_wish const& wish);

/// All of them, or the one with that id.
int show_replays(conversation& with, std::string const& id, list_wish const& wish);
int list_actions(conversation& with, list_wish const& wish);

/// An RFC 3339 time as it is; an age ("2h") as the time that long before `now`; "" as "". Nothing when it is neither.
[[nodiscard]] std::optional<std::string> read_moment(std::string const& text, instant now);

}  // namespace voicehook::app::ops
