// Requests to a callback URL, as the bytes that go over the wire and when.
#pragma once

#include "tests/simulator/callback_url.hpp"
#include "tests/simulator/kinds.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

/// Some bytes and the silence after them.
struct wire_piece {
    std::string bytes;
    std::chrono::milliseconds pause{};
};

/// A request: `close` ends the connection without waiting for an answer.
struct raw_request {
    enum class finish : std::uint8_t { read_answer, close };

    std::vector<wire_piece> pieces;
    finish then = finish::read_answer;
};

/// What the provider sends: POST, JSON, with Content-Length.
[[nodiscard]] raw_request callback_request(callback_url const& url, std::string_view body);

/// A request that must not get through. `body` is the true body of the task, `stranger_body` that of another task.
/// Not for `all`.
[[nodiscard]] raw_request hostile_request(hostile kind, callback_url const& url, std::string_view body,
                                          std::string_view stranger_body);

/// The same path with one character of its last segment's last part (the MAC of a voicehook token) changed.
[[nodiscard]] std::string forged_target(std::string_view target);

}  // namespace simulator
