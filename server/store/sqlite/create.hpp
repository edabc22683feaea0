// The embedded store: SQLite in WAL mode, one writer thread, group commit.
#pragma once

#include "base/failure.hpp"
#include "ports/store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace voicehook::store::sqlite {

struct sqlite_settings {
    std::string path;
    std::size_t max_queued{4096};  ///< operations waiting for the writer; more: `store_busy`
    std::size_t max_batch{64};     ///< operations per commit
    /// How long the log grows before it is copied into the database, in pages of 4 KiB, where the disk has room for
    /// four times as much. Commits wait meanwhile, and how long grows slower than the log, for most of its pages are
    /// older versions of others: 15 ms for 1,000 pages, 32 ms for 8,000, 51 ms for 16,000 were measured on a busy disk.
    /// So rare and longer beats often and short: in sum, and at the 99th percentile.
    int checkpoint_pages{24'000};
    /// How long the log may become, in bytes, while a backup keeps it from being copied into the database: the backup
    /// is given up then. Commits wait for that copy afterwards: 0.8 s for 315 MB, 1.3 s for 621 MB on a busy disk.
    std::uint64_t backup_log_limit{1024 * 1024 * 1024};
    /// Told after each commit, on the store's thread.
    std::function<void(std::chrono::microseconds took, std::size_t operations)> observe_commit;
    /// Told once, on `executor`, after a commit or sync failed for good: the process must exit and start again.
    std::function<void(failure)> on_fatal;
};

/// Opens or creates, migrates, releases every lease (the flock on `<path>.lock`, symbolic links resolved, proves their
/// owners dead; submissions under way become unknown, with `lost_replay_after` from `now`), runs quick_check if the
/// last run left the marker of a failed commit. `store_held`, `store_newer`, `store_corrupt`, `unreadable`: each says
/// what to do. Operations resume their caller on `executor`, whose context must outlive the store.
[[nodiscard]] result<std::unique_ptr<ports::store>> open(asio::any_io_executor executor, sqlite_settings settings,
                                                         std::optional<duration> lost_replay_after, instant now);

/// The schema version this build writes.
[[nodiscard]] int schema_version() noexcept;

}  // namespace voicehook::store::sqlite
