// Reads the file and the environment into settings along the table of keys.
#pragma once

#include "config/findings.hpp"
#include "config/load.hpp"
#include "config/settings.hpp"

#include <string_view>

namespace voicehook::config {

/// Fills `into` from TOML text and the environment. What is wrong with syntax, names, types and ranges goes into `out`;
/// rules between keys are not checked here. False for a text that is no TOML: that is then the one complaint.
[[nodiscard]] bool read_settings(std::string_view text, environment const& variables, settings& into, findings& out);

}  // namespace voicehook::config
