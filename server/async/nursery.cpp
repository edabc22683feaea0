#include "async/nursery.hpp"

#include "base/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <list>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::async {
namespace {

/// Begins with a turn of the io_context, so that `spawn` never runs a coroutine inside its caller.
awaitable<void> begin_later(awaitable<void> work) {
    auto const executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    co_await std::move(work);
}

bool is_cancellation(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (boost::system::system_error const& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

std::string describe(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (std::exception const& error) {
        return error.what();
    } catch (...) {
        return "not a std::exception";
    }
}

using shared_signal = std::shared_ptr<asio::cancellation_signal>;

/// Emits on the io_context's own thread, at once if we are on it. From outside, co_spawn of Asio 1.81 would post a
/// plain pointer to a signal that a coroutine may destroy by ending first.
void cancel_inside(asio::any_io_executor const& executor, std::vector<shared_signal> signals) {
    asio::dispatch(executor, [signals = std::move(signals)] {
        for (auto const& signal : signals) signal->emit(asio::cancellation_type::terminal);
    });
}

}  // namespace

struct nursery::state {
    using signals = std::list<shared_signal>;

    state(asio::any_io_executor on, std::function<void(std::string_view)> told)
        : executor{std::move(on)}, failed{std::move(told)}, empty{executor, asio::steady_timer::time_point::max()} {}

    void ended(signals::iterator child, std::string const& name, std::exception_ptr const& thrown) {
        children.erase(child);
        if (children.empty()) empty.cancel();
        if (!thrown || (stopped && is_cancellation(thrown))) return;
        log_error("worker_failed", {{"worker", name}, {"error", describe(thrown)}});
        if (failed) failed(name);
    }

    asio::any_io_executor executor;
    std::function<void(std::string_view)> failed;
    asio::steady_timer empty;
    signals children;
    bool stopped{};
};

nursery::nursery(asio::any_io_executor executor, std::function<void(std::string_view)> failed)
    : state_{std::make_shared<state>(std::move(executor), std::move(failed))} {}

nursery::~nursery() = default;

void nursery::spawn(std::string_view name, awaitable<void> work) {
    auto const child = state_->children.insert(state_->children.end(), std::make_shared<asio::cancellation_signal>());
    auto const signal = *child;
    auto told = [owner = state_, child, signal, name = std::string{name}](std::exception_ptr const& thrown) {
        owner->ended(child, name, thrown);
    };
    asio::co_spawn(state_->executor, begin_later(std::move(work)),
                   asio::bind_cancellation_slot(signal->slot(), std::move(told)));
    if (state_->stopped) cancel_inside(state_->executor, {signal});
}

void nursery::stop() {
    state_->stopped = true;
    cancel_inside(state_->executor, {state_->children.begin(), state_->children.end()});
}

awaitable<void> nursery::drained() {
    auto const owner = state_;
    while (!owner->children.empty()) {
        auto const cancellation = co_await asio::this_coro::cancellation_state;
        if (stopping(cancellation)) co_return;
        co_await owner->empty.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

std::size_t nursery::size() const noexcept { return state_->children.size(); }

}  // namespace voicehook::async
