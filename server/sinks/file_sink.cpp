#include "async/offload.hpp"
#include "sinks/append_file.hpp"
#include "sinks/create.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

namespace voicehook::sinks {

namespace {

constexpr std::size_t deliveries_in_flight = 64;
constexpr std::size_t batch_bytes = 4 * 1024 * 1024;

/// A delivery on its way into the file.
struct line {
    std::string text;
    deadline until;
    asio::steady_timer turn;  ///< cancelled when its owner has something to look at
    std::optional<result<void>> outcome;

    line(asio::any_io_executor const& executor, std::string bytes, deadline limit)
        : text{std::move(bytes)}, until{limit}, turn{executor} {}
};

using line_batch = std::vector<std::shared_ptr<line>>;

std::string as_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\r' || c == '\n'; }, ' ');
    text += '\n';
    return text;
}

std::string join(line_batch const& batch) {
    auto text = std::string{};
    for (auto const& item : batch) text += item->text;
    return text;
}

/// Lines wait in order; whoever finds nobody writing writes everything that waits, for all. The file's own thread
/// blocks for it.
class line_queue {
public:
    line_queue(ports::clock const& clock, std::shared_ptr<append_file> file) : clock_{clock}, file_{std::move(file)} {}

    /// `timeout` when its turn does not come until then.
    [[nodiscard]] awaitable<result<void>> write(std::string text, deadline until);
    [[nodiscard]] awaitable<result<void>> check();

private:
    class seat;
    class turn;

    [[nodiscard]] awaitable<void> write_waiting();
    [[nodiscard]] line_batch take_batch();
    [[nodiscard]] bool is_waiting(std::shared_ptr<line> const& item) const;
    void wake_next();

    ports::clock const& clock_;
    std::shared_ptr<append_file> file_;
    std::deque<std::shared_ptr<line>> waiting_;
    enum class writer : unsigned char { nobody, somebody } writing_{writer::nobody};
    asio::thread_pool thread_{1};
};

/// A line's place among those that wait. Leaving early, by cancellation, takes the line back and stalls nobody.
class line_queue::seat {
public:
    seat(line_queue& queue, std::shared_ptr<line> mine) : queue_{queue}, mine_{std::move(mine)} {
        queue_.waiting_.push_back(mine_);
    }
    ~seat() {
        std::erase(queue_.waiting_, mine_);
        queue_.wake_next();
    }
    seat(seat const&) = delete;
    seat& operator=(seat const&) = delete;

private:
    line_queue& queue_;
    std::shared_ptr<line> mine_;
};

/// The right to write, with the lines it is for. Its end tells them what became of them.
class line_queue::turn {
public:
    explicit turn(line_queue& queue) : queue_{queue}, batch_{queue.take_batch()} { queue_.writing_ = writer::somebody; }
    ~turn() {
        queue_.writing_ = writer::nobody;
        for (auto const& item : batch_) {
            item->outcome = outcome_;
            item->turn.cancel();
        }
        queue_.wake_next();
    }
    turn(turn const&) = delete;
    turn& operator=(turn const&) = delete;

    [[nodiscard]] line_batch const& batch() const noexcept { return batch_; }
    void settle(result<void> outcome) { outcome_ = std::move(outcome); }

private:
    line_queue& queue_;
    line_batch batch_;
    result<void> outcome_{fail(errc::stopping, "append lines: interrupted")};
};

line_batch line_queue::take_batch() {
    auto batch = line_batch{};
    auto bytes = std::size_t{0};
    while (!waiting_.empty() && bytes < batch_bytes) {
        bytes += waiting_.front()->text.size();
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return batch;
}

void line_queue::wake_next() {
    if (writing_ == writer::nobody && !waiting_.empty()) waiting_.front()->turn.cancel();
}

bool line_queue::is_waiting(std::shared_ptr<line> const& item) const {
    return std::ranges::find(waiting_, item) != waiting_.end();
}

awaitable<void> line_queue::write_waiting() {
    auto mine = turn{*this};
    auto append = [file = file_, text = join(mine.batch()), now = clock_.now(), until = mine.batch().front()->until] {
        return file->append(text, now, until);
    };
    auto const written = co_await async::offload(thread_, std::move(append));
    mine.settle(written);
}

awaitable<result<void>> line_queue::check() {
    auto look = [file = file_] { return file->check(); };
    auto const found = co_await async::offload(thread_, std::move(look));
    co_return found;
}

awaitable<result<void>> line_queue::write(std::string text, deadline until) {
    auto const executor = co_await asio::this_coro::executor;
    auto const mine = std::make_shared<line>(executor, std::move(text), until);
    auto const place = seat{*this, mine};
    while (!mine->outcome) {
        if (writing_ == writer::nobody) {
            co_await write_waiting();
            continue;
        }
        mine->turn.expires_at(is_waiting(mine) ? until.moment() : asio::steady_timer::time_point::max());
        static_cast<void>(co_await mine->turn.async_wait(asio::as_tuple(asio::use_awaitable)));
        if (!is_waiting(mine)) continue;
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return fail(errc::stopping, "append lines: cancelled");
        if (until.passed()) co_return fail(errc::timeout, "append lines: those before them are stuck");
    }
    co_return *mine->outcome;
}

class file_sink final : public ports::sink {
public:
    file_sink(ports::clock const& clock, std::shared_ptr<append_file> file, sink_name name, duration timeout)
        : name_{std::move(name)}, timeout_{timeout}, queue_{clock, std::move(file)} {}

    sink_name const& name() const noexcept override { return name_; }
    std::size_t max_in_flight() const noexcept override { return deliveries_in_flight; }
    duration longest_attempt() const noexcept override { return timeout_; }
    awaitable<core::attempt_outcome> deliver(core::delivery const& item, trace_context const& trace) override;
    awaitable<result<void>> probe() override { return queue_.check(); }

private:
    sink_name name_;
    duration timeout_;
    line_queue queue_;
};

awaitable<core::attempt_outcome> file_sink::deliver(core::delivery const& item, trace_context const& /*trace*/) {
    auto const written = co_await queue_.write(as_line(item.body), deadline::in(timeout_));
    if (written) co_return core::attempt_outcome{.answer = "written"};
    co_return core::attempt_outcome{.failed = core::delivery_cause::io, .answer = written.error().doing};
}

}  // namespace

result<std::unique_ptr<ports::sink>> create_file_sink(ports::clock const& clock, file_sink_settings settings) {
    auto file = std::make_shared<append_file>(std::move(settings.path), settings.rotate_at);
    auto const usable = file->check();
    if (!usable) return fail(usable.error(), "sink " + settings.name.value());
    return std::make_unique<file_sink>(clock, std::move(file), std::move(settings.name), settings.timeout);
}

}  // namespace voicehook::sinks
