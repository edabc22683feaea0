// The one thread that writes: every commit, every checkpoint, by one connection.
#pragma once

#include "base/failure.hpp"
#include "store/lanes/job_queue.hpp"
#include "store/sqlite/create.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/file_guard.hpp"
#include "store/sqlite/sqlite_rows.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

namespace voicehook::store::sqlite {

/// How many pages the log may hold before it is copied: `most`, but no more than a quarter of what the disk has left,
/// so that the log never takes the room that copying it needs; 4 MB at least.
[[nodiscard]] int affordable_log(std::uintmax_t free_bytes, int most) noexcept;

/// What every operation gets once the store has failed.
[[nodiscard]] failure failed_for_good();

/// Commits whatever waits as one group and completes the operations after the commit. When one of them fails after it
/// has written something, the group is rolled back and run again with a savepoint around each. A full disk fails the
/// group and heals; a failed write or sync fails the group, and with `store_failed` all that comes after it: the marker
/// is left and `on_fatal` is told, once.
class writer final : public lanes::lane {
public:
    /// `connection` is open and migrated; from now on only the thread uses it.
    writer(std::unique_ptr<database> connection, asio::any_io_executor executor, sqlite_settings settings);
    /// Finishes what is queued and closes the connection.
    ~writer() override;

    void offer(std::unique_ptr<lanes::job> work) override { queue_.offer(std::move(work)); }
    /// Takes no more; `closed` runs on the thread once all is finished and the connection is closed.
    void close(std::move_only_function<void()> closed) override;
    /// Whether the store has failed for good.
    [[nodiscard]] bool has_failed() const noexcept { return failed_; }

private:
    void work_off();
    void commit(std::vector<std::unique_ptr<lanes::job>>& batch);
    [[nodiscard]] bool commit_together(std::vector<std::unique_ptr<lanes::job>>& batch);
    void commit_apart(std::vector<std::unique_ptr<lanes::job>>& batch);
    [[nodiscard]] bool run(lanes::job& work);
    void refuse(std::vector<std::unique_ptr<lanes::job>>& batch, database_error const& why);
    void give_up(database_error const& why) noexcept;
    void checkpoint_after(int pages);
    [[nodiscard]] int pages_to_copy() noexcept;
    [[nodiscard]] int look_at_disk() const;

    std::unique_ptr<database> connection_;
    sqlite_rows table_;
    asio::any_io_executor executor_;
    sqlite_settings settings_;
    failure_marker marker_;
    int log_limit_;
    lanes::job_queue queue_;
    int copied_pages_{};
    std::atomic<bool> failed_{};
    std::thread thread_;
};

}  // namespace voicehook::store::sqlite
