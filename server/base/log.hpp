// One JSON line per outcome: an event name from one table, the same fields each time.
#pragma once

#include "base/ids.hpp"
#include "base/names.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace voicehook {

enum class log_level : std::uint8_t { debug, info, warning, error };

template <>
inline constexpr auto names_of<log_level> =
    std::array{entry(log_level::debug, "debug"), entry(log_level::info, "info"), entry(log_level::warning, "warning"),
               entry(log_level::error, "error")};

/// A field of a log line: name and value, `null` where it is not known. Secrets do not convert to a value, by design.
struct log_field {
    using value_type = std::variant<std::string_view, std::int64_t, double, bool, std::nullptr_t>;

    std::string_view name;
    value_type value;

    log_field(std::string_view key, std::string_view text) : name{key}, value{text} {}
    log_field(std::string_view key, char const* text) : name{key}, value{std::string_view{text}} {}
    log_field(std::string_view key, std::string const& text) : name{key}, value{std::string_view{text}} {}
    template <class Tag>
    log_field(std::string_view key, strong<Tag> const& id) : name{key}, value{std::string_view{id.value()}} {}
    template <class Tag>
    log_field(std::string_view key, std::optional<strong<Tag>> const& id) : name{key}, value{nullptr} {
        if (id) value = std::string_view{id->value()};
    }
    template <class Int>
        requires std::is_integral_v<Int>
    log_field(std::string_view key, Int number) : name{key} {
        if constexpr (std::is_same_v<Int, bool>)
            value = number;
        else
            value = static_cast<std::int64_t>(number);
    }
    log_field(std::string_view key, double number) : name{key}, value{number} {}
    log_field(std::string_view key, duration span) : name{key}, value{static_cast<std::int64_t>(span.count())} {}
    log_field(std::string_view key, secret const&) = delete;
};

/// Writes one line to standard error: {"time":…,"level":…,"event":…,fields…}. Text is escaped and cut at 2 KiB.
/// Safe from any thread, before `main` and after it. Never waits: a thread of its own writes the line, and when 8192
/// lines wait for whoever reads standard error, it is dropped and counted. Nothing is written below the level that
/// `set_log_level` set (info at start).
/// `event` is an identifier such as "callback_received"; the events are listed in docs/operations.md.
void log(log_level level, std::string_view event, std::initializer_list<log_field> fields = {});

inline void log_debug(std::string_view event, std::initializer_list<log_field> fields = {}) {
    log(log_level::debug, event, fields);
}
inline void log_info(std::string_view event, std::initializer_list<log_field> fields = {}) {
    log(log_level::info, event, fields);
}
inline void log_warning(std::string_view event, std::initializer_list<log_field> fields = {}) {
    log(log_level::warning, event, fields);
}
inline void log_error(std::string_view event, std::initializer_list<log_field> fields = {}) {
    log(log_level::error, event, fields);
}

void set_log_level(log_level level);

/// Waits until what was logged so far is written, at most `limit`; whether that came in time. The end of the process
/// does it by itself, `std::_Exit` and `abort` do not.
bool flush_log(duration limit);

/// Lines that were dropped since the start of the process, because nobody read standard error.
[[nodiscard]] std::uint64_t dropped_log_lines();

/// The line `log` would write, without its line break: for tests.
[[nodiscard]] std::string render_log_line(log_level level, instant now, std::string_view event,
                                          std::initializer_list<log_field> fields);

}  // namespace voicehook
