// The threads of the store: one that commits, one that reads, one for what reads everything.
#pragma once

#include "store/lanes/job_queue.hpp"
#include "store/postgres/committer.hpp"
#include "store/postgres/session.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

namespace voicehook::store::postgres {

/// Commits whatever waits as one group.
class writer final : public lanes::lane {
public:
    /// `settings` must outlive it.
    explicit writer(postgres_settings const& settings);
    /// Finishes what is queued and closes the connection.
    ~writer() override;

    void offer(std::unique_ptr<lanes::job> work) override { queue_.offer(std::move(work)); }
    void close(std::move_only_function<void()> closed) override;

private:
    void work_off();

    committer committer_;
    std::size_t max_batch_;
    lanes::job_queue queue_;
    std::thread thread_;
};

/// Runs each operation in a transaction of its own that only reads.
class reader final : public lanes::lane {
public:
    enum class manner : std::uint8_t {
        lists = 1,  ///< short operations over a connection that stays
        audits,     ///< long ones, each over a connection of its own; cut short when the store closes
    };
    /// `settings` must outlive it.
    reader(postgres_settings const& settings, manner how);
    ~reader() override;

    void offer(std::unique_ptr<lanes::job> work) override { queue_.offer(std::move(work)); }
    void close(std::move_only_function<void()> closed) override;

private:
    void stop();
    void work_off();
    void read(lanes::job& work);
    void try_to_read(lanes::job& work, deadline until);

    postgres_settings const& settings_;
    manner how_;
    std::atomic<bool> stopping_{};
    session_keeper sessions_;
    lanes::job_queue queue_;
    std::thread thread_;
};

}  // namespace voicehook::store::postgres
