#include "sinks/kafka/background_threads.hpp"

#include "base/log.hpp"

#include <chrono>
#include <future>
#include <utility>

namespace voicehook::sinks::kafka {

namespace {

using namespace std::chrono_literals;

constexpr auto farewell = 5s;

}  // namespace

struct background_threads::running {
    std::weak_ptr<job> work;
    std::future<void> ended;
    std::thread thread;
};

background_threads& background_threads::of(asio::any_io_executor const& executor) {
    return asio::use_service<background_threads>(asio::query(executor, asio::execution::context));
}

background_threads::background_threads(asio::execution_context& owner) : asio::execution_context::service{owner} {}

background_threads::~background_threads() = default;

void background_threads::start(std::shared_ptr<job> work) {
    join_ended();
    auto done = std::promise<void>{};
    auto item = std::make_unique<running>(running{work, done.get_future(), {}});
    item->thread = std::thread{[work = std::move(work), done = std::move(done)]() mutable {
        work->run();
        work.reset();
        done.set_value_at_thread_exit();
    }};
    threads_.push_back(std::move(item));
}

void background_threads::join_ended() noexcept {
    std::erase_if(threads_, [](std::unique_ptr<running> const& item) {
        if (item->ended.wait_for(0s) != std::future_status::ready) return false;
        item->thread.join();
        return true;
    });
}

/// Nothing can end a thread that hangs in a name's lookup: it is left to the end of the process.
void background_threads::shutdown() noexcept {
    for (auto const& item : threads_)
        if (auto const work = item->work.lock()) work->stop();
    auto const until = std::chrono::steady_clock::now() + farewell;
    for (auto const& item : threads_) {
        if (item->ended.wait_until(until) == std::future_status::ready) {
            item->thread.join();
            continue;
        }
        log_warning("kafka_thread_left_behind");
        item->thread.detach();
    }
    threads_.clear();
}

}  // namespace voicehook::sinks::kafka
