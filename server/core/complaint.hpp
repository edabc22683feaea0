// One violated rule of a request: where, and what to do about it.
#pragma once

#include <string>
#include <vector>

namespace voicehook::core {

struct complaint {
    std::string field;    ///< a path such as "voice_prompt" or "sinks[0].url"; "" is the whole document
    std::string message;  ///< says what is expected
    friend bool operator==(complaint const&, complaint const&) = default;
};

using complaints = std::vector<complaint>;

}  // namespace voicehook::core
