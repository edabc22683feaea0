// The provider's answers and callbacks, in the shapes of its documentation and in those that were seen elsewhere.
#pragma once

#include "core/task.hpp"
#include "dice.hpp"

#include <string>
#include <string_view>

namespace voicehook::simulation {

[[nodiscard]] std::string accepted_body(std::string_view id);
[[nodiscard]] std::string running_body(std::string_view id, int progress);
/// How an end is told. `odd` bodies miss members, or have some that nobody knows.
enum class body_form : std::uint8_t { usual = 1, odd };
[[nodiscard]] std::string ended_body(std::string_view id, core::terminal what, body_form form, dice& luck);
/// A body that is no task.
[[nodiscard]] std::string malformed_body(std::string_view id, dice& luck);
[[nodiscard]] std::string error_body(std::string_view code, std::string_view type);

}  // namespace voicehook::simulation
