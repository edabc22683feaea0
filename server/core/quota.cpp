#include "core/quota.hpp"

#include <algorithm>
#include <cmath>

namespace voicehook::core {

token_bucket::token_bucket(unsigned per_second, instant now) noexcept
    : per_second_{static_cast<double>(std::max(per_second, 1U))}, tokens_{per_second_}, refilled_at_{now} {}

void token_bucket::refill(instant now) noexcept {
    auto const passed = std::max(duration::zero(), now - refilled_at_);
    auto const seconds = static_cast<double>(passed.count()) / 1000;
    tokens_ = std::min(per_second_, tokens_ + seconds * per_second_);
    refilled_at_ = now;
}

std::optional<duration> token_bucket::take(instant now) noexcept {
    if (take_up_to(1, now) == 1) return std::nullopt;
    return until_next(now);
}

std::size_t token_bucket::take_up_to(std::size_t wanted, instant now) noexcept {
    refill(now);
    auto const taken = std::min(static_cast<double>(wanted), std::floor(tokens_));
    tokens_ -= taken;
    return static_cast<std::size_t>(taken);
}

duration token_bucket::until_next(instant now) noexcept {
    refill(now);
    auto const milliseconds = std::ceil((1 - tokens_) / per_second_ * 1000);
    return std::max(duration{1}, duration{static_cast<duration::rep>(milliseconds)});
}

void token_bucket::give_back(std::size_t unused) noexcept {
    tokens_ = std::min(per_second_, tokens_ + static_cast<double>(unused));
}

}  // namespace voicehook::core
