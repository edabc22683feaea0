// Which trace a task and a delivery belong to: read from what is stored of them anyway, the same whenever it is asked.
#pragma once

#include "base/ids.hpp"
#include "base/trace_context.hpp"
#include "core/delivery.hpp"
#include "core/task.hpp"

#include <optional>
#include <string>

namespace voicehook::core {

/// The trace of a task: the one in which its caller asked for it, else one of its own, whose id is the UUID of the task
/// id. The span stands for the task as a whole: the last half of that UUID.
[[nodiscard]] trace_context trace_of(task const& item);
[[nodiscard]] trace_id trace_id_of(task const& item);

/// The trace that a delivery begins: its id is the 16 bytes that its own id spells, the span is the last half of them.
/// Recorded where its task is.
[[nodiscard]] trace_context trace_of(delivery const& item);
[[nodiscard]] trace_id trace_id_of(delivery_id const& id);

/// The trace of the delivery's task, for a link back: as `trace_of` tells it of that task.
[[nodiscard]] trace_context task_trace_of(delivery const& item);

/// The task whose trace this is, should its caller not have given one; nothing when no task can have it.
[[nodiscard]] std::optional<task_id> task_traced_as(trace_id const& trace);
/// The delivery whose trace this is, if it is one's.
[[nodiscard]] delivery_id delivery_traced_as(trace_id const& trace);

/// Appends a span to a timeline entry: ", span b7ad6b7169203331". Without one the entry stays as it is.
[[nodiscard]] std::string with_span(std::string detail, span_id const& span);
/// Likewise a trace and the span in it: ", trace 0af7651916cd43dd8448eb211c80319c, span b7ad6b7169203331".
[[nodiscard]] std::string with_trace(std::string detail, trace_context const& item);

}  // namespace voicehook::core
