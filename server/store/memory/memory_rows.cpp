#include "store/memory/memory_rows.hpp"

#include "store/counting.hpp"
#include "store/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace voicehook::store::memory {
namespace {

list_position position_of(core::task const& item) { return {item.created_at, item.id.value()}; }
list_position position_of(core::delivery const& item) { return {item.created_at, item.id.value()}; }

core::task without_submit_body(core::task item) {
    item.submit_body.clear();
    return item;
}

core::task outline_of(core::task item) {
    item.submit_body.clear();
    item.provider_body.clear();
    if (item.refused) item.refused->error_json.clear();
    return item;
}

core::delivery without_body(core::delivery item) {
    item.body.clear();
    return item;
}

bool passes(ports::delivery_filter const& filter, core::delivery const& item) {
    return item.state == filter.state && (!filter.sink || item.sink == *filter.sink) &&
           (!filter.cause || item.cause == filter.cause);
}

/// The items that pass, newest first, strictly after `start`, as `shown` shows them.
template <class Page, class Rows, class Filter, class Shown>
Page page_of(Rows const& rows, Filter const& filter, std::optional<list_position> const& start, Shown shown) {
    auto passing = std::vector<decltype(&rows.begin()->second.item)>{};
    for (auto const& [id, row] : rows)
        if (passes(filter, row.item) && (!start || position_of(row.item) < *start)) passing.push_back(&row.item);
    std::ranges::sort(passing, std::ranges::greater{}, [](auto const* item) { return position_of(*item); });

    auto page = page_filler<Page>{filter.limit};
    for (auto const* const item : passing) {
        if (!page.has_room()) break;
        page.add(shown(*item));
    }
    return std::move(page).finish();
}

template <class Map, class Key>
auto find(Map const& map, Key const& key) {
    auto const found = map.find(key);
    return found == map.end() ? std::nullopt : std::optional{found->second};
}

template <class Moments>
std::optional<instant> earliest(Moments&& moments) {
    auto least = std::optional<instant>{};
    for (instant const at : moments) least = least ? std::min(*least, at) : at;
    return least;
}

}  // namespace

void memory_rows::roll_back() {
    for (auto& undo : std::exchange(undo_, {}) | std::views::reverse) undo();
}

// ---- tasks ----

std::optional<task_row> memory_rows::task(task_id const& id) { return find(tasks_, id); }
std::optional<task_id> memory_rows::task_bound_to(provider_task_id const& id) { return find(bound_, id); }
std::optional<task_id> memory_rows::task_with_key(caller_name const& caller, std::string const& key) {
    return find(keys_, std::pair{caller, key});
}

void memory_rows::insert(task_row const& row) {
    if (!tasks_.emplace(row.item.id, row).second)
        throw std::logic_error{fmt::format("task {} exists", row.item.id.value())};
    index(row);
    undo_.emplace_back([this, id = row.item.id] { erase(id); });
}

void memory_rows::put(task_row const& row) {
    auto& kept = tasks_.at(row.item.id);
    unindex(kept);
    kept = row;
    index(kept);
}

void memory_rows::update(task_row const&, task_row const& row) {
    undo_.emplace_back([this, before = tasks_.at(row.item.id)] { put(before); });
    put(row);
}

std::optional<core::task> memory_rows::task_outline(task_id const& id) {
    auto const row = task(id);
    return row ? std::optional{outline_of(row->item)} : std::nullopt;
}

void memory_rows::erase(task_id const& id) {
    undo_.emplace_back([this, row = tasks_.at(id), lines = timeline(id), deliveries = delivery_rows_of(id)] {
        insert(row);
        timelines_[row.item.id] = lines;
        for (auto const& item : deliveries) insert(item);
    });
    for (auto const& item : deliveries_of_[id]) {
        unindex(deliveries_.at(item));
        deliveries_.erase(item);
    }
    unindex(tasks_.at(id));
    deliveries_of_.erase(id);
    timelines_.erase(id);
    tasks_.erase(id);
}

void memory_rows::index(task_row const& row) {
    auto const& item = row.item;
    if (auto const kind = core::due_kind_of(item.state)) due_tasks_.emplace(*kind, *core::due_at(item.state), item.id);
    if (item.provider_id) bound_[*item.provider_id] = item.id;
    if (item.idempotency_key) keys_[{item.caller, *item.idempotency_key}] = item.id;
}

