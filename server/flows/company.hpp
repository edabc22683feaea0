// The company of replicas: each tells the others that it lives, takes over from the dead, and hears what is due.
#pragma once

#include "async/nursery.hpp"
#include "flows/announcer.hpp"
#include "flows/due_bell.hpp"
#include "flows/worker.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"
#include "telemetry/metrics.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace voicehook::flows {

struct company_settings {
    ports::replica_note self;
    duration every{1s};          ///< between two beats, ±20 %
    duration refresh_after{5s};  ///< how old the own row becomes; the beat after that writes it
    duration dead_after{20s};    ///< how long another may be unseen
    std::optional<duration> lost_replay_after;
};

/// Beats for as long as this process lives, draining included. Each beat rings the bells of what is due, so that work
/// which another replica made or left is found without every worker polling for it, also after the store was away.
/// One thread; what is referenced must outlive it.
class company {
public:
    /// `share` is told how many replicas there are: with the first beat, and whenever that changes.
    company(asio::any_io_executor executor, ports::store& store, ports::clock& clock, bells& workers,
            telemetry::metrics& metrics, std::function<void(std::size_t replicas)> share, company_settings settings);

    void start();
    /// Returns when the first beat is answered, well or badly, after `patience` at the latest: a store that is away
    /// must keep nobody from starting.
    [[nodiscard]] awaitable<void> joined(duration patience);

    void stop() { loops_.stop(); }
    [[nodiscard]] awaitable<void> finish() { return loops_.drained(); }

private:
    [[nodiscard]] awaitable<turn> beat();
    void ring(ports::company const& found);
    void look_around(ports::company const& found);
    void tell_of_loss(ports::company const& found);
    void note_failure(failure const& why);

    ports::store& store_;
    ports::clock& clock_;
    bells& bells_;
    telemetry::metrics& metrics_;
    std::function<void(std::size_t)> share_;
    company_settings settings_;
    due_bell bell_;
    std::unique_ptr<ports::alarm> first_beat_;
    async::nursery loops_;
    std::map<lease_owner, ports::replica> known_;  ///< as of the last beat, this process among them
    bool answered_{};                              ///< a beat was, well or badly
    bool failing_{};                               ///< the last beat did
};

}  // namespace voicehook::flows
