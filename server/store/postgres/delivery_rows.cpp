#include "store/counting.hpp"
#include "store/page.hpp"
#include "store/postgres/postgres_rows.hpp"
#include "store/sql/delivery_columns.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace voicehook::store::postgres {
namespace {

using sql::read_delivery;
using sql::select_deliveries;

constexpr std::string_view no_body = "''::bytea AS body";

std::vector<core::delivery> read_items(result_rows found) {
    auto items = std::vector<core::delivery>{};
    while (found.next()) items.push_back(read_delivery(found).item);
    return items;
}

}  // namespace

/// What is collected without having been read whole is written first: it has no body. So is what is gone.
std::optional<delivery_row> postgres_rows::delivery(delivery_id const& id) {
    auto const known = deliveries_.find(id);
    if (known != deliveries_.end()) return known->second;
    if (pending_.holds(id) || pending_.erases()) flush();
    auto found = database_.run({select_deliveries("WHERE id = $1" + locking()), parameters::of(id)});
    auto row = found.next() ? std::optional{read_delivery(found)} : std::nullopt;
    return deliveries_.emplace(id, std::move(row)).first->second;
}

void postgres_rows::insert(delivery_row const& row) {
    auto const known = deliveries_.find(row.item.id);
    if (known != deliveries_.end() && known->second)
        throw std::runtime_error{fmt::format("insert delivery {}: it exists already", row.item.id.value())};
    ++written_;
    deliveries_.insert_or_assign(row.item.id, row);
    line_up(row);
    pending_.insert(row, next_place());
}

void postgres_rows::line_up(delivery_row const& row) {
    if (is_waiting(row.item)) delivery_fronts_[row.item.sink].reach_back_to(row.item.due_at);
}

void postgres_rows::update(delivery_row const&, delivery_row const& after) {
    ++written_;
    auto const known = deliveries_.find(after.item.id);
    if (known != deliveries_.end() && known->second) {
        auto body = std::move(known->second->item.body);
        known->second = after;
        known->second->item.body = std::move(body);
    }
    line_up(after);
    pending_.update(after);
}

std::vector<core::delivery> postgres_rows::deliveries_of(task_id const& id) {
    flush();
    return read_items(database_.run({select_deliveries("WHERE task = $1 ORDER BY seq"), parameters::of(id)}));
}

void postgres_rows::read_outlines_of(std::vector<task_id> const& ids) {
    auto const sql = select_deliveries("WHERE task = ANY ($1) ORDER BY seq" + locking(), no_body);
    for (auto& item : read_items(database_.run({sql, parameters::of(array_of(ids))}))) {
        auto& listed = delivery_outlines_[item.task];
        listed.push_back(std::move(item));
    }
}

std::vector<core::delivery> postgres_rows::delivery_outlines_of(task_id const& id) {
    auto const known = delivery_outlines_.find(id);
    if (known != delivery_outlines_.end()) return known->second;
    flush();
    auto const sql = select_deliveries("WHERE task = $1 ORDER BY seq" + locking(), no_body);
    return read_items(database_.run({sql, parameters::of(id)}));
}

/// One statement gives what is due and when the rest is, so that a claim asks once.
std::vector<delivery_row> postgres_rows::due_deliveries(sink_name const& sink, instant now, std::size_t limit) {
    static auto const sql = fmt::format(
        R"(
        WITH due AS MATERIALIZED ({})
        SELECT (SELECT later.due_at FROM delivery AS later
                WHERE later.sink = $1 AND later.due_at >= $4 AND later.state IN ('pending', 'delivering')
                  AND later.id NOT IN (SELECT id FROM due)
                ORDER BY later.due_at, later.id LIMIT 1),
               due.*
        FROM (SELECT 1) AS one LEFT JOIN due ON true ORDER BY due.due_at, due.id)",
        select_deliveries("WHERE sink = $1 AND due_at <= $2 AND due_at >= $4 AND state IN ('pending', 'delivering') "
                          "ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED"));
    flush();
    auto& front = delivery_fronts_[sink];
    auto const began = front.at(now);
    auto found = database_.run({sql, parameters::of(sink, now, limit, began)});
    auto due = std::vector<delivery_row>{};
    auto rest = std::optional<instant>{};
    while (found.next()) {
        rest = found.at_if();
        if (!found.is_null()) due.push_back(read_delivery(found));
    }
    for (auto const& row : due) deliveries_.insert_or_assign(row.item.id, row);
    front.note(began, due.empty() ? rest : due.front().item.due_at, now);
    if (rest && *rest <= now && due.size() < limit) rest = now + after_a_collision;
    deliveries_ahead_[sink] = rest;
    return due;
}

