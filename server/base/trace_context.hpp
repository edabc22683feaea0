// W3C trace context: which trace a request belongs to, as its header `traceparent` tells and is told.
#pragma once

#include "base/ids.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook {

using trace_id = strong<struct trace_id_tag>;  ///< 32 lower-case hexadecimal digits, not all of them 0
using span_id = strong<struct span_id_tag>;    ///< 16 of them, likewise

/// Whether whoever began the trace keeps what happens in it.
enum class sampling : std::uint8_t { off, on };

/// A trace and the span in it that a request was sent by.
struct trace_context {
    trace_id trace;
    span_id span;
    sampling sampled{sampling::on};
    friend bool operator==(trace_context const&, trace_context const&) = default;
};

/// Reads a `traceparent`. Version 00 has exactly 55 characters; of a later one what version 00 knows is read, whatever
/// follows after one more '-'. Nothing for upper case, ids of zeros, version ff and everything else.
/// Source: W3C Trace Context, 3.2.2 and 4.2.
[[nodiscard]] std::optional<trace_context> read_traceparent(std::string_view header);

/// The header in version 00: of the flags only "sampled".
[[nodiscard]] std::string write_traceparent(trace_context const& item);

/// `text` as the id of a trace; nothing when it is not one.
[[nodiscard]] std::optional<trace_id> read_trace_id(std::string_view text);

/// A random span.
[[nodiscard]] span_id make_span_id(uuid_entropy const& entropy);

/// A trace of its own, begun at `now`: its id is a UUIDv7, so that it sorts by time.
[[nodiscard]] trace_context begin_trace(instant now, uuid_entropy const& of_trace, uuid_entropy const& of_span);

/// The same trace with another span: what a request that we send in it tells.
[[nodiscard]] trace_context next_span(trace_context item, uuid_entropy const& entropy);

}  // namespace voicehook
