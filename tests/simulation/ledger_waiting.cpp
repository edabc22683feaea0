// How long what waits for a sink is kept: given up neither too early nor too late.
#include "ledger.hpp"

#include <algorithm>

namespace voicehook::simulation {
namespace {

/// What the storm left is in order again: who stood still goes on, leases have ended.
constexpr duration aftermath = 6min;

duration overlap(time_span const& one, time_span const& other) {
    return std::max(duration::zero(), std::min(one.end, other.end) - std::max(one.begin, other.begin));
}

}  // namespace

void ledger::sink_paused(sink_name const& sink) {
    auto& known = sinks_[sink];
    if (!known.paused_since) known.paused_since = time_.now();
}

void ledger::sink_resumed(sink_name const& sink) {
    auto& known = sinks_[sink];
    if (!known.paused_since) return;
    known.pauses.push_back({*known.paused_since, time_.now()});
    known.paused_since.reset();
}

/// Of the time since it was due: what it was paused for, but for the waits that were decided before.
duration ledger::kept_by_pauses(delivery_account const& known) const {
    auto const sink = sinks_.find(known.sink);
    if (sink == sinks_.end()) return duration::zero();
    auto pauses = sink->second.pauses;
    if (sink->second.paused_since) pauses.push_back({*sink->second.paused_since, time_.now()});
    auto kept = duration::zero();
    for (auto const& pause : pauses) {
        if (pause.end - pause.begin <= unnoticed_) continue;
        auto held = overlap(pause, {known.tried_since, time_.now()});
        for (auto const& wait : known.waits) held -= overlap(pause, wait);
        kept += std::max(duration::zero(), held);
    }
    return kept;
}

/// What one clock wrote and another read looks longer by as much as they differ.
void ledger::judge_giving_up(delivery_account const& known, delivery_id const& id) {
    if (clocks_jumped_) return;
    auto const tried = time_.now() - known.tried_since - kept_by_pauses(known);
    auto const seems =
        tried + known.counted_twice + 2 * rules_.longest_offset * static_cast<duration::rep>(known.waits.size() + 1);
    if (seems < rules_.deliveries.give_up_after)
        violated(
            "nothing is given up before its time", known.task,
            fmt::format("{} after {} ms of {}", id.value(), tried.count(), rules_.deliveries.give_up_after.count()));
}

void ledger::sink_went_down(sink_name const& sink) {
    auto& known = sinks_[sink];
    if (!known.down_since) known.down_since = time_.now();
}

/// In a storm replicas die before they have waited; who waits in vain in calm weather is given up.
void ledger::sink_came_back(sink_name const& sink) {
    auto& known = sinks_[sink];
    auto const down_since = known.down_since.value_or(time_.now());
    known.down_since.reset();
    if (clocks_jumped_ || !calm_since_ || known.paused_since) return;
    auto began = std::max(down_since, *calm_since_ + aftermath);
    if (!known.pauses.empty()) began = std::max(began, known.pauses.back().end);
    auto const longest = rules_.deliveries.give_up_after * 5 / 4 + 2min + 4 * rules_.longest_offset;
    for (auto const& [id, item] : deliveries_) {
        if (item.sink != sink || item.state != core::delivery_state::pending) continue;
        if (time_.now() - std::max(began, item.tried_since) > longest)
            violated("what waits for a sink that stays down is given up in time", item.task, id.value());
    }
}

}  // namespace voicehook::simulation
