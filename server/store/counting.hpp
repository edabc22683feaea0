// Which counters a row stands in, and what the counters say together.
#pragma once

#include "store/rows.hpp"

#include <string>
#include <vector>

namespace voicehook::store {

/// Whether a contradiction is still to be settled: by a query or an operator.
[[nodiscard]] bool has_open_dispute(core::task const& item) noexcept;
/// Whether a delivery is still to be made: pending or under way.
[[nodiscard]] bool is_waiting(core::delivery const& item) noexcept;

/// The counters that a task, as it is, stands in.
[[nodiscard]] std::vector<counter_key> counters_of(core::task const& item);
/// The counters that a delivery, as it is, stands in.
[[nodiscard]] std::vector<counter_key> counters_of(core::delivery const& item);

/// Moves a row from the counters it stood in to those it stands in now; either may be empty.
void recount(rows& table, std::vector<counter_key> const& before, std::vector<counter_key> const& after);

/// The summary that the counters and the indexed ages give, without what depends on the time.
[[nodiscard]] ports::store_summary summarise(rows& table);
/// Adds what is due, and whose links die next; `now` is the caller's.
void add_due_times(rows& table, ports::store_summary& to, instant now);

/// Every counter that the rows contradict, as a sentence with both sides.
[[nodiscard]] std::vector<std::string> contradictions(counter_values const& kept, counter_values const& counted);

}  // namespace voicehook::store
