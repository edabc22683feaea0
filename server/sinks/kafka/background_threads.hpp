// Threads that may end after the sink they worked for, and before the io_context.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <list>
#include <memory>
#include <thread>

namespace voicehook::sinks::kafka {

namespace asio = boost::asio;

/// Work that blocks.
class job {
public:
    virtual ~job() = default;
    /// On a thread of its own.
    virtual void run() noexcept = 0;
    /// Asks it to end soon; from any thread, more than once.
    virtual void stop() noexcept = 0;
};

/// The threads of an io_context's sinks. A sink that is replaced must not wait for its library's threads, and the end
/// of the process must: so the io_context waits, up to five seconds, when it ends itself. Used on the network thread.
class background_threads final : public asio::execution_context::service {
public:
    using key_type = background_threads;  ///< what Asio knows it by

    [[nodiscard]] static background_threads& of(asio::any_io_executor const& executor);

    explicit background_threads(asio::execution_context& owner);
    ~background_threads() override;

    void start(std::shared_ptr<job> work);

private:
    struct running;

    void shutdown() noexcept override;
    void join_ended() noexcept;

    std::list<std::unique_ptr<running>> threads_;
};

}  // namespace voicehook::sinks::kafka