std::optional<instant> postgres_rows::next_delivery_due(sink_name const& sink) {
    auto const ahead = deliveries_ahead_.find(sink);
    if (ahead != deliveries_ahead_.end()) return earlier(ahead->second, pending_.first_due(sink));
    static constexpr auto sql = R"(
        SELECT due_at FROM delivery WHERE sink = $1 AND state IN ('pending', 'delivering')
        ORDER BY due_at, id LIMIT 1)";
    flush();
    auto found = database_.run({sql, parameters::of(sink)});
    return found.next() ? found.at_if() : std::nullopt;
}

std::vector<delivery_id> postgres_rows::leased_deliveries(std::optional<lease_owner> const& owner) {
    static constexpr auto by_owner = R"(
        WHERE state IN ('pending', 'delivering') AND state = 'delivering' AND leased_by = $1 ORDER BY id)";
    static constexpr auto by_anybody = R"(
        WHERE state IN ('pending', 'delivering') AND state = 'delivering' ORDER BY id)";
    flush();
    auto const text = select_deliveries((owner ? by_owner : by_anybody) + locking());
    auto found = database_.run({text, owner ? parameters::of(*owner) : parameters{}});
    auto ids = std::vector<delivery_id>{};
    while (found.next()) {
        auto row = read_delivery(found);
        ids.push_back(row.item.id);
        deliveries_.insert_or_assign(ids.back(), std::move(row));
    }
    return ids;
}

std::vector<delivery_row> postgres_rows::waiting_deliveries(sink_name const& sink, std::size_t limit) {
    auto const sql = select_deliveries(
        "WHERE sink = $1 AND state IN ('pending', 'delivering') "
        "ORDER BY due_at, id LIMIT $2" +
            locking("SKIP LOCKED"),
        no_body);
    flush();
    auto found = database_.run({sql, parameters::of(sink, limit)});
    auto rows = std::vector<delivery_row>{};
    while (found.next()) rows.push_back(read_delivery(found));
    return rows;
}

/// The newest of each sink, merged: an index over all sinks would cost every delivery an entry per step.
ports::delivery_page postgres_rows::list_deliveries(ports::delivery_filter const& filter,
                                                    std::optional<list_position> const& start) {
    static constexpr auto every_sink =
        "SELECT DISTINCT subject FROM counter WHERE kind = 'delivery_state' AND detail = $1";
    auto values = parameters::of(filter.state, filter.limit + 1);
    auto const add = [&values](auto const& value) {
        values.add(value);
        return fmt::format("${}", values.count());
    };
    auto const sinks = filter.sink ? fmt::format("SELECT {}", add(*filter.sink)) : std::string{every_sink};
    auto const from =
        start ? fmt::format("AND (created_at, id) < ({}, {})", add(start->created_at), add(start->id)) : std::string{};
    static constexpr auto newest_first = "ORDER BY created_at DESC, id DESC LIMIT $2";
    auto const because = filter.cause ? fmt::format("AND state = 'parked' AND cause = {}", add(*filter.cause)) : "";
    auto const of_sink = select_deliveries(
        fmt::format("WHERE sink = chosen.name AND state = $1 {} {} {}", because, from, newest_first), no_body);
    auto const sql = fmt::format("SELECT each.* FROM ({}) AS chosen (name) CROSS JOIN LATERAL ({}) AS each {}", sinks,
                                 of_sink, newest_first);
    flush();
    auto page = page_filler<ports::delivery_page>{filter.limit};
    for (auto& item : read_items(database_.run({sql, std::move(values)}))) {
        if (!page.has_room()) break;
        page.add(std::move(item));
    }
    return std::move(page).finish();
}

std::optional<instant> postgres_rows::oldest_delivery(sink_name const& sink, core::delivery_state state,
                                                      instant since) {
    static constexpr auto sql = R"(
        SELECT created_at FROM delivery WHERE sink = $1 AND state = $2 AND created_at > $3
        ORDER BY created_at, id LIMIT 1)";
    flush();
    auto found = database_.run({sql, parameters::of(sink, state, since)});
    return found.next() ? found.at_if() : std::nullopt;
}

}  // namespace voicehook::store::postgres
