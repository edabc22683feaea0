#include "store/sql/small_rows.hpp"
#include "store/sqlite/sqlite_rows.hpp"

namespace voicehook::store::sqlite {

std::vector<ports::replica> sqlite_rows::replicas() {
    auto found = connection_.prepare(sql::select_replicas);
    auto all = std::vector<ports::replica>{};
    while (found.step()) all.push_back(sql::read_replica(found));
    return all;
}

void sqlite_rows::put(ports::replica const& row) {
    static constexpr auto sql = R"(
        INSERT INTO replica (owner, name, version, started_at, seen_at, present_since) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (owner) DO UPDATE SET name = excluded.name, version = excluded.version,
            started_at = excluded.started_at, seen_at = excluded.seen_at, present_since = excluded.present_since)";
    auto const& note = row.note;
    connection_.prepare(sql)
        .bind(note.owner, note.name, note.version, note.started_at, row.seen_at, row.present_since)
        .run();
}

void sqlite_rows::erase(lease_owner const& owner) {
    static constexpr auto sql = "DELETE FROM replica WHERE owner = ?";
    connection_.prepare(sql).bind(owner).run();
}

}  // namespace voicehook::store::sqlite
