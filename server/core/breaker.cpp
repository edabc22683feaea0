#include "core/breaker.hpp"

#include "core/retry_schedule.hpp"

#include <algorithm>

namespace voicehook::core {

far_side health_of(attempt_outcome const& outcome) noexcept {
    if (!outcome.failed) return far_side::well;
    switch (*outcome.failed) {
        case delivery_cause::timeout:
        case delivery_cause::refused:
        case delivery_cause::reset:
        case delivery_cause::dns:
        case delivery_cause::tls:
        case delivery_cause::status_5xx:
        case delivery_cause::protocol:
        case delivery_cause::io:
        case delivery_cause::unauthorized:
        case delivery_cause::unknown_target:
        case delivery_cause::unavailable: return far_side::ill;
        case delivery_cause::status_4xx:
            return outcome.then == attempt_outcome::hint::retry ? far_side::ill : far_side::well;
        case delivery_cause::status_3xx:
        case delivery_cause::gone:
        case delivery_cause::too_large:
        case delivery_cause::forbidden:
        case delivery_cause::format:
        case delivery_cause::sink_removed: return far_side::well;
    }
    return far_side::well;
}

breaker_state breaker::state(instant now) const noexcept {
    if (opened_ == 0) return breaker_state::closed;
    return probing_ || probe_at_ <= now ? breaker_state::half_open : breaker_state::open;
}

std::size_t breaker::admits(std::size_t wanted, instant now) const noexcept {
    if (opened_ == 0) return wanted;
    return probing_ || probe_at_ > now ? 0 : std::min<std::size_t>(wanted, 1);
}

std::optional<instant> breaker::next_probe() const noexcept {
    return opened_ == 0 || probing_ ? std::nullopt : std::optional{probe_at_};
}

std::optional<instant> breaker::ill_since() const noexcept {
    return opened_ == 0 ? std::nullopt : std::optional{opened_at_};
}

void breaker::begin(instant now) noexcept {
    if (opened_ != 0 && probe_at_ <= now) probing_ = true;
}

void breaker::report(far_side found, instant now, double unit) noexcept {
    if (found == far_side::well) {
        failures_ = opened_ = 0;
        probing_ = false;
        return;
    }
    if (opened_ != 0) {
        if (probing_) open(now, unit);
        return;
    }
    if (++failures_ >= policy_.opens_after) open(now, unit);
}

void breaker::trip(instant now, double unit) noexcept {
    if (opened_ == 0 || probing_) open(now, unit);
}

void breaker::open(instant now, double unit) noexcept {
    if (opened_++ == 0) opened_at_ = now;
    probing_ = false;
    auto const whole = next_wait({policy_.first_wait, policy_.longest_wait}, opened_, 1.0);
    auto const spread = static_cast<double>(whole.count()) * std::clamp(unit, 0.0, 1.0) / 4;
    probe_at_ = now + whole - duration{static_cast<duration::rep>(spread)};
}

}  // namespace voicehook::core
