// One request on its way through a session, and what can be decided from its head alone.
#pragma once

#include "http/body_gate.hpp"
#include "http/exchange.hpp"
#include "http/request_parser.hpp"
#include "http/router.hpp"
#include "http/session.hpp"

#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::http {

/// A request from the end of its header block to its answer.
struct turn {
    std::chrono::steady_clock::time_point began{std::chrono::steady_clock::now()};
    request item;            ///< handed over to the handler
    std::string request_id;  ///< stays here
    std::unique_ptr<request_parser> parser;
    parsed_head head;  ///< its headers are in `item`
    body_gate body{body_gate::sized(0)};
    /// All of the body has been used and nothing else: what has arrived behind it begins the next request. Anything
    /// that goes wrong leaves this false, and the connection ends with the answer.
    bool is_read{};
    route const* found{};
};

/// Reads a header block of a client. A block that the wire gate or the parser refuses is a gate_reason.
[[nodiscard]] std::expected<turn, gate_reason> begin_turn(std::string_view block, session_context const& context,
                                                          introduction const& client);

/// Guards, route, admission and the body rule, in this order; a response refuses. Sets `found`, parameters and
/// principal.
[[nodiscard]] std::optional<response> refuse_by_head(turn& now, session_context const& context);

/// How many bytes of body the turn may have.
[[nodiscard]] std::size_t body_limit(turn const& now);

/// A 413, 415, 400 or 408 after the route's admission: counts it and tells the route.
[[nodiscard]] response refuse_body(turn& now, session_context const& context, int status, std::string_view reason,
                                   std::string_view detail);

}  // namespace voicehook::http
