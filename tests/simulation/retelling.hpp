// What an operation did that its answer does not say: it is read again from the store, and told to the book.
#pragma once

#include "ledger.hpp"
#include "ports/store.hpp"

#include <optional>
#include <vector>

namespace voicehook::simulation {

/// What somebody works on, as the book has it.
struct held_leases {
    std::vector<task_id> tasks;
    std::vector<delivery_id> deliveries;
};

[[nodiscard]] held_leases leases_of(ledger const& book, lease_owner const& owner);
/// These leases were given back.
[[nodiscard]] awaitable<void> tell_of_release(ports::store& shared, ledger& book, held_leases held, instant now);
/// Submissions whose lease ended by `ended` are nobody's any more.
[[nodiscard]] awaitable<void> tell_of_lost(ports::store& shared, ledger& book, instant ended, instant now);
/// Ended tasks were deleted.
[[nodiscard]] awaitable<void> tell_of_retired(ports::store& shared, ledger& book);
/// What waited for sinks that are not in `known` was parked.
[[nodiscard]] awaitable<void> tell_of_removed_sinks(ports::store& shared, ledger& book,
                                                    std::vector<sink_name> const& known);

}  // namespace voicehook::simulation
