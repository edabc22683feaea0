#include "store/counting.hpp"

#include "store/changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace voicehook::store {
namespace {

std::int64_t value_of(counter_values const& values, counter_key const& key) {
    auto const found = values.find(key);
    return found == values.end() ? 0 : found->second;
}

std::int64_t sum_of(counter_values const& values, counter_kind kind) {
    std::int64_t sum = 0;
    for (auto const& [key, value] : values)
        if (key.kind == kind) sum += value;
    return sum;
}

/// Counters of what ever was: rows that are gone still count.
bool outlives_rows(counter_kind kind) {
    switch (kind) {
        case counter_kind::accepted:
        case counter_kind::retired:
        case counter_kind::result:
        case counter_kind::delivery_created:
        case counter_kind::delivery_retired:
        case counter_kind::unrouted: return true;
        case counter_kind::stage:
        case counter_kind::disputed:
        case counter_kind::open:
        case counter_kind::delivery_state:
        case counter_kind::delivery_parked: return false;
    }
    return false;
}

std::string describe(counter_key const& key) {
    auto text = std::string{to_text(key.kind)};
    if (!key.subject.empty()) text += fmt::format(" of {}", key.subject);
    if (!key.detail.empty()) text += fmt::format(", {}", key.detail);
    return text;
}

ports::sink_counts& sink_of(ports::store_summary& into, std::string const& name) {
    auto const [place, is_new] = into.sinks.try_emplace(sink_name{name});
    if (is_new)
        for (auto const& [state, text] : names_of<core::delivery_state>) place->second.by_state[state] = 0;
    return place->second;
}

void put(ports::store_summary& into, counter_key const& key, std::uint64_t value) {
    switch (key.kind) {
        case counter_kind::accepted: into.accepted = value; break;
        case counter_kind::retired: into.tasks_retired = value; break;
        case counter_kind::disputed: into.disputed = value; break;
        case counter_kind::delivery_created: into.deliveries_created = value; break;
        case counter_kind::delivery_retired: into.deliveries_retired = value; break;
        case counter_kind::unrouted: into.unrouted = value; break;
        case counter_kind::stage:
            if (auto const stage = from_text<core::stage>(key.subject)) into.tasks[*stage] = value;
            break;
        case counter_kind::result:
            if (auto const source = from_text<core::result_source>(key.subject)) into.results[*source] = value;
            break;
        case counter_kind::open: into.open_by_caller[caller_name{key.subject}] = value; break;
        case counter_kind::delivery_state:
            if (auto const state = from_text<core::delivery_state>(key.detail))
                sink_of(into, key.subject).by_state[*state] = value;
            break;
        case counter_kind::delivery_parked:
            if (auto const cause = from_text<core::delivery_cause>(key.detail))
                sink_of(into, key.subject).parked_by_cause[*cause] = value;
            break;
    }
}

constexpr std::array open_states{core::delivery_state::pending, core::delivery_state::delivering};
constexpr std::array undelivered_states{core::delivery_state::pending, core::delivery_state::delivering,
                                        core::delivery_state::parked};

template <std::size_t N>
std::optional<instant> oldest_of(rows& table, sink_name const& sink, std::array<core::delivery_state, N> const& states,
                                 instant since) {
    auto oldest = std::optional<instant>{};
    for (auto const state : states) {
        auto const created = table.oldest_delivery(sink, state, since);
        if (created) oldest = std::min(*created, oldest.value_or(*created));
    }
    return oldest;
}

}  // namespace

bool has_open_dispute(core::task const& item) noexcept {
    return item.quarrel == core::dispute::settling || item.quarrel == core::dispute::disputed;
}

bool is_waiting(core::delivery const& item) noexcept {
    return item.state == core::delivery_state::pending || item.state == core::delivery_state::delivering;
}

std::vector<counter_key> counters_of(core::task const& item) {
    auto const stage = core::stage_of(item.state);
    auto keys = std::vector{counter_key{counter_kind::stage, std::string{to_text(stage)}}};
    if (stage != core::stage::ended) keys.push_back({counter_kind::open, item.caller.value()});
    if (stage == core::stage::ended && item.source)
        keys.push_back({counter_kind::result, std::string{to_text(*item.source)}});
    if (has_open_dispute(item)) keys.push_back({counter_kind::disputed});
    return keys;
}

std::vector<counter_key> counters_of(core::delivery const& item) {
    auto keys =
        std::vector{counter_key{counter_kind::delivery_state, item.sink.value(), std::string{to_text(item.state)}}};
    if (item.state == core::delivery_state::parked && item.cause)
        keys.push_back({counter_kind::delivery_parked, item.sink.value(), std::string{to_text(*item.cause)}});
    return keys;
}

void recount(rows& table, std::vector<counter_key> const& before, std::vector<counter_key> const& after) {
    auto changes = counter_values{};
    for (auto const& key : before) --changes[key];
    for (auto const& key : after) ++changes[key];
    for (auto const& [key, change] : changes)
        if (change != 0) table.add(key, change);
}

ports::store_summary summarise(rows& table) {
    auto summary = ports::store_summary{};
    for (auto const& [stage, text] : names_of<core::stage>) {
        summary.tasks[stage] = 0;
        if (stage != core::stage::ended) summary.oldest[stage] = table.oldest_task(stage);
    }
    for (auto const& [source, text] : names_of<core::result_source>) summary.results[source] = 0;
    for (auto const& [key, value] : table.counters())
        if (value != 0) put(summary, key, static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
    for (auto& [name, sink] : summary.sinks) {
        sink.oldest_waiting = oldest_of(table, name, open_states, instant::min());
        sink.oldest_parked = table.oldest_delivery(name, core::delivery_state::parked, instant::min());
    }
    for (auto const& [name, reason] : table.paused_sinks()) sink_of(summary, name.value()).paused = reason;
    summary.file_bytes = table.file_bytes();
    summary.replicas = replicas_by_name(table);
    return summary;
}

void add_due_times(rows& table, ports::store_summary& to, instant now) {
    auto const ahead = table.clock_ahead(now);
    to.next_submission = in_callers_time(table.next_task_due(core::due_kind::submission), ahead);
    to.next_query = in_callers_time(table.next_task_due(core::due_kind::query), ahead);
    for (auto& [name, sink] : to.sinks) {
        sink.next_due = in_callers_time(table.next_delivery_due(name), ahead);
        sink.oldest_alive = oldest_of(table, name, undelivered_states, now - ports::result_life);
    }
}

std::vector<std::string> contradictions(counter_values const& kept, counter_values const& counted) {
    auto found = std::vector<std::string>{};
    auto keys = std::set<counter_key>{};
    for (auto const& [key, value] : kept) keys.insert(key);
    for (auto const& [key, value] : counted) keys.insert(key);
    for (auto const& key : keys) {
        auto const says = value_of(kept, key);
        auto const rows_say = value_of(counted, key);
        if (outlives_rows(key.kind) ? says < rows_say : says != rows_say)
            found.push_back(fmt::format("counter {}: kept {}, the rows say {}", describe(key), says, rows_say));
    }

    auto const results = sum_of(kept, counter_kind::result);
    auto const ended = value_of(kept, {counter_kind::stage, std::string{to_text(core::stage::ended)}});
    auto const retired = value_of(kept, {counter_kind::retired});
    if (results != ended + retired)
        found.push_back(
            fmt::format("results add up to {}, but {} tasks are ended and {} retired", results, ended, retired));
    return found;
}

}  // namespace voicehook::store
