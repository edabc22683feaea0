#include "store/sqlite/backup.hpp"

#include "store/operations.hpp"
#include "store/sqlite/backup_file.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/page_copy.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_rows.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace voicehook::store::sqlite {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
/// What must stay free on a volume: the log grows meanwhile, and callbacks are stored there too.
constexpr std::uint64_t room_for_intake = 64 * mebibyte;
/// Pages between two looks at whether to go on.
constexpr int pages_at_once = 256;
/// Chunks between two syncs of the copy: one at the end would hold up the commits of the store for as long as it takes.
constexpr int chunks_per_sync = 16;

failure cut_short() { return {errc::stopping, "the store closed meanwhile"}; }

failure refusal_of(database_error const& why, std::atomic<bool> const& stop) {
    if (stop) return cut_short();
    if (why.is_full()) return {errc::store_full, why.what()};
    return {why.is_unreadable() ? errc::unreadable : errc::store_unavailable, why.what()};
}

failure no_room(std::string_view where, std::uint64_t free_bytes, std::uint64_t more) {
    return {errc::store_full, fmt::format("{} has {} MiB left, the backup needs {} MiB more and {} MiB must stay free",
                                          where, free_bytes / mebibyte, more / mebibyte, room_for_intake / mebibyte)};
}

std::uint64_t size_of(std::string const& path) {
    auto missing = std::error_code{};
    auto const size = std::filesystem::file_size(path, missing);
    return missing ? 0 : size;
}

/// Whether the copy, and the log that grows meanwhile, still have room.
result<void> check_room(std::string const& database_path, std::string const& copy_path, std::uint64_t more) {
    if (auto const free = free_bytes_beside(copy_path); !has_room(free, more))
        return unexpected{no_room("the folder of backups", free, more)};
    if (auto const free = free_bytes_beside(database_path); !has_room(free, 0))
        return unexpected{no_room("the folder of the database", free, 0)};
    return {};
}

result<void> check_log(std::string const& database_path, std::uint64_t limit) {
    auto const size = size_of(database_path + "-wal");
    if (size <= limit) return {};
    return fail(errc::store_busy,
                fmt::format("too much is written meanwhile: the log has grown to {} MiB and could only be "
                            "copied into the database afterwards; try when less is written, or give "
                            "backups a faster disk",
                            size / mebibyte));
}

/// Copies one snapshot. When it returns, the connection that read it is closed.
result<void> copy(std::string const& path, backup_file const& file, ports::backup_progress& progress,
                  std::uint64_t log_limit, std::atomic<bool> const& stop) {
    auto from = database{path, access_mode::read_only};
    from.execute("BEGIN");
    auto const page_size = static_cast<std::uint64_t>(from.number("PRAGMA page_size"));
    auto const pages = static_cast<std::uint64_t>(from.number("PRAGMA page_count"));  // the snapshot is from now
    progress.pages_total = pages;
    auto const fits = check_room(path, file.partial(), pages * page_size);
    if (!fits) return fits;

    auto into = database{file.partial(), access_mode::alone};
    auto copied = page_copy{from, into};
    for (auto chunk = 1; copied.step(pages_at_once); ++chunk) {
        if (stop) return unexpected{cut_short()};
        progress.pages_done = copied.done();
        if (auto const short_enough = check_log(path, log_limit); !short_enough) return short_enough;
        if (chunk % chunks_per_sync != 0) continue;
        auto const synced = file.sync();
        if (!synced) return synced;
        auto const goes_on = check_room(path, file.partial(), (copied.total() - copied.done()) * page_size);
        if (!goes_on) return goes_on;
    }
    progress.pages_done = copied.total();
    return {};
}

/// What is wrong with the copy; nothing when all is well. It is read as the next start would read it.
std::vector<std::string> faults_of(database& copied, std::uint64_t& tasks) {
    auto faults = std::vector<std::string>{};
    if (origin_of(copied) != file_origin::ours || version_of(copied) != latest_version()) {
        faults.push_back(fmt::format("it has schema version {} instead of {}", version_of(copied), latest_version()));
        return faults;
    }
    if (auto found = copied.text("PRAGMA quick_check(1)"); found != "ok") faults.push_back(std::move(found));
    if (!faults.empty()) return faults;

    auto table = sqlite_rows{copied};
    auto audited = operations::audit(table);
    if (!audited) return {audited.error().doing};
    for (auto const& [stage, count] : audited->counters.tasks) tasks += count;
    return std::move(audited->violations);
}

/// The same, where damage may also show as an error. Afterwards the copy does not say any more that it has a log.
std::vector<std::string> verify(std::string const& path, std::uint64_t& tasks, std::atomic<bool> const& stop) {
    try {
        { auto const without_log = database{path, access_mode::alone}; }
        auto copied = database{path, access_mode::read_only};
        copied.interrupt_when(stop);
        return faults_of(copied, tasks);
    } catch (database_error const& why) {
        if (!why.is_corrupt()) throw;
        return {why.what()};
    }
}

result<ports::backup_report> set_aside(backup_file& file, std::string const& fault) {
    auto const kept = file.set_aside();
    if (!kept) return unexpected{kept.error()};
    return fail(errc::store_corrupt, fmt::format("the copy is not sound and stays as {}: {}", *kept, fault));
}

result<ports::backup_report> copy_and_verify(std::string const& path, backup_file& file,
                                             ports::backup_request const& request, std::uint64_t log_limit,
                                             std::atomic<bool> const& stop) {
    auto const copied = copy(path, file, *request.progress, log_limit, stop);
    if (!copied) return unexpected{copied.error()};
    auto report = ports::backup_report{.log_bytes = size_of(path + "-wal")};
    auto const faults = verify(file.partial(), report.tasks, stop);
    if (stop) return unexpected{cut_short()};
    if (!faults.empty()) return set_aside(file, faults.front());
    report.bytes = size_of(file.partial());
    auto named = file.publish();
    if (!named) return unexpected{std::move(named.error())};
    report.file = std::move(*named);
    return report;
}

}  // namespace

bool has_room(std::uint64_t free_bytes, std::uint64_t more) noexcept {
    return free_bytes >= room_for_intake && free_bytes - room_for_intake >= more;
}

result<ports::backup_report> make_backup(std::string const& path, ports::backup_request const& request,
                                         std::uint64_t log_limit, std::atomic<bool> const& stop) {
    if (stop) return unexpected{cut_short()};
    auto file = backup_file::create(request.folder, ports::backup_file_name(request.at));
    if (!file) return unexpected{std::move(file.error())};
    try {
        auto report = copy_and_verify(path, *file, request, log_limit, stop);
        if (report) report->deleted = delete_older_backups(request.folder, request.keep);
        return report;
    } catch (database_error const& why) {
        return unexpected{refusal_of(why, stop)};
    }
}

}  // namespace voicehook::store::sqlite
