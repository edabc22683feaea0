// What a canary says, and what it must be answered with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace voicehook::wire {

/// A callback's body with a nonce: 32 lower-case hex digits, new for each canary.
[[nodiscard]] std::string canary_body(std::string_view nonce);
/// The nonce of such a body; nothing when it is none.
[[nodiscard]] std::optional<std::string> canary_nonce(std::string_view body);

/// The answer, with `callback_tokens::prove` of the nonce.
[[nodiscard]] std::string canary_answer(std::string_view proof);
/// The proof of such an answer; nothing when it is none.
[[nodiscard]] std::optional<std::string> canary_proof(std::string_view body);

}  // namespace voicehook::wire
