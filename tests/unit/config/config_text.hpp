// A small valid configuration, and changes to it.
#pragma once

#include "config/load.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace voicehook::config::testing {

/// Ten lines that load; further sections are put behind it, so they begin at line 11.
inline std::string minimal_config() {
    return "[public]\n"
           "base_url = \"https://hooks.example.com\"\n"
           "[ops]\n"
           "token = \"sixteen-or-more-characters\"\n"
           "[provider]\n"
           "api_key = \"sk-evo-test\"\n"
           "[callbacks]\n"
           "secrets = [\n"
           "  { id = \"k1\", key = \"0123456789abcdef0123456789abcdef\" },\n"
           "]\n";
}

/// `minimal_config` with one piece of text replaced by another.
inline std::string minimal_config_with(std::string_view piece, std::string_view replacement) {
    auto text = minimal_config();
    text.replace(text.find(piece), piece.size(), replacement);
    return text;
}

/// The complaints about a text, one a line; "" when it loads.
inline std::string complaints_about(std::string const& text, environment const& variables = {}) {
    auto const loaded = load_text(text, "test.toml", variables);
    std::string out;
    if (loaded) return out;
    for (auto const& line : loaded.error()) out += line + "\n";
    return out;
}

inline constexpr std::string_view some_hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
inline constexpr std::string_view other_hash = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";
inline constexpr std::string_view some_webhook_secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

}  // namespace voicehook::config::testing
