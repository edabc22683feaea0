#include "base/ids.hpp"

#include <algorithm>

namespace voicehook {

namespace {

constexpr std::string_view task_prefix = "task-";
constexpr std::string_view hex_digits = "0123456789abcdef";
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
    auto const milliseconds = static_cast<std::uint64_t>(to_unix_ms(now));
    auto bytes = std::array<std::uint8_t, 16>{};
    for (std::size_t at = 0; at < 6; ++at) bytes[at] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * at));
    std::ranges::copy(entropy, bytes.begin() + 6);
    bytes[6] = static_cast<std::uint8_t>(0x70 | (bytes[6] & 0x0f));
    bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));

    auto out = std::string{};
    out.reserve(uuid_v7_shape.size());
    for (auto const byte : bytes) {
        if (uuid_v7_shape[out.size()] == '-') out += '-';
        out += hex_digits[byte >> 4];
        out += hex_digits[byte & 0x0f];
    }
    return out;
}

task_id make_task_id(instant now, uuid_entropy const& entropy) {
    return task_id{std::string{task_prefix}.append(make_uuid_v7(now, entropy))};
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
