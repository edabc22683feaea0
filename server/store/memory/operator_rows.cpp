#include "store/memory/memory_rows.hpp"
#include "store/trace_of.hpp"

#include <algorithm>
#include <functional>
#include <ranges>
#include <tuple>

namespace voicehook::store::memory {
namespace {

list_position position_of(delivery_row const& row) { return {row.item.created_at, row.item.id.value()}; }

bool passes(ports::parked_filter const& filter, core::delivery const& item) {
    return item.state == core::delivery_state::parked && item.sink == filter.sink &&
           (!filter.cause || item.cause == filter.cause) &&
           (!filter.created_after || item.created_at > *filter.created_after) &&
           (!filter.created_before || item.created_at < *filter.created_before);
}

template <class Row>
void keep_first(std::vector<Row>& rows, std::size_t limit) {
    if (rows.size() > limit) rows.resize(limit);
}

}  // namespace

std::vector<task_id> memory_rows::tasks_of_trace(std::string const& trace_id, std::size_t limit) {
    auto found = std::vector<list_position>{};
    for (auto const& [id, row] : tasks_)
        if (trace_of(row.item.trace_parent) == trace_id) found.push_back({row.item.created_at, id.value()});
    std::ranges::sort(found, std::ranges::greater{});
    keep_first(found, limit);
    auto ids = std::vector<task_id>{};
    for (auto const& each : found) ids.emplace_back(each.id);
    return ids;
}

std::vector<delivery_row> memory_rows::parked_deliveries(ports::parked_filter const& filter,
                                                         std::optional<list_position> const& start, std::size_t limit) {
    auto found = std::vector<delivery_row>{};
    for (auto const& [id, row] : deliveries_)
        if (passes(filter, row.item) && (!start || position_of(row) > *start)) found.push_back(row);
    std::ranges::sort(found, {}, position_of);
    keep_first(found, limit);
    for (auto& row : found) row.item.body.clear();
    return found;
}

std::uint64_t memory_rows::count_parked(ports::parked_filter const& filter) {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        deliveries_ | std::views::values, [&filter](delivery_row const& row) { return passes(filter, row.item); }));
}

void memory_rows::append(ports::action const& done) {
    undo_.emplace_back([this] { actions_.pop_back(); });
    actions_.push_back(done);
    actions_.back().place = ++last_place_;
}

std::vector<ports::action> memory_rows::actions_before(std::optional<std::int64_t> place, std::size_t limit) {
    auto found = std::vector<ports::action>{};
    for (auto const& each : actions_ | std::views::reverse) {
        if (found.size() == limit) break;
        if (!place || each.place < *place) found.push_back(each);
    }
    return found;
}

void memory_rows::erase_actions(instant before, std::size_t limit) {
    undo_.emplace_back([this, actions = actions_, replays = replays_] {
        actions_ = actions;
        replays_ = replays;
    });
    auto const end = actions_.begin() + static_cast<std::ptrdiff_t>(std::min(limit, actions_.size()));
    actions_.erase(std::remove_if(actions_.begin(), end, [before](auto const& each) { return each.at < before; }), end);
    std::erase_if(replays_, [before](auto const& each) {
        auto const& finished = each.second.finished_at;
        return finished && *finished < before;
    });
}

std::optional<ports::replay> memory_rows::replay(replay_id const& id) {
    auto const found = replays_.find(id);
    return found == replays_.end() ? std::nullopt : std::optional{found->second};
}

std::vector<ports::replay> memory_rows::running_replays() {
    auto found = replays(replays_.size());
    std::erase_if(found, [](auto const& each) { return each.state != ports::replay_state::running; });
    std::ranges::reverse(found);
    return found;
}

std::vector<ports::replay> memory_rows::replays(std::size_t limit) {
    auto const all = replays_ | std::views::values;
    auto found = std::vector<ports::replay>(all.begin(), all.end());
    std::ranges::sort(found, std::ranges::greater{},
                      [](auto const& each) { return std::tuple{each.started_at, each.id}; });
    keep_first(found, limit);
    return found;
}

void memory_rows::put(ports::replay const& row) {
    undo_.emplace_back([this, before = replays_] { replays_ = before; });
    replays_[row.id] = row;
}

}  // namespace voicehook::store::memory
