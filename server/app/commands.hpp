// The subcommands of `voicehook`, each returning its exit code.
#pragma once

#include "app/ops/chosen_command.hpp"
#include "config/settings.hpp"

#include <optional>
#include <string>

namespace voicehook::app {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  ///< it ran, and something went wrong
inline constexpr int exit_refused =
    2;  ///< it did not start: the command, the configuration or its surroundings must change
inline constexpr int exit_attention = 3;      ///< `ops summary --check`: something is late, lost, waiting or not known
inline constexpr int exit_not_found = 4;      ///< there is no such thing
inline constexpr int exit_conflict = 5;       ///< it is not in a state that allows this
inline constexpr int exit_not_confirmed = 6;  ///< nobody agreed, and nothing was done
inline constexpr int exit_interrupted = 130;  ///< Ctrl-C ended the watching of something that goes on

/// Serves until told to stop.
int serve(std::string const& config_path);

enum class connect : unsigned char { no = 1, yes };
/// Validates, prints the effective configuration with secrets redacted; with `connect::yes` also tries provider, store
/// and sinks, and says of each how it went.
int check(std::string const& config_path, connect try_peers);

/// Prints a new API key once, and the [[callers]] entry that holds only its SHA-256.
int keygen(std::string const& caller);

/// Asks the ops listener's /livez: for container health checks.
int health(std::string const& config_path);

/// Runs one of the commands behind `voicehook ops`.
int operate(std::string const& config_path, ops::chosen_command const& chosen);

/// Loads the configuration; prints every complaint and returns nothing when there are any.
[[nodiscard]] std::optional<config::settings> load_or_complain(std::string const& config_path);

}  // namespace voicehook::app
