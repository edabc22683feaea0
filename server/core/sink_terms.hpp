// How a sink is to be treated: fast and often enough, and no more than it can bear.
#pragma once

#include "core/breaker.hpp"
#include "core/delivery_policy.hpp"
#include "core/retry_budget.hpp"

#include <cstddef>
#include <cstdint>

namespace voicehook::core {

struct sink_terms {
    delivery_policy policy{};
    breaker_policy breaker{};
    retry_budget_policy budget{};
    unsigned deliveries_per_second{};   ///< over all replicas; 0: as many as there are
    std::size_t max_per_destination{};  ///< attempts under way at one of many far sides; 0: no limit of its own
    enum class watch : std::uint8_t {
        deliveries = 1,  ///< only attempts tell how the far side is
        connection,      ///< it is also probed at the start, and while it is ill and nothing is due
    } watched{watch::deliveries};
};

}  // namespace voicehook::core
