// What every command has at hand, and how it asks: refusals explained, exit codes chosen in one place.
#pragma once

#include "app/ops/channel.hpp"
#include "app/ops/json_part.hpp"
#include "app/ops/screen.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::app::ops {

enum class output : unsigned char { people = 1, json };

struct conversation {
    channel& api;
    screen& terminal;
    output form{output::people};

    [[nodiscard]] bool for_programs() const noexcept { return form == output::json; }
};

/// The body of a 2xx answer that is a JSON object. Everything else is explained on standard error and becomes the exit
/// code: `exit_refused` for 400, 401 and 403, `exit_not_found` for 404, `exit_conflict` for 409, else `exit_failed`.
[[nodiscard]] std::expected<std::string, int> ask(conversation& with, question what);

/// What a refusal says, in lines for people: status, detail and each complaint.
[[nodiscard]] std::string explain(answer const& refusal);

/// The exit code of a refusal.
[[nodiscard]] int exit_code_of(int status);

/// `path?name=value&…`, encoded; pairs with an empty value are left out.
[[nodiscard]] std::string with_query(std::string path,
                                     std::vector<std::pair<std::string_view, std::string>> const& pairs);

}  // namespace voicehook::app::ops
