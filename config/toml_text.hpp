// Values as TOML writes them.
#pragma once

#include "config/keys.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace voicehook::config {

/// A basic string with its quotes; `text` has no control characters.
[[nodiscard]] std::string toml_quote(std::string_view text);
/// An array of strings on one line.
[[nodiscard]] std::string toml_array(std::vector<std::string> const& texts);
/// The right-hand side of a value; a secret that is set is "***".
[[nodiscard]] std::string toml_value(value_binding const& item);

}  // namespace voicehook::config
