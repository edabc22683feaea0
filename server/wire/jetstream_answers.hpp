// What JetStream answers: to a message for a stream, and to the question which streams take a subject.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace voicehook::wire {

/// The message is in the stream, or was already.
struct jetstream_ack {
    std::string stream;
    std::uint64_t sequence{};
    bool duplicate{};
    friend bool operator==(jetstream_ack const&, jetstream_ack const&) = default;
};

/// It is not. Source: NATS ADR-1 (JetStream JSON API); nats-server 2.9, server/errors.json.
struct jetstream_error {
    std::int64_t code{};    ///< like an HTTP status
    std::int64_t number{};  ///< `err_code`: which error exactly
    std::string description;
    friend bool operator==(jetstream_error const&, jetstream_error const&) = default;
};

/// Nothing when it is neither.
using jetstream_answer = std::variant<jetstream_ack, jetstream_error>;
[[nodiscard]] std::optional<jetstream_answer> read_jetstream_ack(std::string_view json);

/// The answer to STREAM.NAMES: how many streams there are, or an error; nothing when it is neither.
[[nodiscard]] std::optional<std::variant<std::size_t, jetstream_error>> read_stream_names(std::string_view json);

/// The question: which streams take messages of this subject?
[[nodiscard]] std::string render_stream_names_request(std::string_view subject);

}  // namespace voicehook::wire
