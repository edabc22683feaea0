#include "ports/store_types.hpp"

#include <fmt/format.h>

namespace voicehook::ports {

std::vector<std::string> conservation_violations(store_summary const& counters) {
    std::vector<std::string> violations;

    auto tasks = counters.tasks_retired;
    for (auto const& [stage, count] : counters.tasks) tasks += count;
    if (tasks != counters.accepted)
        violations.push_back(
            fmt::format("accepted {} tasks, but stages and retired add up to {}", counters.accepted, tasks));

    auto deliveries = counters.deliveries_retired;
    for (auto const& [name, sink] : counters.sinks)
        for (auto const& [state, count] : sink.by_state) deliveries += count;
    if (deliveries != counters.deliveries_created)
        violations.push_back(fmt::format("created {} deliveries, but states and retired add up to {}",
                                         counters.deliveries_created, deliveries));
    return violations;
}

}  // namespace voicehook::ports
