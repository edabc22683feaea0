// Reads the configuration: the file, then the environment, then every rule; all complaints at once.
#pragma once

#include "config/settings.hpp"

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voicehook::config {

/// The environment as a map; tests make their own.
using environment = std::map<std::string, std::string>;
[[nodiscard]] environment process_environment();

/// Complaints, each one line: "voicehook.toml:12: public.base_url: must begin with https://, because the provider
/// refuses anything else", or "environment VOICEHOOK__PUBLIC__BASE_URL: public.base_url: …". Never a secret's value.
using config_errors = std::vector<std::string>;

/// Loads and validates. Unknown and repeated keys, wrong types and bad values are errors with file, line and key.
/// Overrides: VOICEHOOK__<SECTION>__<KEY>, lists as comma lists, rows of arrays by number from 0, also one more than
/// the file has (VOICEHOOK__CALLBACKS__SECRETS__0__KEY); secrets also from `<key>_file`, in the file, in arrays and as
/// VOICEHOOK__…_FILE (one line break at the end of such a file is dropped). An unknown VOICEHOOK__ variable is an error
/// too.
[[nodiscard]] std::expected<settings, config_errors> load(std::string const& path, environment const& variables);

/// The same from text; `name` stands for the file in complaints.
[[nodiscard]] std::expected<settings, config_errors> load_text(std::string_view text, std::string_view name,
                                                               environment const& variables);

/// The effective configuration as TOML, secrets shown as "***": what `check` prints. Loads again (but for secrets).
[[nodiscard]] std::string render_redacted(settings const& item);

/// A configuration that shows every key with its default and what it does: config/voicehook.toml. It loads once the
/// secrets are set by environment.
[[nodiscard]] std::string render_sample();

/// The names of the keys whose change needs a restart, between a running configuration and a new one; those that SIGHUP
/// reloads are not in it: certificates, callers, sinks, callback secrets, provider key and log level (contract,
/// "Program").
[[nodiscard]] std::vector<std::string> changes_that_need_a_restart(settings const& running, settings const& wanted);

}  // namespace voicehook::config
