// What one episode is like: its size, its settings and how often what goes wrong, all drawn from its seed.
#pragma once

#include "core/delivery_policy.hpp"
#include "core/lifecycle.hpp"
#include "core/submission_policy.hpp"
#include "fault.hpp"
#include "flows/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace voicehook::simulation {

/// Whether the provider keeps the promise of its Idempotency-Key.
enum class key_memory : std::uint8_t { honoured = 1, ignored };

struct episode_plan {
    std::uint64_t seed{};
    std::size_t tasks{};     ///< requests of callers, repeats not counted
    std::size_t replicas{};  ///< sharing one store
    duration busy_for{};     ///< how long callers come and faults strike
    per_fault<double> rates{};

    key_memory keys{key_memory::honoured};
    core::replay_mode replay{core::replay_mode::same_key};
    core::confirmation confirm{core::confirmation::conflict};
    duration replay_after{60s};
    duration submission_deadline{10min};
    std::size_t submissions_in_flight{64};
    std::uint64_t max_open{1000};
    duration first_poll{20s};
    duration poll_interval{6s};
    duration give_up_polling{24h};
    duration work{20s};  ///< how long the provider works on a task, at most
    core::delivery_policy deliveries;
    duration lease_margin{15s};
    duration retention{30 * 24h};
    std::vector<flows::sink_route> sinks;
    duration store_latency{5ms};  ///< of one operation, at most, one way
    duration longest_offset{};    ///< of a replica's clock
};

/// How many replicas; nothing: the seed decides.
using wanted_replicas = std::optional<std::size_t>;

[[nodiscard]] episode_plan draw_plan(std::uint64_t seed, std::size_t tasks, wanted_replicas replicas);

}  // namespace voicehook::simulation
