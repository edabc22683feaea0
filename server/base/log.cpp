#include "base/log.hpp"

#include "base/line_writer.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace voicehook {

namespace {

constexpr std::size_t max_text = 2048;
constexpr std::size_t usual_line = 256;

std::atomic<log_level> threshold{log_level::info};

/// Lines that wait for whoever reads standard error.
constexpr std::size_t max_waiting = 8192;
/// How long the end of the process waits for that reader; each line after that gets the shorter time.
constexpr auto farewell = duration{1s};
constexpr auto afterthought = duration{50ms};

std::atomic<bool> ending{false};

line_writer* make_writer() {
    static_cast<void>(std::atexit([] {
        flush_log(farewell);
        ending = true;
    }));
    return new line_writer{STDERR_FILENO, max_waiting};
}

/// Lives as long as the process: coroutines and threads log until the very end.
line_writer& writer() {
    static auto& instance = *make_writer();
    return instance;
}

/// What a terminal or an editor would not show as it is arrives escaped: nobody reads something else than was written.
void append_character(std::string& out, std::string_view character) {
    switch (character.front()) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    auto const value = code_point(character);
    if (is_deceptive(value))
        append_json_escape(out, value);
    else
        out += character;
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t taken = 0; !text.empty();) {
        auto const plain = plain_length(text.substr(0, max_text - taken));
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        taken += plain;
        if (text.empty()) break;

        auto const length = code_point_length(text);
        auto const step = length == 0 ? 1 : length;
        if (taken + step > max_text) break;
        append_character(out, length == 0 ? std::string_view{"?"} : text.substr(0, length));
        text.remove_prefix(step);
        taken += step;
    }
    out += '"';
}

void append_value(std::string& out, std::string_view text) { append_quoted(out, text); }
void append_value(std::string& out, std::int64_t number) {
    auto const digits = fmt::format_int{number};
    out.append(digits.data(), digits.size());
}
void append_value(std::string& out, std::nullptr_t) { out += "null"; }
void append_value(std::string& out, bool flag) { out += flag ? "true" : "false"; }
void append_value(std::string& out, double number) {
    if (std::isfinite(number))
        fmt::format_to(std::back_inserter(out), "{}", number);
    else
        out += "null";
}

}  // namespace

std::string render_log_line(log_level level, instant now, std::string_view event,
                            std::initializer_list<log_field> fields) {
    auto out = std::string{};
    out.reserve(usual_line);
    out.append(R"({"time":")").append(to_rfc3339(now)).append(R"(","level":")").append(to_text(level));
    out += R"(","event":)";
    append_quoted(out, event);
    for (auto const& field : fields) {
        out += ',';
        append_quoted(out, field.name);
        out += ':';
        std::visit([&out](auto const& value) { append_value(out, value); }, field.value);
    }
    out += '}';
    return out;
}

void log(log_level level, std::string_view event, std::initializer_list<log_field> fields) {
    if (level < threshold.load(std::memory_order_relaxed)) return;
    auto const now = std::chrono::floor<duration>(std::chrono::system_clock::now());
    writer().write(render_log_line(level, now, event, fields));
    if (ending) writer().flush(afterthought);
}

bool flush_log(duration limit) { return writer().flush(limit); }

std::uint64_t dropped_log_lines() { return writer().dropped(); }

void set_log_level(log_level level) { threshold.store(level, std::memory_order_relaxed); }

}  // namespace voicehook
