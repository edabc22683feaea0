#include "store/sqlite/sqlite_rows.hpp"

namespace voicehook::store::sqlite {

std::vector<ports::replica> sqlite_rows::replicas() {
    static constexpr auto sql =
        "SELECT owner, name, version, started_at, seen_at, present_since FROM replica ORDER BY owner";
    auto found = connection_.prepare(sql);
    auto all = std::vector<ports::replica>{};
    while (found.step()) {
        auto row = ports::replica{};
        row.note.owner = found.id<lease_owner>();
        row.note.name = found.text();
        row.note.version = found.text();
        row.note.started_at = found.at();
        row.seen_at = found.at();
        row.present_since = found.at();
        all.push_back(std::move(row));
    }
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
