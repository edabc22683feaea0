// The real clock: the wall clock at start plus steady time, drawn gradually towards the wall clock.
#pragma once

#include "ports/clock.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>

namespace voicehook::app {

/// A jump of the wall clock is followed at 1 % of the time that passes, so that it neither freezes nor mass-expires
/// anything; it never goes back. One thread.
class system_clock final : public ports::clock {
public:
    explicit system_clock(asio::any_io_executor executor);

    [[nodiscard]] instant now() const override;
    [[nodiscard]] instant wall() const override;
    [[nodiscard]] awaitable<void> sleep(duration span) override;
    [[nodiscard]] std::unique_ptr<ports::alarm> make_alarm() override;

private:
    using steady = std::chrono::steady_clock;

    asio::any_io_executor executor_;
    mutable steady::time_point anchored_at_;
    mutable std::chrono::sys_time<std::chrono::nanoseconds> anchor_;
};

}  // namespace voicehook::app
