#include "base/trace_context.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace voicehook {

namespace {

constexpr std::size_t trace_digits = 32;
constexpr std::size_t span_digits = 16;

// 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
constexpr std::size_t trace_begins = 3;
constexpr std::size_t span_begins = trace_begins + trace_digits + 1;
constexpr std::size_t flags_begin = span_begins + span_digits + 1;
constexpr std::size_t known_size = flags_begin + 2;

constexpr std::string_view first_version = "00";
constexpr std::string_view no_version = "ff";

bool is_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char digit) { return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'); });
}

bool is_id(std::string_view text) { return is_hex(text) && text.find_first_not_of('0') != text.npos; }

bool has_shape(std::string_view header) {
    if (header.size() < known_size) return false;
    if (header.size() > known_size && header[known_size] != '-') return false;
    return header[trace_begins - 1] == '-' && header[span_begins - 1] == '-' && header[flags_begin - 1] == '-';
}

bool is_version_read(std::string_view version, std::size_t size) {
    if (!is_hex(version) || version == no_version) return false;
    return version != first_version || size == known_size;
}

/// Bit 0 of the flags: the lowest of the second digit.
sampling sampling_of(char digit) {
    constexpr auto odd_digits = std::string_view{"13579bdf"};
    return odd_digits.contains(digit) ? sampling::on : sampling::off;
}

}  // namespace

std::optional<trace_context> read_traceparent(std::string_view header) {
    if (!has_shape(header) || !is_version_read(header.substr(0, 2), header.size())) return std::nullopt;
    auto const trace = header.substr(trace_begins, trace_digits);
    auto const span = header.substr(span_begins, span_digits);
    auto const flags = header.substr(flags_begin, 2);
    if (!is_id(trace) || !is_id(span) || !is_hex(flags)) return std::nullopt;
    return trace_context{trace_id{std::string{trace}}, span_id{std::string{span}}, sampling_of(flags.back())};
}

std::string write_traceparent(trace_context const& item) {
    return fmt::format("{}-{}-{}-{}", first_version, item.trace.value(), item.span.value(),
                       item.sampled == sampling::on ? "01" : "00");
}

std::optional<trace_id> read_trace_id(std::string_view text) {
    if (text.size() != trace_digits || !is_id(text)) return std::nullopt;
    return trace_id{std::string{text}};
}

span_id make_span_id(uuid_entropy const& entropy) {
    auto bytes = std::string(span_digits / 2, '\0');
    std::copy_n(entropy.begin(), bytes.size(), bytes.begin());
    if (std::ranges::all_of(bytes, [](char byte) { return byte == 0; })) bytes.back() = 1;
    return span_id{to_hex(bytes)};
}

trace_context begin_trace(instant now, uuid_entropy const& of_trace, uuid_entropy const& of_span) {
    auto digits = make_uuid_v7(now, of_trace);
    std::erase(digits, '-');
    return {.trace = trace_id{std::move(digits)}, .span = make_span_id(of_span)};
}

trace_context next_span(trace_context item, uuid_entropy const& entropy) {
    item.span = make_span_id(entropy);
    return item;
}

}  // namespace voicehook
