#include "store/changes.hpp"
#include "store/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voicehook::store::operations {
namespace {

using core::delivery_state;

std::vector<sink_name> sinks_with_parked(rows& table) {
    auto found = std::vector<sink_name>{};
    for (auto const& [key, value] : table.counters())
        if (key.kind == counter_kind::delivery_state && key.detail == to_text(delivery_state::parked) && value > 0)
            found.emplace_back(key.subject);
    return found;
}

std::uint64_t waiting_for(rows& table, sink_name const& sink) {
    auto waiting = std::int64_t{};
    for (auto const state : {delivery_state::pending, delivery_state::delivering})
        waiting += table.counter({counter_kind::delivery_state, sink.value(), std::string{to_text(state)}});
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, waiting));
}

/// Whether the replay may go on now.
bool may_advance(rows& table, ports::replay const& item, ports::replay_terms const& terms, instant store_now) {
    auto const& sink = item.filter.sink.value();
    return std::ranges::find(terms.sinks, sink) != terms.sinks.end() && store_now - item.updated_at >= terms.pace &&
           !table.is_paused(sink) && waiting_for(table, sink) < terms.max_waiting;
}

/// The replay after its next deliveries were made due.
ports::replay advance(rows& table, ports::replay item, ports::replay_terms const& terms, instant store_now) {
    auto const from =
        item.reached ? std::optional{list_position{item.reached->created_at, item.reached->id.value()}} : std::nullopt;
    auto const next = table.parked_deliveries(item.filter, from, terms.batch);
    for (auto const& row : next)
        make_due_again(table, row, store_now, fmt::format("by {}, {}", item.who, item.id.value()));
    if (!next.empty()) item.reached = {next.back().item.created_at, next.back().item.id};
    item.replayed += next.size();
    item.updated_at = store_now;
    if (next.size() < terms.batch) {
        item.state = ports::replay_state::done;
        item.finished_at = store_now;
    }
    return item;
}

/// Without bounds in time the counters know it.
std::uint64_t count_of(rows& table, ports::parked_filter const& filter) {
    if (filter.created_after || filter.created_before) return table.count_parked(filter);
    auto const& sink = filter.sink.value().value();
    auto const key =
        filter.cause ? counter_key{counter_kind::delivery_parked, sink, std::string{to_text(*filter.cause)}}
                     : counter_key{counter_kind::delivery_state, sink, std::string{to_text(delivery_state::parked)}};
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, table.counter(key)));
}

failure unknown_replay(replay_id const& id) { return {errc::not_found, fmt::format("find replay {}", id.value())}; }

}  // namespace

result<ports::transition> act_on_task(rows& table, task_id const& id, core::task_event const& event,
                                      ports::render_function const& render, ports::action const& by) {
    auto done = record_event(table, id, event, render, by.at);
    if (done) table.append(by);
    return done;
}

result<void> record_action(rows& table, ports::action const& done) {
    table.append(done);
    return {};
}

result<ports::action_page> list_actions(rows& table, ports::action_filter const& filter) {
    auto page = ports::action_page{table.actions_before(filter.before, filter.limit + 1), false};
    page.more = page.items.size() > filter.limit;
    if (page.more) page.items.pop_back();
    return page;
}

result<ports::parked_count> count_parked(rows& table, ports::parked_filter const& filter) {
    auto found = ports::parked_count{};
    for (auto const& sink : filter.sink ? std::vector{*filter.sink} : sinks_with_parked(table)) {
        auto of_sink = filter;
        of_sink.sink = sink;
        auto const count = count_of(table, of_sink);
        auto const oldest = table.parked_deliveries(of_sink, std::nullopt, 1);
        if (count == 0 || oldest.empty()) continue;
        found.sinks.emplace(sink, count);
        auto const first = oldest.front().item.created_at;
        found.oldest = std::min(first, found.oldest.value_or(first));
    }
    return found;
}

result<void> start_replay(rows& table, ports::replay const& item, ports::action const& by) {
    if (table.replay(item.id)) return {};
    auto const for_the_same = [&item](ports::replay const& each) { return each.filter.sink == item.filter.sink; };
    if (std::ranges::any_of(table.running_replays(), for_the_same))
        return fail(errc::conflict, fmt::format("a replay for {} is running", item.filter.sink.value().value()));
    auto row = item;
    row.started_at += table.clock_ahead(by.at);
    row.updated_at = row.started_at;
    table.put(row);
    table.append(by);
    return {};
}

result<ports::replay_round> advance_replays(rows& table, ports::replay_terms const& terms) {
    auto round = ports::replay_round{};
    auto const store_now = terms.now + table.clock_ahead(terms.now);
    for (auto const& item : table.running_replays()) {
        if (!may_advance(table, item, terms, store_now)) {
            round.running.push_back(item);
            continue;
        }
        auto after = advance(table, item, terms, store_now);
        table.put(after);
        if (after.replayed > item.replayed) round.due.push_back(*after.filter.sink);
        auto& into = after.state == ports::replay_state::running ? round.running : round.ended;
        into.push_back(std::move(after));
    }
    return round;
}

result<ports::replay> cancel_replay(rows& table, replay_id const& id, ports::action const& by) {
    auto row = table.replay(id);
    if (!row) return unexpected{unknown_replay(id)};
    if (row->state != ports::replay_state::running)
        return fail(errc::conflict, fmt::format("replay {} is {}", id.value(), to_text(row->state)));
    row->state = ports::replay_state::cancelled;
    row->updated_at = by.at + table.clock_ahead(by.at);
    row->finished_at = row->updated_at;
    table.put(*row);
    table.append(by);
    return std::move(*row);
}

result<ports::replay> find_replay(rows& table, replay_id const& id) {
    auto row = table.replay(id);
    if (!row) return unexpected{unknown_replay(id)};
    return std::move(*row);
}

result<std::vector<ports::replay>> list_replays(rows& table, std::size_t limit) { return table.replays(limit); }

}  // namespace voicehook::store::operations
