// The provider's checks of a voice-design request. Source: contract of record, "Body".
#pragma once

#include "tests/simulator/callback_url.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

/// What a valid request asks for, with the defaults filled in.
struct voice_request {
    std::string preferred_name;
    std::string language = "zh";
    std::int64_t sample_rate = 24000;
    std::string response_format = "wav";
    std::string target_model = "qwen3-tts-vd-2026-01-26";
    std::string callback_url;  ///< empty: the task is only queried
};

/// One broken rule.
struct complaint {
    std::string param;    ///< the field; empty: the body as a whole
    std::string message;  ///< for the client's eyes

    friend bool operator==(complaint const&, complaint const&) = default;
};

/// Reads and checks a request body; every broken rule is listed, in the order of the contract of record. Lengths count
/// Unicode code points. Where the contract is silent: required texts must not be empty, unknown fields are ignored.
[[nodiscard]] std::expected<voice_request, std::vector<complaint>> read_request(std::string_view body,
                                                                                address_policy policy);

}  // namespace simulator
