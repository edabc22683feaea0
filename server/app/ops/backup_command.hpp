// Has the service copy its store, and tells how far it is and whether the copy is good.
#pragma once

#include "app/ops/conversation.hpp"
#include "app/ops/replay_command.hpp"

#include <string>

namespace voicehook::app::ops {

/// Starts a backup. `exit_failed` unless its copy was verified, `exit_conflict` when one runs or the database has its
/// own way, `exit_interrupted` when somebody stopped watching (it goes on).
int make_backup(conversation& with, wait_for_end waiting);

/// The running backup and the last one.
int show_backups(conversation& with);

/// `GET backups` in lines.
[[nodiscard]] std::string render_backups(json_part const& backups, instant now);

}  // namespace voicehook::app::ops
