#include "store/sqlite/open_database.hpp"

#include "store/operations.hpp"
#include "store/sqlite/create.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_rows.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::store::sqlite {
namespace {

failure damaged(std::string const& path, std::string_view why) {
    return {errc::store_corrupt,
            fmt::format("{} is damaged: {}. Restore a backup, or move it away together with its -wal and -shm files to "
                        "begin empty",
                        path, why)};
}

failure refusal_of(std::string const& path, database_error const& why) {
    if (why.is_corrupt()) return damaged(path, why.what());
    if (why.is_full()) return {errc::store_full, fmt::format("open {}: {}", path, why.what())};
    if (why.is_held()) return {errc::store_held, fmt::format("another program has {} open: {}", path, why.what())};
    if (why.is_unreadable())
        return {errc::unreadable, fmt::format("open {} for reading and writing: {}", path, why.what())};
    return {errc::store_unavailable, fmt::format("open {}: {}", path, why.what())};
}

result<void> check_origin(std::string const& path, database& connection) {
    switch (origin_of(connection)) {
        case file_origin::empty:
        case file_origin::ours: return {};
        case file_origin::newer:
            return fail(errc::store_newer,
                        fmt::format("{} has schema version {}, this program knows up to {}: use the newer program",
                                    path, version_of(connection), latest_version()));
        case file_origin::foreign:
            return fail(errc::store_corrupt,
                        fmt::format("{} is a database of another program: give another path in store.url", path));
    }
    return {};
}

/// The last run could not commit: what is on the disk must be read before it is trusted.
result<void> check_after_failure(std::string const& path, database& connection) {
    auto const marker = failure_marker{path};
    if (!marker.exists()) return {};
    auto const found = connection.text("PRAGMA quick_check(1)");
    if (found != "ok") return unexpected{damaged(path, found)};
    marker.clear();
    return {};
}

void release_all_leases(database& connection, std::optional<duration> lost_replay_after, instant now) {
    auto table = sqlite_rows{connection};
    connection.execute("BEGIN IMMEDIATE");
    static_cast<void>(operations::release_leases(table, std::nullopt, lost_replay_after, now));
    table.flush();
    connection.execute("COMMIT");
}

}  // namespace

result<opened_database> open_database(std::string const& asked, std::optional<duration> lost_replay_after,
                                      instant now) {
    auto const created = create_private_file(asked);
    if (!created) return unexpected{created.error()};
    auto const& path = *created;
    auto lock = file_lock::take(path + ".lock");
    if (!lock) return unexpected{std::move(lock.error())};

    try {
        auto writing = std::make_unique<database>(path, access_mode::read_write);
        auto const origin = check_origin(path, *writing);
        if (!origin) return unexpected{origin.error()};
        auto const checked = check_after_failure(path, *writing);
        if (!checked) return unexpected{checked.error()};
        migrate(*writing);
        release_all_leases(*writing, lost_replay_after, now);
        auto reading = std::make_unique<database>(path, access_mode::read_only);
        return opened_database{std::move(*lock), std::move(writing), std::move(reading)};
    } catch (database_error const& why) {
        return unexpected{refusal_of(path, why)};
    }
}

int schema_version() noexcept { return latest_version(); }

}  // namespace voicehook::store::sqlite
