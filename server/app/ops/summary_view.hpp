// The summary as people read it: first whether anything is late or lost, then the figures.
#pragma once

#include "app/ops/json_part.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace voicehook::app::ops {

/// Something that somebody must know of.
struct concern {
    enum class kind : unsigned char {
        lost = 1,  ///< lost or made up: conservation
        late,      ///< past its time
        waiting,   ///< for an operator
        unwell,    ///< works, or will not for long
        unknown,   ///< the service does not tell
    } what{};
    std::string text;
    friend bool operator==(concern const&, concern const&) = default;
};

/// Everything in a summary that is not as it should be. What the service does not tell is a concern too: silence is no
/// good news.
[[nodiscard]] std::vector<concern> concerns_of(json_part const& summary, instant now);

/// One sentence, then a line for each concern.
[[nodiscard]] std::string render_verdict(std::vector<concern> const& concerns);

/// The verdict and the figures, in lines.
[[nodiscard]] std::string render_summary(json_part const& summary, instant now, std::size_t width);

}  // namespace voicehook::app::ops
