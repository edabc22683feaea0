#include "base/encoding.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace voicehook {

namespace {

constexpr std::string_view lower_digits = "0123456789abcdef";
constexpr std::string_view upper_digits = "0123456789ABCDEF";
constexpr std::string_view standard_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr int not_a_digit = -1;

int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return not_a_digit;
}

std::uint8_t byte_of(char character) noexcept { return static_cast<std::uint8_t>(character); }

std::string encode_base64(std::string_view bytes, std::string_view alphabet) {
    auto out = std::string{};
    out.reserve((bytes.size() + 2) / 3 * 4);
    auto bits = std::uint32_t{};
    auto pending = 0;
    for (auto const character : bytes) {
        bits = bits << 8 | byte_of(character);
        pending += 8;
        for (; pending >= 6; pending -= 6) out += alphabet[bits >> (pending - 6) & 0x3f];
    }
    if (pending > 0) out += alphabet[bits << (6 - pending) & 0x3f];
    return out;
}

std::optional<std::string> decode_base64(std::string_view digits, std::string_view alphabet) {
    if (digits.size() % 4 == 1) return std::nullopt;
    auto out = std::string{};
    out.reserve(digits.size() / 4 * 3 + 2);
    auto bits = std::uint32_t{};
    auto pending = 0;
    for (auto const digit : digits) {
        auto const value = alphabet.find(digit);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        pending += 6;
        if (pending < 8) continue;
        pending -= 8;
        out += static_cast<char>(bits >> pending & 0xff);
    }
    if ((bits & ((1U << pending) - 1U)) != 0) return std::nullopt;
    return out;
}

/// The text without its padding; nothing when the padding is not what the length asks for.
std::optional<std::string_view> without_padding(std::string_view text) {
    auto const end = text.find('=');
    if (end == std::string_view::npos) return text;
    auto const padding = text.substr(end);
    if (text.size() % 4 != 0 || padding.size() > 2 || padding.find_first_not_of('=') != std::string_view::npos)
        return std::nullopt;
    return text.substr(0, end);
}

bool is_unreserved(char character) noexcept {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '.' || character == '_' ||
           character == '~';
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    auto out = std::string{};
    out.reserve(bytes.size() * 2);
    for (auto const character : bytes) {
        out += lower_digits[byte_of(character) >> 4];
        out += lower_digits[byte_of(character) & 0xf];
    }
    return out;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    auto out = std::string{};
    out.reserve(text.size() / 2);
    for (std::size_t at = 0; at < text.size(); at += 2) {
        auto const high = hex_value(text[at]);
        auto const low = hex_value(text[at + 1]);
        if (high == not_a_digit || low == not_a_digit) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
    }
    return out;
}

std::string to_base64(std::string_view bytes) {
    auto out = encode_base64(bytes, standard_alphabet);
    while (out.size() % 4 != 0) out += '=';
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    auto const digits = without_padding(text);
    return digits ? decode_base64(*digits, standard_alphabet) : std::nullopt;
}

std::string to_base64url(std::string_view bytes) { return encode_base64(bytes, url_alphabet); }

std::optional<std::string> from_base64url(std::string_view text) { return decode_base64(text, url_alphabet); }

std::optional<std::string> percent_decode(std::string_view text) {
    if (!text.contains('%')) return std::string{text};
    auto out = std::string{};
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        if (text.size() - at < 3) return std::nullopt;
        auto const high = hex_value(text[at + 1]);
        auto const low = hex_value(text[at + 2]);
        if (high == not_a_digit || low == not_a_digit) return std::nullopt;
        out += static_cast<char>(high << 4 | low);
        at += 2;
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    auto out = std::string{};
    out.reserve(text.size());
    for (auto const character : text) {
        if (is_unreserved(character)) {
            out += character;
            continue;
        }
        out += '%';
        out += upper_digits[byte_of(character) >> 4];
        out += upper_digits[byte_of(character) & 0xf];
    }
    return out;
}

}  // namespace voicehook
