// Whether a far side is worth an attempt now: a circuit breaker.
#pragma once

#include "base/names.hpp"
#include "base/time.hpp"
#include "core/delivery_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace voicehook::core {

struct breaker_policy {
    std::uint32_t opens_after{10};  ///< failures in a row
    duration first_wait{1s};        ///< until the first probe; doubles with each that fails
    duration longest_wait{30s};
};

enum class breaker_state : std::uint8_t {
    closed = 1,
    half_open,  ///< one attempt, the probe, may be made or is under way
    open,
};

/// What an attempt says of the far side itself, whatever it says of the delivery.
enum class far_side : std::uint8_t { well = 1, ill };
/// Ill: it cannot be reached, does not answer in time, or says itself that it cannot serve (5xx, 429, a broker's
/// refusal). An answer that is about this delivery (4xx, too large) comes from a far side that is well.
[[nodiscard]] far_side health_of(attempt_outcome const& outcome) noexcept;

/// One far side's breaker. It has no clock: times are arguments. Attempts that began before it opened may report late:
/// a failure changes nothing then, a success closes it.
class breaker {
public:
    explicit breaker(breaker_policy policy = {}) noexcept : policy_{policy} {}

    [[nodiscard]] breaker_state state(instant now) const noexcept;
    /// How many attempts may begin now: all of `wanted`, one, or none.
    [[nodiscard]] std::size_t admits(std::size_t wanted, instant now) const noexcept;
    /// When the next probe may be made; nothing while it is closed or the probe is under way.
    [[nodiscard]] std::optional<instant> next_probe() const noexcept;
    /// Since when it has not been closed; nothing while it is.
    [[nodiscard]] std::optional<instant> ill_since() const noexcept;

    /// An attempt begins, which `admits` allowed.
    void begin(instant now) noexcept;
    /// What it came to. `unit` in [0, 1) spreads the probes of several replicas over a quarter of the wait.
    void report(far_side found, instant now, double unit) noexcept;
    /// It is known from elsewhere that the far side is ill: open at once.
    void trip(instant now, double unit) noexcept;

private:
    void open(instant now, double unit) noexcept;

    breaker_policy policy_;
    std::uint32_t failures_{};  ///< in a row
    std::uint32_t opened_{};    ///< times in a row; 0: closed
    instant opened_at_{};       ///< the first of them
    instant probe_at_{};
    bool probing_{};
};

}  // namespace voicehook::core

namespace voicehook {
template <>
inline constexpr auto names_of<core::breaker_state> =
    std::array{entry(core::breaker_state::closed, "closed"), entry(core::breaker_state::half_open, "half_open"),
               entry(core::breaker_state::open, "open")};
}  // namespace voicehook
