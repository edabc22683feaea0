#include "sinks/kafka/library_log.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::sinks::kafka {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_text = 500;
constexpr auto refill_every = 6s;

}  // namespace

log_level level_of(int syslog_level) noexcept {
    if (syslog_level <= 2) return log_level::error;
    if (syslog_level <= 4) return log_level::warning;
    return syslog_level <= 6 ? log_level::info : log_level::debug;
}

bool library_log::may_write(clock::time_point now) noexcept {
    auto const due = static_cast<std::uint64_t>(std::max((now - refilled_) / refill_every, clock::rep{0}));
    if (due > 0) {
        tokens_ = static_cast<unsigned>(std::min<std::uint64_t>(at_once, tokens_ + due));
        refilled_ = now;
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
}

void library_log::write(log_level level, std::string_view about, std::string_view text, clock::time_point now) {
    if (!may_write(now)) {
        ++left_out_;
        return;
    }
    log(level, "kafka_library",
        {{"sink", sink_},
         {"about", about},
         {"text", printable(text, max_text)},
         {"left_out", std::exchange(left_out_, 0)}});
}

}  // namespace voicehook::sinks::kafka
