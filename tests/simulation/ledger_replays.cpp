// What replays must make due, found without the store.
#include "ledger.hpp"

#include <algorithm>
#include <ranges>

namespace voicehook::simulation {
namespace {

using core::delivery_state;
using ports::replay_state;

std::string_view name_of(ports::replay const& item) { return to_text(item.state); }

}  // namespace

std::size_t ledger::waiting_for(sink_name const& sink) const {
    return static_cast<std::size_t>(std::ranges::count_if(deliveries_, [&sink](auto const& entry) {
        auto const& item = entry.second;
        return item.sink == sink && (item.state == delivery_state::pending || item.state == delivery_state::delivering);
    }));
}

/// Oldest first.
std::vector<delivery_id> ledger::parked_of(ports::parked_filter const& filter) const {
    auto found = std::vector<std::pair<instant, delivery_id>>{};
    for (auto const& [id, item] : deliveries_)
        if (item.state == delivery_state::parked && item.sink == filter.sink &&
            (!filter.cause || item.cause == filter.cause) && !tasks_.at(item.task).retired)
            found.emplace_back(item.created_at, id);
    std::ranges::sort(found);
    auto const ids = found | std::views::values;
    return {ids.begin(), ids.end()};
}

void ledger::parked_counted(ports::parked_count const& found, ports::parked_filter const& filter) {
    auto sinks = std::set<sink_name>{};
    for (auto const& [id, item] : deliveries_)
        if (!filter.sink || item.sink == filter.sink) sinks.insert(item.sink);
    for (auto const& sink : sinks) {
        auto of_sink = filter;
        of_sink.sink = sink;
        auto const parked = parked_of(of_sink).size();
        auto const place = found.sinks.find(sink);
        auto const counted = place == found.sinks.end() ? 0 : place->second;
        if (counted != parked)
            violated("a dry run counts what is parked", task_id{},
                     fmt::format("{} of {}, parked are {}", counted, sink.value(), parked));
    }
}

void ledger::replay_started(ports::replay item, duration ahead) {
    for (auto const& [id, other] : replays_)
        if (id != item.id && other.item.state == replay_state::running && other.item.filter.sink == item.filter.sink)
            violated("one replay for a sink at a time", task_id{}, id.value());
    item.started_at += ahead;
    item.updated_at = item.started_at;
    lines_.note(time_.now(), "committed: {} for {} starts, {} are parked", item.id.value(), item.filter.sink->value(),
                item.total);
    if (replays_.try_emplace(item.id, replay_account{item, {}, {}}).second) ++running_;
}

void ledger::replays_advanced(ports::replay_round const& round, ports::replay_terms const& terms) {
    auto seen = std::set<replay_id>{};
    for (auto const& items : {std::views::all(round.running), std::views::all(round.ended)})
        for (auto const& item : items) {
            auto const known = replays_.find(item.id);
            if (known == replays_.end() || known->second.item.state != replay_state::running) {
                violated("a replay that has ended goes no further", task_id{}, item.id.value());
                return;
            }
            seen.insert(item.id);
            if (item != known->second.item) replay_advanced(known->second, item, terms);
        }
    for (auto const& [id, known] : replays_)
        if (known.item.state == replay_state::running && !seen.contains(id))
            violated("a replay comes to its end", task_id{}, fmt::format("nobody knows of {}", id.value()));
    for (auto const& item : round.ended) {
        if (item.state == replay_state::done) --running_;
        replays_.at(item.id).item = item;
    }
}

void ledger::replay_advanced(replay_account& known, ports::replay const& item, ports::replay_terms const& terms) {
    auto const& sink = *item.filter.sink;
    if (item.updated_at - known.item.updated_at < terms.pace)
        violated("a replay keeps its pace", task_id{}, item.id.value());
    if (std::ranges::find(terms.sinks, sink) == terms.sinks.end() || sinks_[sink].paused_since)
        violated("a replay waits for its sink", task_id{}, item.id.value());
    if (waiting_for(sink) >= terms.max_waiting)
        violated("a replay stays behind live traffic", task_id{},
                 fmt::format("{} wait for {}", waiting_for(sink), sink.value()));

    auto due = parked_of(item.filter);
    auto const is_behind = [&](delivery_id const& id) {
        return known.reached && std::pair{deliveries_.at(id).created_at, id} <= *known.reached;
    };
    std::erase_if(due, is_behind);
    auto const left = due.size();
    due.resize(std::min(left, terms.batch));
    if (item.replayed - known.item.replayed != due.size())
        violated(
            "a replay makes due what is parked, and nothing else", task_id{},
            fmt::format("{} more of {}, parked are {}", item.replayed - known.item.replayed, item.id.value(), left));
    if ((item.state == replay_state::done) != (left < terms.batch))
        violated("a replay ends with the last delivery", task_id{},
                 fmt::format("{} is {}, {} were left", item.id.value(), name_of(item), left));
    for (auto const& id : due) {
        auto& delivery = deliveries_.at(id);
        lines_.about(delivery.task, time_.now(), "committed: {} made due by {}", sink.value(), item.id.value());
        if (!known.made_due.insert(id).second)
            violated("a replay makes each delivery due once", delivery.task, id.value());
        known.reached = {delivery.created_at, id};
        make_due(delivery, item.updated_at);
    }
    known.item = item;
}

void ledger::replay_cancelled(ports::replay const& item) {
    auto const found = replays_.find(item.id);
    if (found == replays_.end() || found->second.item.state != replay_state::running) {
        violated("a replay that has ended goes no further", task_id{}, item.id.value());
        return;
    }
    lines_.note(time_.now(), "committed: {} is cancelled", item.id.value());
    found->second.item = item;
    --running_;
}

void ledger::compare(ports::replay const& stored) {
    auto const found = replays_.find(stored.id);
    if (found == replays_.end() || found->second.item.state != stored.state ||
        found->second.item.replayed != stored.replayed)
        violated("the store keeps what it committed", task_id{},
                 fmt::format("{} is {} after {}", stored.id.value(), name_of(stored), stored.replayed));
}

}  // namespace voicehook::simulation
