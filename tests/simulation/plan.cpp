#include "plan.hpp"

#include "dice.hpp"

namespace voicehook::simulation {
namespace {

using core::terminal;

/// A different set of faults in each episode: what never happens together with much else is found that way too.
per_fault<double> draw_rates(dice& luck, store_kind store) {
    auto rates = per_fault<double>{};
    auto const busy = luck.pick(std::vector{0.15, 0.4, 0.7});
    for (auto const& [what, name] : names_of<fault>) {
        if (what == fault::sessions_end && store != store_kind::postgres) continue;
        if (luck.chance(busy)) rates[what] = luck.pick(std::vector{0.01, 0.05, 0.15, 0.4});
    }
    // These strike at every operation or passage rather than once in a task's life.
    auto const seldom = [&](fault what, double most) {
        if (rates[what] > 0) rates[what] = luck.pick(std::vector{most / 20, most / 5, most});
    };
    seldom(fault::crash_between_steps, 0.004);
    seldom(fault::store_busy, 0.1);
    seldom(fault::store_unavailable, 0.1);
    seldom(fault::store_answer_lost, 0.1);
    seldom(fault::store_slow, 0.02);
    seldom(fault::sink_outage, 0.02);
    return rates;
}

std::vector<flows::sink_route> draw_sinks(dice& luck) {
    auto routes = std::vector<flows::sink_route>{
        {sink_name{"results"}, {terminal::completed, terminal::failed, terminal::cancelled}, {}}};
    if (luck.chance(0.5)) routes.push_back({sink_name{"archive"}, {terminal::completed, terminal::cancelled}, {}});
    for (auto& route : routes)
        route.format = luck.pick(std::vector{flows::delivery_format::envelope, flows::delivery_format::verbatim,
                                             flows::delivery_format::cloudevents});
    return routes;
}

}  // namespace

episode_plan draw_plan(std::uint64_t seed, std::size_t tasks, wanted_replicas replicas, store_kind store) {
    auto luck = dice{seed};
    auto drawn = episode_plan{.seed = seed, .store = store, .tasks = tasks};
    drawn.replicas = replicas.value_or(luck.chance(0.5) ? 1 : 2 + luck.below(2));
    if (store == store_kind::sqlite) drawn.replicas = 1;
    drawn.busy_for = luck.pick(std::vector<duration>{1min, 5min, 30min});
    drawn.rates = draw_rates(luck, store);
    drawn.keys = luck.chance(0.85) ? key_memory::honoured : key_memory::ignored;
    drawn.replay = luck.chance(0.8) ? core::replay_mode::same_key : core::replay_mode::never;
    drawn.confirm = luck.chance(0.75) ? core::confirmation::conflict : core::confirmation::always;
    drawn.replay_after = luck.pick(std::vector<duration>{10s, 60s});
    drawn.submission_deadline = luck.pick(std::vector<duration>{2min, 10min});
    drawn.submissions_in_flight = luck.pick(std::vector<std::size_t>{2, 8, 64});
    drawn.max_open = luck.pick(std::vector<std::uint64_t>{5, 1000, 1000});
    drawn.give_up_polling = luck.pick(std::vector<duration>{1h, 24h});
    drawn.work = luck.pick(std::vector<duration>{1s, 20s, 2min});
    drawn.deliveries.give_up_after = luck.pick(std::vector<duration>{2min, 1h, 24h});
    drawn.deliveries.retries.longest = luck.pick(std::vector<duration>{1min, 1h});
    drawn.retention = luck.pick(std::vector<duration>{6h, 30 * 24h});  // more than clocks differ by
    drawn.sinks = draw_sinks(luck);
    drawn.store_latency = luck.pick(std::vector<duration>{0ms, 2ms, 50ms});
    drawn.longest_offset = luck.pick(std::vector<duration>{0s, 2s, 30s});
    drawn.replays.batch = luck.pick(std::vector<std::size_t>{1, 3, 20});
    drawn.replays.max_waiting = luck.pick(std::vector<std::uint64_t>{4, 100});
    if (store == store_kind::postgres) drawn.group_window = luck.pick(std::vector<duration>{0ms, 5ms, 500ms});
    return drawn;
}

}  // namespace voicehook::simulation
