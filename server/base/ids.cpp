#include "base/ids.hpp"

#include <fmt/format.h>

namespace voicehook {

namespace {

constexpr std::string_view task_prefix = "task-";
constexpr std::string_view uuid_v7_shape = "xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx";

bool is_lower_hex(char digit) noexcept { return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'); }

bool fits(char character, char shape) noexcept {
    switch (shape) {
        case 'x': return is_lower_hex(character);
        case 'v': return character == '8' || character == '9' || character == 'a' || character == 'b';
        default: return character == shape;
    }
}

bool is_uuid_v7(std::string_view text) noexcept {
    if (text.size() != uuid_v7_shape.size()) return false;
    for (std::size_t at = 0; at < text.size(); ++at)
        if (!fits(text[at], uuid_v7_shape[at])) return false;
    return true;
}

}  // namespace

std::string make_uuid_v7(instant now, uuid_entropy const& entropy) {
    auto const milliseconds = static_cast<std::uint64_t>(to_unix_ms(now)) & 0xffff'ffff'ffff;
    auto tail = std::uint64_t{};
    for (std::size_t at = 4; at < entropy.size(); ++at) tail = tail << 8 | entropy[at];
    return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", milliseconds >> 16, milliseconds & 0xffff,
                       (entropy[0] << 8 | entropy[1]) & 0xfff, 0x8000 | ((entropy[2] << 8 | entropy[3]) & 0x3fff),
                       tail);
}

task_id make_task_id(instant now, uuid_entropy const& entropy) {
    return task_id{fmt::format("{}{}", task_prefix, make_uuid_v7(now, entropy))};
}

bool is_task_id(std::string_view text) noexcept {
    return text.starts_with(task_prefix) && is_uuid_v7(text.substr(task_prefix.size()));
}

std::optional<instant> made_at(task_id const& id) noexcept {
    if (!is_task_id(id.value())) return std::nullopt;
    auto milliseconds = std::int64_t{};
    for (auto const digit : std::string_view{id.value()}.substr(task_prefix.size(), 13)) {
        if (digit == '-') continue;
        milliseconds = milliseconds << 4 | (digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return from_unix_ms(milliseconds);
}

}  // namespace voicehook
