// One episode: a storm of faults over one store and its replicas, then calm, then everything must have come to its end.
#pragma once

#include "fault.hpp"
#include "ledger.hpp"
#include "plan.hpp"
#include "ports/store.hpp"
#include "storage.hpp"
#include "telemetry/metrics.hpp"
#include "trace.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace voicehook::simulation {

/// Changes the store below everything, to see whether that is noticed. For tests of the simulation itself.
using sabotage = std::function<std::unique_ptr<ports::store>(std::unique_ptr<ports::store>)>;

struct episode_report {
    std::uint64_t seed{};
    std::size_t lives{};          ///< tasks stored
    std::size_t replica_lives{};  ///< process lives
    std::size_t creates{};        ///< voices paid for
    std::size_t deliveries{};
    std::size_t replays{};       ///< that operators started
    std::size_t replayed{};      ///< deliveries that replays made due
    std::size_t copies{};        ///< that sinks took
    std::size_t acknowledged{};  ///< callbacks answered 2xx
    std::uint64_t steps{};
    std::uint64_t fingerprint{};  ///< the same for the same episode
    per_fault<std::uint64_t> happened;
    std::optional<violation> broken;
    std::vector<std::string> lines;  ///< of the task that broke a promise; with trace only
};

/// Plays one episode to its end, its tasks kept in `kept`. `metrics` is only counted into; it is costly to make.
[[nodiscard]] episode_report play(episode_plan plan, trace::mode how, telemetry::metrics& metrics, storage& kept,
                                  sabotage const& spoil = {});

}  // namespace voicehook::simulation
