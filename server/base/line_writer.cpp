#include "base/line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace voicehook {

namespace {

constexpr std::size_t batch_bytes = 64 * 1024;

/// After each write, for as long more lines are collected: under load one wake-up and one write serve many lines.
constexpr auto rest = duration{5ms};

/// Returns what could not be written, which is empty unless the descriptor is broken.
std::string_view write_all(int descriptor, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        auto const written = ::write(descriptor, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return bytes;
        auto room = pollfd{.fd = descriptor, .events = POLLOUT, .revents = 0};
        ::poll(&room, 1, -1);
    }
    return bytes;
}

}  // namespace

/// What the writer and its thread share; a thread that is stuck in a write keeps it alive.
struct line_writer::state {
    int descriptor{};
    std::size_t capacity{};
    std::mutex guard;
    std::condition_variable work;
    std::condition_variable hurry;
    std::condition_variable progress;
    std::deque<std::string> queue;
    std::uint64_t taken{};
    std::uint64_t settled{};
    std::uint64_t awaited{};  ///< by `flush`: how many lines are to be settled at once
    std::atomic<std::uint64_t> dropped{};
    enum class thread_state : unsigned char { none, running } thread{thread_state::none};
    bool closed{};

    /// Called with the lock held. Without a thread, which the system may refuse, the queue stays full.
    static void start(std::shared_ptr<state> const& self) {
        if (self->thread == thread_state::running) return;
        try {
            std::thread{serve, self}.detach();
            self->thread = thread_state::running;
        } catch (std::system_error const&) {
            return;
        }
    }

    std::pair<std::string, std::uint64_t> take_batch() {
        auto batch = std::pair<std::string, std::uint64_t>{};
        while (!queue.empty() && batch.first.size() < batch_bytes) {
            batch.first += queue.front();
            batch.first += '\n';
            ++batch.second;
            queue.pop_front();
        }
        return batch;
    }

    static void serve(std::shared_ptr<state> const& self) {
        auto lock = std::unique_lock{self->guard};
        for (;;) {
            self->work.wait(lock, [&] { return self->closed || !self->queue.empty(); });
            if (self->queue.empty()) return;
            auto const [text, lines] = self->take_batch();

            lock.unlock();
            auto const lost = write_all(self->descriptor, text);
            self->dropped += static_cast<std::uint64_t>(std::ranges::count(lost, '\n'));
            lock.lock();

            self->settled += lines;
            self->progress.notify_all();
            self->hurry.wait_for(lock, rest, [&] { return self->is_pressed(); });
        }
    }

    [[nodiscard]] bool is_pressed() const { return closed || awaited > settled || queue.size() >= capacity / 2; }
};

line_writer::line_writer(int descriptor, std::size_t capacity) : state_{std::make_shared<state>()} {
    state_->descriptor = descriptor;
    state_->capacity = capacity;
}

line_writer::~line_writer() {
    auto const lock = std::lock_guard{state_->guard};
    state_->closed = true;
    state_->work.notify_all();
    state_->hurry.notify_all();
}

void line_writer::write(std::string line) {
    auto const lock = std::lock_guard{state_->guard};
    if (state_->queue.size() >= state_->capacity) {
        ++state_->dropped;
        return;
    }
    state_->queue.push_back(std::move(line));
    ++state_->taken;
    state::start(state_);
    state_->work.notify_one();
    if (state_->queue.size() == state_->capacity / 2) state_->hurry.notify_one();
}

bool line_writer::flush(duration limit) {
    auto lock = std::unique_lock{state_->guard};
    auto const goal = state_->taken;
    state_->awaited = goal;
    state_->hurry.notify_one();
    return state_->progress.wait_for(lock, limit, [&] { return state_->settled >= goal; });
}

std::uint64_t line_writer::dropped() const noexcept { return state_->dropped; }

}  // namespace voicehook
