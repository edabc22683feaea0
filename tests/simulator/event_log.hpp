// One JSON line on standard error for each thing that happened.
#pragma once

#include "tests/simulator/json_text.hpp"

#include <cstdint>
#include <string_view>

namespace simulator {

enum class verbosity : std::uint8_t { events, quiet };

/// Writes the lines. Callers put neither keys nor the path of a callback URL into them.
class event_log {
public:
    explicit event_log(verbosity level) noexcept : level_{level} {}

    /// Whether `event` would be written: lets the caller spare the work.
    [[nodiscard]] verbosity level() const noexcept { return level_; }

    /// `{"at_ms":…,"event":"<name>",<members>}`, unless quiet.
    void event(std::string_view name, json_text const& members) const;

    /// The same, also when quiet.
    void trouble(std::string_view name, std::string_view what) const;

private:
    verbosity level_;
};

/// Unix time in milliseconds.
[[nodiscard]] std::int64_t unix_milliseconds();

}  // namespace simulator