void memory_rows::unindex(task_row const& row) {
    auto const& item = row.item;
    if (auto const kind = core::due_kind_of(item.state)) due_tasks_.erase({*kind, *core::due_at(item.state), item.id});
    if (item.provider_id) bound_.erase(*item.provider_id);
    if (item.idempotency_key) keys_.erase({item.caller, *item.idempotency_key});
}

std::vector<task_row> memory_rows::due_tasks(core::due_kind kind, instant now, std::size_t limit) {
    auto found = std::vector<task_row>{};
    for (auto at = due_tasks_.lower_bound({kind, instant::min(), {}}); at != due_tasks_.end(); ++at) {
        auto const& [due_kind, due, id] = *at;
        if (due_kind != kind || due > now || found.size() == limit) break;
        found.push_back(tasks_.at(id));
    }
    return found;
}

std::optional<instant> memory_rows::next_task_due(core::due_kind kind) {
    auto const first = due_tasks_.lower_bound({kind, instant::min(), {}});
    if (first == due_tasks_.end() || std::get<core::due_kind>(*first) != kind) return std::nullopt;
    return std::get<instant>(*first);
}

std::vector<task_id> memory_rows::leased_tasks(std::optional<lease_owner> const& owner) {
    auto found = std::vector<task_id>{};
    for (auto const& [id, row] : tasks_) {
        auto const by_anybody =
            row.leased_by != lease_owner{} || core::stage_of(row.item.state) == core::stage::submitting;
        if (owner ? row.leased_by == *owner : by_anybody) found.push_back(id);
    }
    return found;
}

std::vector<task_id> memory_rows::retirable_tasks(instant before, std::size_t limit) {
    auto found = std::vector<std::pair<instant, task_id>>{};
    for (auto const& [id, row] : tasks_) {
        auto const* const over = std::get_if<core::ended>(&row.item.state);
        if (over != nullptr && over->at < before && !has_open_dispute(row.item) && !has_waiting_delivery(id))
            found.emplace_back(over->at, id);
    }
    std::ranges::sort(found);
    auto const first = std::views::values(found) | std::views::take(static_cast<std::ptrdiff_t>(limit));
    return {first.begin(), first.end()};
}

ports::task_page memory_rows::list_tasks(ports::task_filter const& filter, std::optional<list_position> const& start) {
    return page_of<ports::task_page>(tasks_, filter, start, without_submit_body);
}

void memory_rows::append(task_id const& id, core::timeline_entry const& entry) {
    timelines_[id].push_back(entry);
    undo_.emplace_back([this, id] { timelines_[id].pop_back(); });
}

std::vector<core::timeline_entry> memory_rows::timeline(task_id const& id) {
    return find(timelines_, id).value_or(std::vector<core::timeline_entry>{});
}

// ---- deliveries ----

std::optional<delivery_row> memory_rows::delivery(delivery_id const& id) { return find(deliveries_, id); }

void memory_rows::insert(delivery_row const& row) {
    if (!deliveries_.emplace(row.item.id, row).second)
        throw std::logic_error{fmt::format("delivery {} exists", row.item.id.value())};
    deliveries_of_[row.item.task].push_back(row.item.id);
    index(row);
    undo_.emplace_back([this, row] {
        unindex(row);
        deliveries_of_[row.item.task].pop_back();
        deliveries_.erase(row.item.id);
    });
}

void memory_rows::update(delivery_row const&, delivery_row const& row) {
    auto const before = deliveries_.at(row.item.id);
    auto after = row;
    after.item.body = before.item.body;
    undo_.emplace_back([this, before] { put(before); });
    put(after);
}

void memory_rows::put(delivery_row const& row) {
    auto& kept = deliveries_.at(row.item.id);
    unindex(kept);
    kept = row;
    index(kept);
}

void memory_rows::index(delivery_row const& row) {
    if (is_waiting(row.item)) due_deliveries_.emplace(row.item.sink, row.item.due_at, row.item.id);
}

void memory_rows::unindex(delivery_row const& row) {
    if (is_waiting(row.item)) due_deliveries_.erase({row.item.sink, row.item.due_at, row.item.id});
}

bool memory_rows::has_waiting_delivery(task_id const& id) const {
    return std::ranges::any_of(delivery_rows_of(id), [](auto const& row) { return is_waiting(row.item); });
}

std::vector<delivery_row> memory_rows::delivery_rows_of(task_id const& id) const {
    auto found = std::vector<delivery_row>{};
    for (auto const& item : find(deliveries_of_, id).value_or(std::vector<delivery_id>{}))
        found.push_back(deliveries_.at(item));
    return found;
}

