#include "store/counting.hpp"
#include "store/page.hpp"
#include "store/sql/delivery_columns.hpp"
#include "store/sqlite/columns.hpp"
#include "store/sqlite/sqlite_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>

namespace voicehook::store::sqlite {
namespace {

using sql::read_delivery;
using sql::select_deliveries;

/// Without the body: SQLite then leaves the pages that it is on alone.
std::string select_outlines(std::string_view rest) { return select_deliveries(rest, "x''"); }

constexpr auto fixed = bindings_of<delivery_row>(sql::delivery_fixed);
constexpr auto changing = bindings_of<delivery_row>(sql::delivery_changing);

std::vector<core::delivery> read_items(statement& found) {
    auto items = std::vector<core::delivery>{};
    while (found.step()) items.push_back(read_delivery(found).item);
    return items;
}

std::vector<delivery_row> read_rows(statement& found) {
    auto rows = std::vector<delivery_row>{};
    while (found.step()) rows.push_back(read_delivery(found));
    return rows;
}

std::vector<delivery_id> read_ids(statement& found) {
    auto ids = std::vector<delivery_id>{};
    while (found.step()) ids.push_back(found.id<delivery_id>());
    return ids;
}

}  // namespace

std::optional<delivery_row> sqlite_rows::delivery(delivery_id const& id) {
    static auto const by_id = select_deliveries("WHERE id = ?");
    auto found = connection_.prepare(by_id);
    return found.bind(id).step() ? std::optional{read_delivery(found)} : std::nullopt;
}

void sqlite_rows::insert(delivery_row const& row) {
    static auto const text = insert_text("delivery", fixed, changing);
    auto added = connection_.prepare(text);
    for (auto const& each : fixed) each.bind(added, row);
    for (auto const& each : changing) each.bind(added, row);
    added.run();
    auto const& item = row.item;
    auto const just_ended = unsettled_.find(item.task);
    if (just_ended != unsettled_.end() && just_ended->second == listing::absent)
        unsettled_.erase(just_ended);  // not listed, and not to be as long as this delivery waits
    else
        unsettled_.emplace(item.task, listing::unknown);
}

void sqlite_rows::update(delivery_row const& before, delivery_row const& after) {
    update_changed(connection_, delivery_updates_, changing, before, after, after.item.id);
    if (is_waiting(before.item) != is_waiting(after.item))
        unsettled_.insert_or_assign(after.item.task, listing::unknown);
}

std::vector<core::delivery> sqlite_rows::deliveries_of(task_id const& id) {
    static auto const sql = select_deliveries("WHERE task = ? ORDER BY seq");
    auto found = connection_.prepare(sql);
    return read_items(found.bind(id));
}

std::vector<core::delivery> sqlite_rows::delivery_outlines_of(task_id const& id) {
    static auto const sql = select_outlines("WHERE task = ? ORDER BY seq");
    auto found = connection_.prepare(sql);
    return read_items(found.bind(id));
}

std::vector<delivery_row> sqlite_rows::due_deliveries(sink_name const& sink, instant now, std::size_t limit) {
    static auto const sql = select_deliveries(
        "WHERE sink = ? AND due_at <= ? AND state IN ('pending', 'delivering') ORDER BY due_at, id LIMIT ?");
    auto found = connection_.prepare(sql);
    return read_rows(found.bind(sink, now, limit));
}

std::optional<instant> sqlite_rows::next_delivery_due(sink_name const& sink) {
    static constexpr auto sql =
        "SELECT min(due_at) FROM delivery WHERE sink = ? AND state IN ('pending', 'delivering')";
    auto found = connection_.prepare(sql);
    return found.bind(sink).step() ? found.at_if() : std::nullopt;
}

std::vector<delivery_id> sqlite_rows::leased_deliveries(std::optional<lease_owner> const& owner) {
    static constexpr auto by_anybody = R"(
        SELECT id FROM delivery INDEXED BY delivery_sink
        WHERE state = 'delivering' AND sink IN (SELECT subject FROM counter WHERE kind = 'delivery_state'))";
    static auto const by_owner = std::string{by_anybody} + " AND leased_by = ?";
    flush();
    auto found = connection_.prepare(owner ? by_owner : by_anybody);
    return read_ids(found.bind_if(owner));
}

std::vector<delivery_row> sqlite_rows::waiting_deliveries(sink_name const& sink, std::size_t limit) {
    static auto const sql =
        select_outlines("WHERE sink = ? AND state IN ('pending', 'delivering') ORDER BY due_at, id LIMIT ?");
    auto found = connection_.prepare(sql);
    return read_rows(found.bind(sink, limit));
}

std::vector<sink_name> sqlite_rows::sinks_with(core::delivery_state state) {
    flush();
    auto found =
        connection_.prepare("SELECT DISTINCT subject FROM counter WHERE kind = ? AND detail = ? AND value > 0");
    found.bind(counter_kind::delivery_state, state);
    auto sinks = std::vector<sink_name>{};
    while (found.step()) sinks.push_back(found.id<sink_name>());
    return sinks;
}

/// The newest of each sink, merged: an index over all sinks would cost every delivery two entries per step. A cause is
/// looked for in the index of the parked ones, which holds nothing else.
ports::delivery_page sqlite_rows::list_deliveries(ports::delivery_filter const& filter,
                                                  std::optional<list_position> const& start) {
    static constexpr auto of_state = "INDEXED BY delivery_sink WHERE sink = ? AND state = ? {} {}";
    static constexpr auto of_cause =
        "INDEXED BY delivery_parked WHERE sink = ? AND state = ? AND state = 'parked' AND cause = ? {} {}";
    static constexpr auto newest_first = "ORDER BY created_at DESC, id DESC LIMIT ?";
    auto const sql = select_outlines(fmt::format(fmt::runtime(filter.cause ? of_cause : of_state),
                                                 start ? "AND (created_at, id) < (?, ?)" : "", newest_first));
    auto newest = std::vector<core::delivery>{};
    for (auto const& sink : filter.sink ? std::vector{*filter.sink} : sinks_with(filter.state)) {
        auto found = connection_.prepare(sql);
        found.bind(sink, filter.state);
        found.bind_if(filter.cause);
        if (start) found.bind(start->created_at, start->id);
        found.bind(filter.limit + 1);
        std::ranges::move(read_items(found), std::back_inserter(newest));
    }
    std::ranges::sort(newest, std::greater{}, [](core::delivery const& item) {
        return std::pair{item.created_at, std::string_view{item.id.value()}};
    });

    auto page = page_filler<ports::delivery_page>{filter.limit};
    for (auto& item : newest) {
        if (!page.has_room()) break;
        page.add(std::move(item));
    }
    return std::move(page).finish();
}

std::optional<instant> sqlite_rows::oldest_delivery(sink_name const& sink, core::delivery_state state, instant since) {
    auto found =
        connection_.prepare("SELECT min(created_at) FROM delivery WHERE sink = ? AND state = ? AND created_at > ?");
    return found.bind(sink, state, since).step() ? found.at_if() : std::nullopt;
}

}  // namespace voicehook::store::sqlite
