// Many episodes, one seed each, on as many threads as wanted.
#pragma once

#include "episode.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace voicehook::simulation {

struct campaign_plan {
    std::uint64_t first_seed{1};
    std::size_t lives{};    ///< at least so many tasks; 0: one episode
    duration longest{};     ///< ends sooner when this has passed; 0: does not
    std::size_t tasks{64};  ///< per episode
    wanted_replicas replicas{};
    store_kind store{store_kind::memory};
    std::size_t threads{1};
};

struct campaign_report {
    std::size_t episodes{};
    std::size_t lives{};
    std::size_t replica_lives{};
    std::size_t creates{};
    std::size_t deliveries{};
    std::size_t replays{};
    std::size_t replayed{};
    std::size_t copies{};
    std::size_t acknowledged{};
    std::uint64_t steps{};
    std::uint64_t fingerprint{};  ///< of all episodes: the same for the same ones, in whatever order
    double seconds{};
    per_fault<std::uint64_t> happened;
    std::optional<episode_report> broken;  ///< the failing episode of the lowest seed that was played, with its trace
};

/// Plays episodes until one breaks a promise or the plan is fulfilled. Progress goes to standard error.
[[nodiscard]] campaign_report run(campaign_plan const& plan);

/// The summary, and the failure if there is one, as text.
[[nodiscard]] std::string describe(campaign_plan const& plan, campaign_report const& report);

}  // namespace voicehook::simulation
