// What Redis's answers mean for a delivery.
#pragma once

#include "core/delivery_policy.hpp"
#include "sinks/redis/replies.hpp"

#include <string>
#include <string_view>

namespace voicehook::sinks::redis {

/// The outcome of an XADD: delivered with the entry's id. Errors are told apart by their first word.
[[nodiscard]] core::attempt_outcome outcome_of(reply const& answer, std::string_view stream);

/// The outcome that an error stands for, whatever the command was; with advice where there is some.
[[nodiscard]] core::attempt_outcome outcome_of_error(std::string_view error);

/// Whether the connection is of no more use after this error: the server closes it, or wants a login.
[[nodiscard]] bool ends_connection(reply const& answer);

/// Whether the server says that it is not the one that takes writes (any more): its name may lead elsewhere by now, and
/// it does not hang up by itself.
[[nodiscard]] bool is_not_primary(reply const& answer);

}  // namespace voicehook::sinks::redis
