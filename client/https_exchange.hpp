// Writes one request to an open connection and reads its answer within bounds.
#pragma once

#include "base/deadline.hpp"
#include "base/failure.hpp"
#include "client/connection.hpp"
#include "client/http_client.hpp"
#include "ports/awaitable.hpp"

#include <cstdint>
#include <expected>
#include <string_view>

namespace voicehook::client {

/// Header blocks over this are `too_large`.
inline constexpr std::uint32_t max_answer_header = 64 * 1024;

/// What goes out, and what may come back. Must outlive the exchange.
struct exchange_order {
    std::string_view head;
    std::string_view body;
    enum class answer : unsigned char {
        with_body = 1,
        headers_only
    } expects{answer::with_body};  ///< headers_only: HEAD
    std::size_t max_response_body{};
    body_use answer_body{body_use::keep};
    body_consumer const* on_body{};  ///< for `hand_on`
};

/// An answer, and whether the connection can carry another request.
struct exchange_end {
    outbound_response answer;
    enum class connection_state : unsigned char { reusable = 1, spent } then{connection_state::spent};
};

/// How far an exchange came that has no answer.
enum class exchange_progress : unsigned char {
    nothing_written = 1,
    written,    ///< at least a byte may have left, none came back
    answering,  ///< the answer had begun
};

struct exchange_break {
    failure why;
    exchange_progress reached{};
};

/// One exchange until `until`. Informational answers are skipped; framing that two readers could understand differently
/// is `protocol`; an answer that ends early is `reset`.
[[nodiscard]] awaitable<std::expected<exchange_end, exchange_break>> exchange(connection& peer, exchange_order order,
                                                                              deadline until);

}  // namespace voicehook::client