std::vector<core::delivery> memory_rows::deliveries_of(task_id const& id) {
    auto found = std::vector<core::delivery>{};
    for (auto& row : delivery_rows_of(id)) found.push_back(std::move(row.item));
    return found;
}

std::vector<core::delivery> memory_rows::delivery_outlines_of(task_id const& id) {
    auto found = std::vector<core::delivery>{};
    for (auto const& row : delivery_rows_of(id)) found.push_back(without_body(row.item));
    return found;
}

std::vector<delivery_row> memory_rows::due_deliveries(sink_name const& sink, instant now, std::size_t limit) {
    auto found = std::vector<delivery_row>{};
    for (auto at = due_deliveries_.lower_bound({sink, instant::min(), {}}); at != due_deliveries_.end(); ++at) {
        auto const& [name, due, id] = *at;
        if (name != sink || due > now || found.size() == limit) break;
        found.push_back(deliveries_.at(id));
    }
    return found;
}

std::optional<instant> memory_rows::next_delivery_due(sink_name const& sink) {
    auto const first = due_deliveries_.lower_bound({sink, instant::min(), {}});
    if (first == due_deliveries_.end() || std::get<sink_name>(*first) != sink) return std::nullopt;
    return std::get<instant>(*first);
}

std::vector<delivery_id> memory_rows::leased_deliveries(std::optional<lease_owner> const& owner) {
    auto found = std::vector<delivery_id>{};
    for (auto const& [id, row] : deliveries_)
        if (row.item.state == core::delivery_state::delivering && (!owner || row.leased_by == *owner))
            found.push_back(id);
    return found;
}

std::vector<delivery_row> memory_rows::waiting_deliveries(sink_name const& sink, std::size_t limit) {
    auto found = due_deliveries(sink, instant::max(), limit);
    for (auto& row : found) row.item.body.clear();
    return found;
}

ports::delivery_page memory_rows::list_deliveries(ports::delivery_filter const& filter,
                                                  std::optional<list_position> const& start) {
    return page_of<ports::delivery_page>(deliveries_, filter, start, without_body);
}

// ---- sinks, counters, ages ----

void memory_rows::pause(sink_name const& sink, ports::sink_pause const& pause, instant) {
    undo_.emplace_back([this, before = paused_] { paused_ = before; });
    paused_[sink] = pause.reason;
}

void memory_rows::resume(sink_name const& sink) {
    undo_.emplace_back([this, before = paused_] { paused_ = before; });
    paused_.erase(sink);
}

std::map<sink_name, std::string> memory_rows::paused_sinks() { return paused_; }
bool memory_rows::is_paused(sink_name const& sink) { return paused_.contains(sink); }

std::vector<ports::replica> memory_rows::replicas() {
    auto const all = replicas_ | std::views::values;
    return {all.begin(), all.end()};
}

void memory_rows::put(ports::replica const& row) {
    undo_.emplace_back([this, before = replicas_] { replicas_ = before; });
    replicas_[row.note.owner] = row;
}

void memory_rows::erase(lease_owner const& owner) {
    undo_.emplace_back([this, before = replicas_] { replicas_ = before; });
    replicas_.erase(owner);
}

std::int64_t memory_rows::counter(counter_key const& key) { return find(counters_, key).value_or(0); }
counter_values memory_rows::counters() { return counters_; }
void memory_rows::add(counter_key const& key, std::int64_t change) {
    counters_[key] += change;
    undo_.emplace_back([this, key, change] { counters_[key] -= change; });
}

counter_values memory_rows::recount() {
    auto values = counter_values{};
    for (auto const& [id, row] : tasks_)
        for (auto const& key : counters_of(row.item)) ++values[key];
    for (auto const& [id, row] : deliveries_)
        for (auto const& key : counters_of(row.item)) ++values[key];
    return values;
}

std::optional<instant> memory_rows::oldest_task(core::stage stage) {
    auto const in_stage = [stage](task_row const& row) { return core::stage_of(row.item.state) == stage; };
    auto const created = [](task_row const& row) { return row.item.created_at; };
    return earliest(tasks_ | std::views::values | std::views::filter(in_stage) | std::views::transform(created));
}

std::optional<instant> memory_rows::oldest_delivery(sink_name const& sink, core::delivery_state state, instant since) {
    auto const counts = [&](delivery_row const& row) {
        return row.item.sink == sink && row.item.state == state && row.item.created_at > since;
    };
    auto const created = [](delivery_row const& row) { return row.item.created_at; };
    return earliest(deliveries_ | std::views::values | std::views::filter(counts) | std::views::transform(created));
}

}  // namespace voicehook::store::memory
