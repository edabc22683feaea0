// The thread that only reads, so that lists never wait behind writes, nor writes behind them.
#pragma once

#include "store/lanes/job_queue.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/sqlite_rows.hpp"

#include <functional>
#include <memory>
#include <thread>

namespace voicehook::store::sqlite {

/// Runs the operation in a read transaction of its own.
void run_reading(database& connection, rows& table, lanes::job& work);

/// Runs each operation in a read transaction of its own: it sees every commit that was answered before it was offered.
class reader final : public lanes::lane {
public:
    reader(std::unique_ptr<database> connection, std::size_t max_queued);
    /// Finishes what is queued and closes the connection.
    ~reader() override;

    void offer(std::unique_ptr<lanes::job> work) override { queue_.offer(std::move(work)); }
    /// Takes no more; `closed` runs on the thread once all is finished and the connection is closed.
    void close(std::move_only_function<void()> closed) override;

private:
    void work_off();

    std::unique_ptr<database> connection_;
    sqlite_rows table_;
    lanes::job_queue queue_;
    std::thread thread_;
};

}  // namespace voicehook::store::sqlite
