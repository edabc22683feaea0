#include "flows/replay.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace voicehook::flows {
namespace {

void log_end(ports::replay const& item) {
    log_info("replay_ended", {{"replay", item.id},
                              {"sink", item.filter.sink.value_or(sink_name{})},
                              {"operator", item.who},
                              {"replayed", item.replayed},
                              {"took_ms", item.updated_at - item.started_at}});
}

}  // namespace

replay::replay(asio::any_io_executor executor, ports::store& store, ports::clock& clock, bells& workers,
               telemetry::metrics& metrics, replay_settings settings)
    : store_{store},
      clock_{clock},
      bells_{workers},
      metrics_{metrics},
      settings_{settings},
      bell_{clock},
      loops_{executor, count_failures(metrics)} {}

void replay::start() {
    loops_.spawn("replay", work_when_due("replay", bell_, clock_, metrics_, [this] { return look(); }));
    bell_.ring_now();
}

std::uint64_t replay::per_second() const noexcept {
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(settings_.batch * (1s / settings_.pace)));
}

awaitable<turn> replay::look() {
    bell_.clear();
    auto const now = clock_.now();
    auto const round = co_await store_.advance_replays({.now = now,
                                                        .sinks = bells_.sinks(),
                                                        .batch = settings_.batch,
                                                        .pace = settings_.pace,
                                                        .max_waiting = settings_.max_waiting});
    if (!round) {
        log_failure("replay_failed", "parked deliveries", round.error());
        co_return turn::failed;
    }
    for (auto const& sink : round->due) bells_.ring_sink(sink, now);
    for (auto const& item : round->ended) log_end(item);
    bell_.ring(now + (round->running.empty() ? settings_.look_every : settings_.pace));
    co_return turn::done;
}

}  // namespace voicehook::flows
