#include "flows/worker.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>

namespace voicehook::flows {
namespace {

awaitable<turn> guarded(std::string_view name, telemetry::metrics& metrics,
                        std::function<awaitable<turn>()> const& take_turn) {
    try {
        auto const outcome = co_await take_turn();
        co_return outcome;
    } catch (std::exception const& error) {
        log_error("worker_failed", {{"worker", name}, {"error", error.what()}});
        metrics.add(telemetry::counter::worker_failures, {name});
    }
    co_return turn::failed;
}

}  // namespace

awaitable<void> work_when_due(std::string_view name, due_bell& bell, ports::clock const& clock,
                              telemetry::metrics& metrics, std::function<awaitable<turn>()> take_turn) {
    co_await ignore_cancellation_errors();
    for (;;) {
        co_await bell.wait_due();
        auto const stopping = co_await is_stopping();
        if (stopping) co_return;
        auto const outcome = co_await guarded(name, metrics, take_turn);
        if (outcome == turn::retired) co_return;
        if (outcome == turn::failed) bell.ring(clock.now() + claim_again);
    }
}

void ring_for_next(due_bell& bell, std::optional<instant> next_due, instant now) {
    bell.ring(std::min(next_due.value_or(instant::max()), now + look_again));
}

awaitable<void> ignore_cancellation_errors() { co_await asio::this_coro::throw_if_cancelled(false); }

awaitable<bool> is_stopping() {
    auto const state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

awaitable<void> finish_by(async::nursery& work, deadline until) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer limit{executor, until.moment()};
    limit.async_wait([&work](boost::system::error_code error) {
        if (!error) work.stop();
    });
    co_await work.drained();
}

std::function<void(std::string_view)> count_failures(telemetry::metrics& metrics) {
    return [&metrics](std::string_view worker) { metrics.add(telemetry::counter::worker_failures, {worker}); };
}

bool worth_repeating(failure const& why) noexcept {
    return why.code == errc::store_busy || why.code == errc::store_full || why.code == errc::store_unavailable;
}

log_level level_of(failure const& why) noexcept {
    return why.code == errc::lease_lost ? log_level::debug : log_level::error;
}

void log_failure(std::string_view event, std::string_view what, failure const& why) {
    log(level_of(why), event, {{"what", what}, {"code", to_text(why.code)}, {"doing", why.doing}});
}

void log_failure(std::string_view event, std::string_view what, task_id const& task, trace_id const& trace,
                 failure const& why) {
    log(level_of(why), event,
        {{"what", what}, {"task", task}, {"trace_id", trace}, {"code", to_text(why.code)}, {"doing", why.doing}});
}

}  // namespace voicehook::flows
