// What the answers of NATS and JetStream mean for a delivery.
#pragma once

#include "base/failure.hpp"
#include "core/delivery_policy.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::sinks::nats {

/// What came to the subject that a publication named for its answer.
struct reply {
    int status{};  ///< 503: nobody takes the subject
    std::string payload;
};

/// The outcome of a message for a stream: delivered with stream and sequence, or why not.
[[nodiscard]] core::attempt_outcome outcome_of(reply const& answer, std::string_view subject);

/// What the question for streams that take `subject` was answered with, as a failure; nothing when there is one.
[[nodiscard]] std::optional<core::attempt_outcome> problem_of_streams(reply const& answer, std::string_view subject);

/// The outcome that a server's -ERR stands for.
[[nodiscard]] core::attempt_outcome outcome_of_error(std::string_view error);

/// The subject that we may not publish to, after an -ERR that says so and leaves the connection open.
[[nodiscard]] std::optional<std::string> refused_subject(std::string_view error);

/// A message of `size` for a server that takes at most `limit`.
[[nodiscard]] core::attempt_outcome too_large(std::uint64_t size, std::uint64_t limit);

}  // namespace voicehook::sinks::nats
