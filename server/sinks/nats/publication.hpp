// What is published to NATS, as the bytes of its protocol.
#pragma once

#include "base/trace_context.hpp"
#include "core/delivery.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace voicehook::sinks::nats {

/// One message that asks for an answer.
struct publication {
    std::string bytes;
    std::string subject;
    std::string reply;   ///< where the answer is expected
    std::size_t size{};  ///< headers and payload: what `max_payload` limits
};

/// The subject of a delivery: `{status}` and `{caller}` of `pattern` replaced by those of its task, of which only
/// letters, digits, '_' and '-' stay as they are: nothing can add a word or a wildcard.
[[nodiscard]] std::string subject_of(core::delivery const& item, std::string_view pattern);
/// The subject of all deliveries: '*' for every word with a placeholder.
[[nodiscard]] std::string subject_of_all(std::string_view pattern);

/// The delivery with its headers: Nats-Msg-Id (the delivery's id, by which streams keep one of each), Content-Type,
/// Voicehook-Type, traceparent, and `ce-…` for a binary event. Nothing in a header can end its line.
[[nodiscard]] publication publish(core::delivery const& item, trace_context const& trace, std::string_view pattern,
                                  std::string reply);

/// A request without headers.
[[nodiscard]] publication ask(std::string subject, std::string reply, std::string_view payload);

}  // namespace voicehook::sinks::nats
