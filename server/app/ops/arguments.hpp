// The words after `voicehook ops`.
#pragma once

#include "app/ops/chosen_command.hpp"

#include <CLI/CLI.hpp>

namespace voicehook::app::ops {

/// Adds every command to `ops`. After parsing, `chosen` (which must live until then) holds the one that was given.
void add_commands(CLI::App& ops, chosen_command& chosen);

}  // namespace voicehook::app::ops
