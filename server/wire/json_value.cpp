#include "wire/json_value.hpp"

#include "wire/raw_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>
#include <vector>

namespace voicehook::wire {

namespace {

constexpr std::uint32_t first_high_surrogate = 0xd800;
constexpr std::uint32_t first_low_surrogate = 0xdc00;
constexpr std::uint32_t past_surrogates = 0xe000;
constexpr std::uint32_t replacement = 0xfffd;

void append_utf8(std::string& out, std::uint32_t point) {
    auto const add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (point < 0x80) return add(point);
    if (point < 0x800) {
        add(0xc0 | point >> 6);
    } else if (point < 0x10000) {
        add(0xe0 | point >> 12);
        add(0x80 | (point >> 6 & 0x3f));
    } else {
        add(0xf0 | point >> 18);
        add(0x80 | (point >> 12 & 0x3f));
        add(0x80 | (point >> 6 & 0x3f));
    }
    add(0x80 | (point & 0x3f));
}

struct decoded {
    std::string text;
    enum class surrogates : unsigned char { paired = 1, unpaired } found{surrogates::paired};
};

/// The four digits after a \u.
std::uint32_t code_unit(std::string_view digits) {
    auto unit = std::uint32_t{};
    std::from_chars(digits.data(), digits.data() + 4, unit, 16);
    return unit;
}

/// Reads the escape after a backslash at the front of `rest` and takes it away.
void decode_escape(std::string_view& rest, decoded& out) {
    auto const kind = rest.front();
    rest.remove_prefix(1);
    switch (kind) {
        case 'b': out.text += '\b'; return;
        case 'f': out.text += '\f'; return;
        case 'n': out.text += '\n'; return;
        case 'r': out.text += '\r'; return;
        case 't': out.text += '\t'; return;
        case 'u': break;
        default: out.text += kind; return;
    }
    auto point = code_unit(rest);
    rest.remove_prefix(4);
    if (point >= first_high_surrogate && point < first_low_surrogate && rest.starts_with("\\u")) {
        auto const low = code_unit(rest.substr(2));
        if (low >= first_low_surrogate && low < past_surrogates) {
            point = 0x10000 + ((point - first_high_surrogate) << 10) + (low - first_low_surrogate);
            rest.remove_prefix(6);
        }
    }
    if (point >= first_high_surrogate && point < past_surrogates) {
        out.found = decoded::surrogates::unpaired;
        point = replacement;
    }
    append_utf8(out.text, point);
}

decoded decode(std::string_view value) {
    auto out = decoded{};
    auto rest = value.substr(1, value.size() - 2);
    out.text.reserve(rest.size());
    while (!rest.empty()) {
        auto const plain = std::min(rest.find('\\'), rest.size());
        out.text += rest.substr(0, plain);
        rest.remove_prefix(plain);
        if (rest.empty()) break;
        rest.remove_prefix(1);
        decode_escape(rest, out);
    }
    return out;
}

/// digits × 10^exponent, the digits without zeros at either end; zero has none.
struct decimal {
    std::string sign;
    std::string digits;
    std::int64_t exponent{};
};

/// The digits and exponent of a number, exactly; nothing when the exponent itself has more than nine digits.
std::optional<decimal> read_decimal(std::string_view value) {
    auto out = decimal{};
    if (value.starts_with('-')) out.sign = "-";
    value.remove_prefix(out.sign.size());
    auto const mantissa = value.substr(0, value.find_first_of("eE"));
    auto const point = std::min(mantissa.find('.'), mantissa.size());
    auto const fraction = mantissa.substr(std::min(point + 1, mantissa.size()));
    out.digits = fmt::format("{}{}", mantissa.substr(0, point), fraction);
    out.digits.erase(0, std::min(out.digits.find_first_not_of('0'), out.digits.size()));
    if (out.digits.empty()) return decimal{};

    if (mantissa.size() < value.size()) {
        auto written = value.substr(mantissa.size() + 1);
        auto const negative = written.starts_with('-');
        written.remove_prefix(std::min(written.find_first_not_of("+-0"), written.size()));
        if (written.size() > 9) return std::nullopt;
        std::from_chars(written.data(), written.data() + written.size(), out.exponent);
        if (negative) out.exponent = -out.exponent;
    }
    auto const significant = out.digits.find_last_not_of('0') + 1;
    out.exponent +=
        static_cast<std::int64_t>(out.digits.size() - significant) - static_cast<std::int64_t>(fraction.size());
    out.digits.erase(significant);
    return out;
}

std::string canonical_number(std::string_view value) {
    auto const number = read_decimal(value);
    if (!number) return std::string{value};
    return number->digits.empty() ? "0" : fmt::format("{}{}e{}", number->sign, number->digits, number->exponent);
}

std::string canonical_text(std::string_view value) {
    auto const text = read_text(value);
    return text ? quote(*text) : std::string{value};
}

std::string canonical_array(std::string_view value) {
    auto const elements = split_array(value).value_or(std::vector<std::string_view>{});
    auto out = std::string{"["};
    for (auto const& element : elements) (out += canonical(element)) += ',';
    return out += ']';
}

std::string canonical_object(std::string_view value) {
    auto members = split_object(value).value_or(std::vector<raw_member>{});
    std::ranges::sort(members, {},
                      [](raw_member const& item) { return std::pair{std::string_view{item.name}, item.whole.data()}; });
    auto out = object_writer{};
    for (auto const& member : members) out.raw(member.name, canonical(member.value));
    return std::move(out).finish();
}

}  // namespace

json_kind kind_of(std::string_view value) noexcept {
    switch (value.empty() ? 'n' : value.front()) {
        case '{': return json_kind::object;
        case '[': return json_kind::array;
        case '"': return json_kind::text;
        case 't':
        case 'f': return json_kind::boolean;
        case 'n': return json_kind::null;
        default: return json_kind::number;
    }
}

std::optional<std::string> read_text(std::string_view value) {
    if (kind_of(value) != json_kind::text) return std::nullopt;
    auto out = decode(value);
    if (out.found == decoded::surrogates::unpaired) return std::nullopt;
    return std::move(out.text);
}

std::string decode_text(std::string_view value) {
    return kind_of(value) == json_kind::text ? decode(value).text : std::string{};
}

std::optional<std::int64_t> read_integer(std::string_view value) {
    if (kind_of(value) != json_kind::number) return std::nullopt;
    auto const number = read_decimal(value);
    if (!number || number->exponent < 0) return std::nullopt;
    if (number->digits.empty()) return 0;
    if (static_cast<std::int64_t>(number->digits.size()) + number->exponent > 19) return std::nullopt;
    auto const zeros = std::string(static_cast<std::size_t>(number->exponent), '0');
    auto const written = fmt::format("{}{}{}", number->sign, number->digits, zeros);
    auto out = std::int64_t{};
    auto const [end, error] = std::from_chars(written.data(), written.data() + written.size(), out);
    if (error != std::errc{}) return std::nullopt;
    return out;
}

std::optional<double> read_number(std::string_view value) {
    if (kind_of(value) != json_kind::number) return std::nullopt;
    auto out = double{};
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (error != std::errc{}) return std::nullopt;
    return out;
}

std::string canonical(std::string_view value) {
    switch (kind_of(value)) {
        case json_kind::object: return canonical_object(value);
        case json_kind::array: return canonical_array(value);
        case json_kind::text: return canonical_text(value);
        case json_kind::number: return canonical_number(value);
        case json_kind::boolean:
        case json_kind::null: break;
    }
    return std::string{value};
}

}  // namespace voicehook::wire
