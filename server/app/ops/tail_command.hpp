// Follows what happens, as it happens.
#pragma once

#include "app/ops/conversation.hpp"
#include "app/ops/event_reader.hpp"

#include <string>

namespace voicehook::app::ops {

/// Prints events until interrupted, which is `exit_ok`; goes on after an outage where it stopped. A refusal, or nobody
/// there at the beginning, ends it as it ends every command.
int tail(conversation& with);

/// One activity as a line for people: time, kind, what it is about, detail.
[[nodiscard]] std::string render_activity(json_part const& activity);

/// {"event","id","data"} in one line. What is no JSON is quoted.
[[nodiscard]] std::string render_event_line(server_event const& event);

}  // namespace voicehook::app::ops
