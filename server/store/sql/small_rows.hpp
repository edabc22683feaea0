// Rows of the small tables and of the timeline, read from their columns.
#pragma once

#include "core/lifecycle.hpp"
#include "ports/store_types.hpp"

#include <string_view>
#include <utility>

namespace voicehook::store::sql {

/// What `read_replica` reads, ordered as `rows::replicas` wants it.
inline constexpr std::string_view select_replicas =
    "SELECT owner, name, version, started_at, seen_at, present_since FROM replica ORDER BY owner";

/// `Row` is a `typed_row`, here and below.
template <class Row>
[[nodiscard]] ports::replica read_replica(Row& row) {
    auto found = ports::replica{};
    found.note.owner = row.template id<lease_owner>();
    found.note.name = row.text();
    found.note.version = row.text();
    found.note.started_at = row.at();
    found.seen_at = row.at();
    found.present_since = row.at();
    return found;
}

/// Of `at, kind, detail, body`.
template <class Row>
[[nodiscard]] core::timeline_entry read_timeline_entry(Row& row) {
    auto entry = core::timeline_entry{.at = row.at()};
    entry.kind = row.template name<core::timeline_kind>();
    entry.detail = row.text();
    entry.body = row.bytes();
    return entry;
}

}  // namespace voicehook::store::sql
