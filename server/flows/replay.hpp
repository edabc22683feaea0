// The verb "replay": makes parked deliveries due again for operators, little by little, below live traffic.
#pragma once

#include "async/nursery.hpp"
#include "flows/announcer.hpp"
#include "flows/due_bell.hpp"
#include "flows/worker.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <cstddef>
#include <cstdint>

namespace voicehook::flows {

struct replay_settings {
    std::size_t batch{20};           ///< deliveries of a sink that become due at once
    duration pace{200ms};            ///< between two batches, at least
    std::uint64_t max_waiting{100};  ///< while so many wait for the sink, live ones among them, a replay stands still
    duration look_every{5s};         ///< for replays that another replica started, or left behind
};

/// A replay is a row of the store: it survives this process, and any replica may go on with it. One thread; what is
/// referenced must outlive it.
class replay {
public:
    replay(asio::any_io_executor executor, ports::store& store, ports::clock& clock, bells& workers,
           telemetry::metrics& metrics, replay_settings settings = {});

    void start();
    /// One was started: look now.
    void look_now() { bell_.ring_now(); }
    void stop_claiming() { loops_.stop(); }
    [[nodiscard]] awaitable<void> finish() { return loops_.drained(); }

    /// How many deliveries of a sink become due per second at most: what a dry run estimates by.
    [[nodiscard]] std::uint64_t per_second() const noexcept;

private:
    [[nodiscard]] awaitable<turn> look();

    ports::store& store_;
    ports::clock& clock_;
    bells& bells_;
    telemetry::metrics& metrics_;
    replay_settings settings_;
    due_bell bell_;
    async::nursery loops_;
};

}  // namespace voicehook::flows
