#include "tests/simulator/event_log.hpp"

#include <chrono>
#include <cstdio>

namespace simulator {
namespace {

void write_line(std::string_view name, json_text const& members) {
    auto const rest = members.str();
    auto line = json_text{}.number("at_ms", unix_milliseconds()).text("event", name).str();
    if (rest.size() > 2) line.replace(line.size() - 1, 1, "," + rest.substr(1));
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void event_log::event(std::string_view name, json_text const& members) const {
    if (level_ == verbosity::events) write_line(name, members);
}

void event_log::trouble(std::string_view name, std::string_view what) const {
    write_line(name, json_text{}.text("what", what));
}

std::int64_t unix_milliseconds() {
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace simulator
