#include "substitutes.hpp"

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/stopwatch.hpp"

#include <stdexcept>

namespace voicehook {
namespace {

thread_local simulation::dice* luck_of_thread = nullptr;
thread_local simulation::trace* lines_of_thread = nullptr;
thread_local simulation::scheduler const* time_of_thread = nullptr;

simulation::dice& luck() {
    if (luck_of_thread == nullptr) throw std::logic_error{"randomness outside of an episode"};
    return *luck_of_thread;
}

std::string text_of(log_field::value_type const& value) {
    if (std::holds_alternative<std::nullptr_t>(value)) return "null";
    return std::visit([](auto const& item) { return fmt::format("{}", item); }, value);
}

}  // namespace

namespace simulation {

substitutes::substitutes(dice& luck, trace& lines, scheduler const& time) noexcept {
    luck_of_thread = &luck;
    lines_of_thread = &lines;
    time_of_thread = &time;
}

substitutes::~substitutes() {
    luck_of_thread = nullptr;
    lines_of_thread = nullptr;
    time_of_thread = nullptr;
}

}  // namespace simulation

// ---- base/random.hpp ----

std::string random_bytes(std::size_t count) {
    auto out = std::string(count, '\0');
    for (auto& byte : out) byte = static_cast<char>(luck().next());
    return out;
}

uuid_entropy random_entropy() {
    auto out = uuid_entropy{};
    for (auto& byte : out) byte = static_cast<std::uint8_t>(luck().next());
    return out;
}

double random_unit() { return luck().unit(); }

// ---- base/stopwatch.hpp ----

namespace {

std::chrono::steady_clock::time_point simulated_now() {
    if (time_of_thread == nullptr) throw std::logic_error{"a stopwatch outside of an episode"};
    return std::chrono::steady_clock::time_point{time_of_thread->now().time_since_epoch()};
}

}  // namespace

stopwatch::stopwatch() : began_{simulated_now()} {}

duration stopwatch::elapsed() const { return std::chrono::duration_cast<duration>(simulated_now() - began_); }

// ---- base/log.hpp ----

void log(log_level level, std::string_view event, std::initializer_list<log_field> fields) {
    if (lines_of_thread == nullptr || !lines_of_thread->on()) return;
    auto task = task_id{};
    auto text = fmt::format("log {} {}", to_text(level), event);
    for (auto const& field : fields) {
        if (field.name == "task") task = task_id{text_of(field.value)};
        text += fmt::format(" {}={}", field.name, text_of(field.value));
    }
    lines_of_thread->about(task, time_of_thread->now(), "{}", text);
}

void set_log_level(log_level) {}
bool flush_log(duration) { return true; }
std::uint64_t dropped_log_lines() { return 0; }

}  // namespace voicehook
