#include "core/retry_schedule.hpp"

#include <algorithm>
#include <cmath>

namespace voicehook::core {

duration next_wait(retry_schedule const& schedule, std::uint32_t failed, double unit) noexcept {
    auto const doublings = static_cast<int>(std::clamp<std::uint32_t>(failed, 1, 64) - 1);
    auto const grown = std::ldexp(static_cast<double>(schedule.first.count()), doublings);
    auto const ceiling = std::min(grown, static_cast<double>(schedule.longest.count()));

    auto const wait = std::max(ceiling * std::clamp(unit, 0.0, 1.0), ceiling / 100);
    return duration{static_cast<duration::rep>(std::ceil(wait))};
}

}  // namespace voicehook::core
