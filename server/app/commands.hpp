// The subcommands of `voicehook`, each returning its exit code.
#pragma once

#include "config/settings.hpp"

#include <optional>
#include <string>

namespace voicehook::app {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;   ///< it ran, and something went wrong
inline constexpr int exit_refused = 2;  ///< it did not start: the configuration or its surroundings must change

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

/// One request to the operations API; prints its JSON.
struct operation {
    std::string method{"GET"};
    std::string path;
    std::string body{};
};
int operate(std::string const& config_path, operation const& what);

/// Loads the configuration; prints every complaint and returns nothing when there are any.
[[nodiscard]] std::optional<config::settings> load_or_complain(std::string const& config_path);

}  // namespace voicehook::app
