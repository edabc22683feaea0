// A store that fails, is slow and loses answers as the dice say, and tells the book what it committed.
#pragma once

#include "life.hpp"
#include "ports/store.hpp"
#include "world.hpp"

#include <memory>

namespace voicehook::simulation {

/// One life's way to the shared store. Each operation takes time before and after it is done; anything may happen then.
[[nodiscard]] std::unique_ptr<ports::store> watch_store(ports::store& shared, life& caller, world& around);

/// Gives leases back, past every fault, and tells the book.
[[nodiscard]] awaitable<result<void>> release_and_tell(ports::store& shared, ledger& book, lease_owner owner,
                                                       std::optional<duration> lost_replay_after, instant now);

/// Whether the counters agree among themselves: cheap enough for many steps.
[[nodiscard]] awaitable<void> check_conservation(ports::store& shared, ledger& book);
/// The counters against the rows, and every row against the book.
[[nodiscard]] awaitable<void> check_everything(ports::store& shared, ledger& book);

}  // namespace voicehook::simulation
