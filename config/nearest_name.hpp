// Finds the known name that a misspelt one was probably meant to be.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace voicehook::config {

/// `; did you mean "max_body"?` for the known name that is at most a third of its letters away; else empty.
[[nodiscard]] std::string suggestion_for(std::string_view written, std::set<std::string> const& known);

}  // namespace voicehook::config
