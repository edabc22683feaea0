// One task as people read it: where it stands, what happened to it, what became of its deliveries.
#pragma once

#include "app/ops/json_part.hpp"

#include <cstddef>
#include <string>

namespace voicehook::app::ops {

/// What is shown besides the timeline.
struct task_extras {
    bool bodies{};  ///< what was sent and answered, to and by whom
    bool curl{};    ///< the request again, without its secrets
};

/// `GET tasks/{id}` in lines.
[[nodiscard]] std::string render_task(json_part const& history, task_extras extras, instant now, std::size_t width);

}  // namespace voicehook::app::ops
