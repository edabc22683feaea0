// The thread for what reads every row: on a connection of its own, which is open only meanwhile.
#pragma once

#include "store/lanes/job_queue.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace voicehook::store::sqlite {

/// Runs each operation in a read transaction of its own, which sees every commit that was answered before it was
/// offered. The log cannot begin anew while it runs; afterwards nothing is held.
class auditor final : public lanes::lane {
public:
    auditor(std::string path, std::size_t max_queued);
    ~auditor() override;

    void offer(std::unique_ptr<lanes::job> work) override { queue_.offer(std::move(work)); }
    /// Takes no more and cuts short what runs or waits: `stopping`. `closed` runs on the thread afterwards.
    void close(std::move_only_function<void()> closed) override;
    /// Cuts short what is under way and refuses what waits; `close` does so too, and tells when it is done.
    void stop();

private:
    void work_off();
    void run(lanes::job& work);

    std::string path_;
    std::atomic<bool> stopping_{};
    lanes::job_queue queue_;
    std::thread thread_;
};

}  // namespace voicehook::store::sqlite
