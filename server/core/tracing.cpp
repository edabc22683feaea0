#include "core/tracing.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

namespace voicehook::core {

namespace {

constexpr std::string_view task_prefix = "task-";
constexpr std::string_view delivery_prefix = "msg_";
constexpr std::size_t trace_bytes = 16;
constexpr std::size_t trace_digits = 2 * trace_bytes;

/// For ids that are not of our making: sixteen bytes that depend on each character, not all of them 0.
std::string folded(std::string_view text) {
    auto bytes = std::string(trace_bytes, '\x55');
    for (std::size_t at = 0; at < text.size(); ++at)
        bytes[at % trace_bytes] = static_cast<char>(bytes[at % trace_bytes] * 31 + text[at]);
    if (std::ranges::all_of(bytes, [](char byte) { return byte == 0; })) bytes.back() = 1;
    return bytes;
}

trace_id own_trace_of(task_id const& id) {
    if (!is_task_id(id.value())) return trace_id{to_hex(folded(id.value()))};
    auto digits = id.value().substr(task_prefix.size());
    std::erase(digits, '-');
    return trace_id{std::move(digits)};
}

/// A span that is always the same; not 0 for a UUID, whose last half begins with its variant.
span_id last_half_of(trace_id const& own) {
    auto const half = own.value().substr(trace_digits / 2);
    return half.find_first_not_of('0') == half.npos ? make_span_id({}) : span_id{half};
}

trace_context task_trace(task_id const& id, std::string_view trace_parent) {
    auto const own = own_trace_of(id);
    auto const given = read_traceparent(trace_parent);
    if (!given) return {.trace = own, .span = last_half_of(own)};
    return {.trace = given->trace, .span = last_half_of(own), .sampled = given->sampled};
}

}  // namespace

trace_context trace_of(task const& item) { return task_trace(item.id, item.trace_parent); }

trace_id trace_id_of(task const& item) { return trace_of(item).trace; }

trace_id trace_id_of(delivery_id const& id) {
    auto const text = std::string_view{id.value()};
    auto const bytes = text.starts_with(delivery_prefix) ? from_base64url(text.substr(delivery_prefix.size()))
                                                         : std::optional<std::string>{};
    auto const own = bytes ? read_trace_id(to_hex(*bytes)) : std::nullopt;
    return own.value_or(trace_id{to_hex(folded(text))});
}

trace_context trace_of(delivery const& item) {
    auto const own = trace_id_of(item.id);
    return {.trace = own, .span = last_half_of(own), .sampled = task_trace_of(item).sampled};
}

trace_context task_trace_of(delivery const& item) { return task_trace(item.task, item.task_trace_parent); }

std::optional<task_id> task_traced_as(trace_id const& trace) {
    auto text = std::string{task_prefix};
    for (auto const digit : trace.value()) {
        auto const written = text.size() - task_prefix.size();
        if (written == 8 || written == 13 || written == 18 || written == 23) text += '-';
        text += digit;
    }
    return is_task_id(text) ? std::optional{task_id{std::move(text)}} : std::nullopt;
}

delivery_id delivery_traced_as(trace_id const& trace) {
    return delivery_id{std::string{delivery_prefix} + to_base64url(from_hex(trace.value()).value_or(""))};
}

std::string with_span(std::string detail, span_id const& span) {
    if (!span.value().empty()) fmt::format_to(std::back_inserter(detail), ", span {}", span.value());
    return detail;
}

std::string with_trace(std::string detail, trace_context const& item) {
    if (!item.span.value().empty()) fmt::format_to(std::back_inserter(detail), ", trace {}", item.trace.value());
    return with_span(std::move(detail), item.span);
}

}  // namespace voicehook::core
