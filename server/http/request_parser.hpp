// Turns bytes that passed the gates into a request; hides Beast, and touches no socket.
#pragma once

#include "base/failure.hpp"
#include "http/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::http {

/// A request's header block, taken apart.
struct parsed_head {
    std::string method;
    std::string target;
    header_list headers;
    std::optional<std::uint64_t> content_length;
    bool chunked{};
    bool http_one_zero{};
    bool keep_alive{};  ///< what the client asked for; false for HTTP/1.0
    bool expects_continue{};
};

/// Parses one request. Bytes are handed in as they come; how many were used is told.
class request_parser {
public:
    virtual ~request_parser() = default;

    /// Parses a complete header block, to be called first and once. `protocol` when it is not one.
    [[nodiscard]] virtual result<parsed_head> take_head(std::string_view block) = 0;

    /// Parses bytes of the body and keeps at most `limit` bytes of it in all. Returns how many bytes were used;
    /// `too_large` or `protocol` otherwise.
    [[nodiscard]] virtual result<std::size_t> take_body(std::string_view bytes) = 0;
    virtual void limit_body(std::size_t limit) = 0;

    /// The body's end has been parsed; true at once for a request without body.
    [[nodiscard]] virtual bool done() const = 0;
    [[nodiscard]] virtual std::string release_body() = 0;
};

[[nodiscard]] std::unique_ptr<request_parser> create_request_parser();

}  // namespace voicehook::http
