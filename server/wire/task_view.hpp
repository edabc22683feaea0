// A task as callers and sinks see it: the provider's query shape, our id, the provider's bytes.
#pragma once

#include "core/task.hpp"

#include <string>
#include <string_view>

namespace voicehook::wire {

/// `GET /v1/tasks/{id}`: the members of the provider's latest body as raw slices, in its order, except `id` (ours),
/// `status` (as shown to callers: never a status the contract does not list), and `provider_task_id` (theirs, when
/// known) after `id`. A task the provider never answered gets created, id, model, object, progress, status, task_info
/// {"can_cancel":false} and type; a refused one gets status "failed" and `error`. Members are never duplicated.
[[nodiscard]] std::string render_task(core::task const& item);

/// The envelope for sinks: {"type":"voice_design.<status>","timestamp":"<end>","data":{<render_task>,"caller":…}}.
[[nodiscard]] std::string render_envelope(core::task const& item);

/// The provider's own bytes; for a task that has none (refused, given up) what `render_task` gives.
[[nodiscard]] std::string render_verbatim(core::task const& item);

/// CloudEvents 1.0, structured JSON: specversion, id (the delivery's), source "voicehook", type as in the envelope,
/// subject (task id), time (the end), datacontenttype, data (as in the envelope).
[[nodiscard]] std::string render_cloudevent(core::task const& item, std::string const& event_id);

/// `data` of both: the body of an event whose attributes travel beside it.
[[nodiscard]] std::string render_event_data(core::task const& item);

/// `source` of every event.
inline constexpr std::string_view event_source = "voicehook";

/// "voice_design.completed" and so on.
[[nodiscard]] std::string event_type(core::task const& item);

}  // namespace voicehook::wire
