// What one episode is like: its size, its settings and how often what goes wrong, all drawn from its seed.
#pragma once

#include "base/names.hpp"
#include "core/delivery_policy.hpp"
#include "core/lifecycle.hpp"
#include "core/submission_policy.hpp"
#include "fault.hpp"
#include "flows/outbox.hpp"
#include "flows/replay.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace voicehook::simulation {

/// Whether the provider keeps the promise of its Idempotency-Key.
enum class key_memory : std::uint8_t { honoured = 1, ignored };

/// Where tasks are kept.
enum class store_kind : std::uint8_t { memory = 1, sqlite, postgres };

/// Whose clock says when a lease ends.
enum class lease_time : std::uint8_t { own = 1, shared };

struct episode_plan {
    std::uint64_t seed{};
    store_kind store{store_kind::memory};
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
    flows::replay_settings replays{.pace = 1min, .look_every = 10min};  ///< slower than in production: days pass
    duration retention{30 * 24h};
    std::vector<flows::sink_route> sinks;
    duration store_latency{5ms};  ///< of one operation, at most, one way
    duration group_window{};      ///< how long PostgreSQL's operations wait for others to commit with
    duration longest_offset{};    ///< of a replica's clock

    /// What replicas share has a clock of its own; a single one's store takes it for the only one.
    [[nodiscard]] lease_time leases() const noexcept {
        return replicas > 1 || store == store_kind::postgres ? lease_time::shared : lease_time::own;
    }
};

/// How many replicas; nothing: the seed decides.
using wanted_replicas = std::optional<std::size_t>;

/// SQLite: one replica, whatever is wanted.
[[nodiscard]] episode_plan draw_plan(std::uint64_t seed, std::size_t tasks, wanted_replicas replicas,
                                     store_kind store = store_kind::memory);

}  // namespace voicehook::simulation

namespace voicehook {
template <>
inline constexpr auto names_of<simulation::store_kind> = std::array{
    entry(simulation::store_kind::memory, "memory"),
    entry(simulation::store_kind::sqlite, "sqlite"),
    entry(simulation::store_kind::postgres, "postgres"),
};
}  // namespace voicehook
