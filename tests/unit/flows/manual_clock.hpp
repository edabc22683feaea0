// A clock that a test moves by hand: coroutines that wait for a moment run when it is reached.
#pragma once

#include "ports/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <optional>

namespace voicehook::test {

class manual_clock final : public ports::clock {
public:
    manual_clock(asio::io_context& io, instant start) : io_{io}, now_{start} {}

    [[nodiscard]] instant now() const override { return now_; }
    [[nodiscard]] awaitable<void> sleep(duration span) override;
    [[nodiscard]] std::unique_ptr<ports::alarm> make_alarm() override;

    /// The earliest moment that somebody waits for; nothing when nobody does.
    [[nodiscard]] std::optional<instant> next() const;
    /// Moves to `moment`, waking everybody whose time has come on the way, in order, and running the io_context dry.
    void advance_to(instant moment);

private:
    friend class manual_alarm;
    /// Waits until `due` or until `timer` is cancelled.
    [[nodiscard]] awaitable<void> wait(asio::steady_timer& timer, instant due);
    void settle();

    asio::io_context& io_;
    instant now_;
    std::multimap<instant, asio::steady_timer*> waiting_;
};

}  // namespace voicehook::test
