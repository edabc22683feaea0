#include "store/postgres/postgres_rows.hpp"
#include "store/sql/delivery_columns.hpp"
#include "store/sql/operator_columns.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::store::postgres {
namespace {

/// What follows `FROM delivery` to find the parked ones that pass; their values go into `values`.
std::string parked(ports::parked_filter const& filter, std::optional<list_position> const& start, parameters& values) {
    auto where = std::string{"WHERE state = 'parked'"};
    auto const restrict_to = [&](std::string_view condition, auto const& value) {
        values.add(value);
        where += fmt::format(" AND {} ${}", condition, values.count());
    };
    restrict_to("sink =", filter.sink.value());
    if (filter.cause) restrict_to("cause =", *filter.cause);
    if (filter.created_after) restrict_to("created_at >", *filter.created_after);
    if (filter.created_before) restrict_to("created_at <", *filter.created_before);
    if (start) {
        values.add(start->created_at);
        values.add(start->id);
        where += fmt::format(" AND (created_at, id) > (${}, ${})", values.count() - 1, values.count());
    }
    return where;
}

std::vector<ports::replay> read_replays(result_rows found) {
    auto all = std::vector<ports::replay>{};
    while (found.next()) all.push_back(sql::read_replay(found));
    return all;
}

}  // namespace

// ---- parked deliveries ----

std::vector<delivery_row> postgres_rows::parked_deliveries(ports::parked_filter const& filter,
                                                           std::optional<list_position> const& start,
                                                           std::size_t limit) {
    auto values = parameters{};
    auto where = parked(filter, start, values);
    values.add(limit);
    where += fmt::format(" ORDER BY created_at, id LIMIT ${}", values.count()) + locking();
    flush();
    auto found = database_.run({sql::select_deliveries(where, "''::bytea AS body"), std::move(values)});
    auto rows = std::vector<delivery_row>{};
    while (found.next()) rows.push_back(sql::read_delivery(found));
    return rows;
}

std::uint64_t postgres_rows::count_parked(ports::parked_filter const& filter) {
    auto values = parameters{};
    auto const where = parked(filter, std::nullopt, values);
    flush();
    auto found = database_.run({"SELECT count(*) FROM delivery " + where, std::move(values)});
    return found.next() ? found.count<std::uint64_t>() : 0;
}

// ---- actions ----

void postgres_rows::append(ports::action const& done) {
    ++written_;
    auto placed = done;
    placed.place = next_place();
    pending_.append(placed);
}

std::vector<ports::action> postgres_rows::actions_before(std::optional<std::int64_t> place, std::size_t limit) {
    auto values = parameters::of(limit);
    if (place) values.add(*place);
    flush();
    auto found = database_.run(
        {fmt::format("{} {} ORDER BY seq DESC LIMIT $1", sql::select_actions, place ? "WHERE seq < $2" : ""),
         std::move(values)});
    auto actions = std::vector<ports::action>{};
    while (found.next()) actions.push_back(sql::read_action(found));
    return actions;
}

void postgres_rows::erase_actions(instant before, std::size_t limit) {
    static constexpr auto actions = R"(
        DELETE FROM operator_action WHERE seq IN (SELECT seq FROM operator_action ORDER BY seq LIMIT $1) AND at < $2)";
    static constexpr auto replays = "DELETE FROM replay WHERE state <> 'running' AND finished_at < $1";
    flush();
    database_.run({actions, parameters::of(limit, before)});
    database_.run({replays, parameters::of(before)});
}

// ---- replays ----

std::optional<ports::replay> postgres_rows::replay(replay_id const& id) {
    flush();
    auto found = database_.run({sql::select_replays("WHERE id = $1" + locking()), parameters::of(id)});
    return found.next() ? std::optional{sql::read_replay(found)} : std::nullopt;
}

std::vector<ports::replay> postgres_rows::running_replays() {
    flush();
    return read_replays(
        database_.run({sql::select_replays("WHERE state = 'running' ORDER BY started_at, id" + locking())}));
}

std::vector<ports::replay> postgres_rows::replays(std::size_t limit) {
    static auto const newest = sql::select_replays("ORDER BY started_at DESC, id DESC LIMIT $1");
    flush();
    return read_replays(database_.run({newest, parameters::of(limit)}));
}

void postgres_rows::put(ports::replay const& row) {
    ++written_;
    pending_.put(row);
}

}  // namespace voicehook::store::postgres
