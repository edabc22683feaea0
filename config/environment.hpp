// The names of environment variables, and which of them were used.
#pragma once

#include "config/load.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace voicehook::config {

inline constexpr std::string_view variable_prefix = "VOICEHOOK__";

/// "provider.api_key" → "VOICEHOOK__PROVIDER__API_KEY", "callbacks.secrets[0].key" →
/// "VOICEHOOK__CALLBACKS__SECRETS__0__KEY".
[[nodiscard]] std::string variable_of(std::string_view dotted_key);

/// The overrides of one load: remembers what was asked for, so that the rest can be complained about.
class overrides {
public:
    /// `variables` must outlive it.
    explicit overrides(environment const& variables) : variables_{variables} {}

    /// The value for a key, if it is set.
    [[nodiscard]] std::optional<std::string> take(std::string_view dotted_key);
    /// Whether a variable for this key or one inside of it is set.
    [[nodiscard]] bool any_inside(std::string_view dotted_key) const;

    /// Variables with our prefix that no key has asked for.
    [[nodiscard]] std::vector<std::string> unused() const;
    /// Every name that was asked for, for suggestions.
    [[nodiscard]] std::set<std::string> const& known() const noexcept { return known_; }

private:
    environment const& variables_;
    std::set<std::string> known_;
};

}  // namespace voicehook::config
