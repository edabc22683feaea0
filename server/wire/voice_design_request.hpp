// The caller's request, checked, and the exact bytes that go to the provider for it.
#pragma once

#include "core/complaint.hpp"
#include "core/voice_design.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace voicehook::wire {

/// A request that passed every rule.
struct voice_design_submission {
    std::string model;
    std::optional<std::string> callback_url;  ///< the caller's own; not part of what the provider gets
    std::string members;  ///< the JSON members for the provider without braces and without callback_url: the caller's
                          ///< raw bytes in the caller's order, then the defaults of those that were absent
    std::string fingerprint;  ///< SHA-256 (hex) of the members sorted by name, values normalised, callback_url
                              ///< included: equal for requests that are equal after parsing and defaults
};

/// Reads and checks a body; all complaints at once (types, missing and duplicate fields, every rule of
/// core/voice_design). A body that is not a JSON object has the one complaint with field "".
[[nodiscard]] std::expected<voice_design_submission, core::complaints> read_voice_design(
    std::string_view body, core::voice_design::callback_rules const& callbacks = {});

/// The bytes to submit: the members and our `callback_url`.
[[nodiscard]] std::string submit_body(voice_design_submission const& item, std::string_view callback_url);

}  // namespace voicehook::wire
