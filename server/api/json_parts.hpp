// The pieces that the JSON of the operations API is made of: null where nothing is known, never 0.
#pragma once

#include "base/time.hpp"
#include "wire/raw_json.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace voicehook::api {

[[nodiscard]] inline std::string number(std::uint64_t value) { return std::to_string(value); }

[[nodiscard]] inline std::string text_or_null(std::optional<std::string> const& text) {
    return text ? wire::quote(*text) : "null";
}

[[nodiscard]] inline std::string time_or_null(std::optional<instant> at) {
    return at ? wire::quote(to_rfc3339(*at)) : "null";
}

/// Whole seconds from `since` to `now`, at least 0.
[[nodiscard]] inline std::string age_or_null(std::optional<instant> since, instant now) {
    if (!since) return "null";
    return std::to_string(std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - *since).count()));
}

/// `render` gives the JSON of one item.
template <class Items, class Render>
[[nodiscard]] std::string render_array(Items const& items, Render render) {
    std::string out = "[";
    for (auto const& item : items) out += (out.size() > 1 ? "," : "") + render(item);
    return out + "]";
}

}  // namespace voicehook::api
