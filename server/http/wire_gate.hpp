// Checks a request's header block byte by byte before any parser sees it.
#pragma once

#include "base/names.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace voicehook::http {

/// Why the bytes of a request are refused; each is a label of `http_rejected_total{listener,reason}`.
enum class gate_reason : std::uint8_t {
    header_too_large = 1,  ///< the block or its number of fields
    control_character,     ///< bare CR or LF, NUL, other control characters
    folded_line,           ///< a line that begins with a space or tab
    request_line,
    method,
    target,
    version,
    field_name,
    host,
    transfer_encoding,
    content_length,
    upgrade,
    expect,
    chunk_framing,
    chunk_extension,
    trailers,
    parser,  ///< passed the gate, but not the parser behind it
};

/// The end of a header block in what has arrived so far.
struct head_search {
    std::size_t length{};                  ///< with its empty line; 0: not there yet
    std::optional<gate_reason> refused{};  ///< it can never become a good block
};

/// Looks for the empty line that ends a header block. The first `scanned` bytes were searched before. Refuses at once
/// what would only be waited for in vain: a bare LF, or a first byte that begins no method.
[[nodiscard]] head_search find_head(std::string_view received, std::size_t scanned) noexcept;

/// Checks a complete header block, its empty line included. Nothing: it may go to the parser.
/// Stricter than RFC 9112 wherever two implementations are known to read the same bytes differently: one space between
/// the parts of the request line, origin-form only, no obs-fold, exactly one Host, one way to say how long the body is.
[[nodiscard]] std::optional<gate_reason> check_head(std::string_view block) noexcept;

}  // namespace voicehook::http

namespace voicehook {
template <>
inline constexpr auto names_of<http::gate_reason> = std::array{
    entry(http::gate_reason::header_too_large, "header_too_large"),
    entry(http::gate_reason::control_character, "control_character"),
    entry(http::gate_reason::folded_line, "folded_line"),
    entry(http::gate_reason::request_line, "request_line"),
    entry(http::gate_reason::method, "method"),
    entry(http::gate_reason::target, "target"),
    entry(http::gate_reason::version, "version"),
    entry(http::gate_reason::field_name, "field_name"),
    entry(http::gate_reason::host, "host"),
    entry(http::gate_reason::transfer_encoding, "transfer_encoding"),
    entry(http::gate_reason::content_length, "content_length"),
    entry(http::gate_reason::upgrade, "upgrade"),
    entry(http::gate_reason::expect, "expect"),
    entry(http::gate_reason::chunk_framing, "chunk_framing"),
    entry(http::gate_reason::chunk_extension, "chunk_extension"),
    entry(http::gate_reason::trailers, "trailers"),
    entry(http::gate_reason::parser, "parser"),
};
}  // namespace voicehook
