#include "store/counting.hpp"
#include "store/sqlite/sqlite_rows.hpp"

namespace voicehook::store::sqlite {

// The table `retirable` holds the ended tasks that nothing keeps from being deleted, so that retention never reads
// those that wait. Whatever ends a task, opens or closes its dispute, makes or settles a delivery keeps it up to date.

void sqlite_rows::track_retirement(core::task const& item) {
    if (core::stage_of(item.state) != core::stage::ended) return;
    if (has_open_dispute(item))
        forbid_retirement(item.id);
    else
        allow_retirement(item.id);
}

void sqlite_rows::track_retirement(core::delivery const& item) {
    if (is_waiting(item))
        forbid_retirement(item.task);
    else
        allow_retirement(item.task);
}

void sqlite_rows::allow_retirement(task_id const& id) {
    static constexpr auto sql = R"(
        INSERT OR IGNORE INTO retirable (ended_at, task)
        SELECT ended_at, id FROM task
        WHERE id = ?1 AND ended_at IS NOT NULL AND quarrel NOT IN ('settling', 'disputed')
          AND NOT EXISTS (SELECT 1 FROM delivery WHERE task = ?1 AND state IN ('pending', 'delivering')))";
    connection_.prepare(sql).bind(id).run();
}

void sqlite_rows::forbid_retirement(task_id const& id) {
    static constexpr auto sql = R"(
        DELETE FROM retirable WHERE task = ?1 AND ended_at = (SELECT ended_at FROM task WHERE id = ?1))";
    connection_.prepare(sql).bind(id).run();
}

std::vector<task_id> sqlite_rows::retirable_tasks(instant before, std::size_t limit) {
    static constexpr auto sql = "SELECT task FROM retirable WHERE ended_at < ? ORDER BY ended_at, task LIMIT ?";
    auto found = connection_.prepare(sql);
    found.bind(before, limit);
    auto ids = std::vector<task_id>{};
    while (found.step()) ids.push_back(found.id<task_id>());
    return ids;
}

}  // namespace voicehook::store::sqlite
