#include "core/quota.hpp"

#include <algorithm>
#include <cmath>

namespace voicehook::core {

token_bucket::token_bucket(unsigned per_second, instant now) noexcept
    : per_second_{static_cast<double>(std::max(per_second, 1U))}, tokens_{per_second_}, refilled_at_{now} {}

std::optional<duration> token_bucket::take(instant now) noexcept {
    auto const passed = std::max(duration::zero(), now - refilled_at_);
    auto const seconds = static_cast<double>(passed.count()) / 1000;
    tokens_ = std::min(per_second_, tokens_ + seconds * per_second_);
    refilled_at_ = now;
    if (tokens_ >= 1) {
        tokens_ -= 1;
        return std::nullopt;
    }
    auto const milliseconds = std::ceil((1 - tokens_) / per_second_ * 1000);
    return std::max(duration{1}, duration{static_cast<duration::rep>(milliseconds)});
}

}  // namespace voicehook::core
