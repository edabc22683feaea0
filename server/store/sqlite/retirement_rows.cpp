#include "store/sqlite/sqlite_rows.hpp"

namespace voicehook::store::sqlite {

// The table `retirable` holds the ended tasks that nothing keeps from being deleted, so that retention never reads
// those that wait. What ends a task, opens or closes its dispute, makes or settles a delivery makes it `unsettled_`.

void sqlite_rows::settle_retirement(task_id const& id, listing before) {
    static constexpr auto find = R"(
        SELECT ended_at, quarrel IN ('settling', 'disputed') OR
                         EXISTS (SELECT 1 FROM delivery WHERE task = ?1 AND state IN ('pending', 'delivering'))
        FROM task WHERE id = ?1 AND ended_at IS NOT NULL)";
    auto found = connection_.prepare(find);
    if (!found.bind(id).step()) return;
    auto const ended_at = found.at();
    auto const is_kept = found.integer() != 0;
    if (is_kept && before == listing::absent) return;
    static constexpr auto forbid = "DELETE FROM retirable WHERE ended_at = ? AND task = ?";
    static constexpr auto allow = "INSERT OR IGNORE INTO retirable (ended_at, task) VALUES (?, ?)";
    connection_.prepare(is_kept ? forbid : allow).bind(ended_at, id).run();
}

std::vector<task_id> sqlite_rows::retirable_tasks(instant before, std::size_t limit) {
    static constexpr auto sql = "SELECT task FROM retirable WHERE ended_at < ? ORDER BY ended_at, task LIMIT ?";
    flush();
    auto found = connection_.prepare(sql);
    found.bind(before, limit);
    auto ids = std::vector<task_id>{};
    while (found.step()) ids.push_back(found.id<task_id>());
    return ids;
}

}  // namespace voicehook::store::sqlite
