#include "store/sql/delivery_columns.hpp"
#include "store/sql/operator_columns.hpp"
#include "store/sqlite/columns.hpp"
#include "store/sqlite/sqlite_rows.hpp"

#include <fmt/format.h>

namespace voicehook::store::sqlite {
namespace {

constexpr auto columns = bindings_of<ports::replay>(sql::replay_columns);

/// What follows `FROM delivery` to find the parked ones that pass.
std::string parked(ports::parked_filter const& filter, std::string_view more) {
    return fmt::format("INDEXED BY {} WHERE sink = ? AND state = 'parked' {} {} {} {}",
                       filter.cause ? "delivery_parked" : "delivery_sink", filter.cause ? "AND cause = ?" : "",
                       filter.created_after ? "AND created_at > ?" : "",
                       filter.created_before ? "AND created_at < ?" : "", more);
}

void bind(statement& into, ports::parked_filter const& filter) {
    into.bind(filter.sink.value());
    into.bind_if(filter.cause).bind_if(filter.created_after).bind_if(filter.created_before);
}

std::vector<ports::replay> read_replays(statement& found) {
    auto all = std::vector<ports::replay>{};
    while (found.step()) all.push_back(sql::read_replay(found));
    return all;
}

}  // namespace

// ---- parked deliveries ----

std::vector<delivery_row> sqlite_rows::parked_deliveries(ports::parked_filter const& filter,
                                                         std::optional<list_position> const& start, std::size_t limit) {
    auto const more = fmt::format("{} ORDER BY created_at, id LIMIT ?", start ? "AND (created_at, id) > (?, ?)" : "");
    auto found = connection_.prepare(sql::select_deliveries(parked(filter, more), "x''"));
    bind(found, filter);
    if (start) found.bind(start->created_at, start->id);
    found.bind(limit);
    auto rows = std::vector<delivery_row>{};
    while (found.step()) rows.push_back(sql::read_delivery(found));
    return rows;
}

std::uint64_t sqlite_rows::count_parked(ports::parked_filter const& filter) {
    auto found = connection_.prepare("SELECT count(*) FROM delivery " + parked(filter, ""));
    bind(found, filter);
    return found.step() ? found.count<std::uint64_t>() : 0;
}

// ---- actions ----

void sqlite_rows::append(ports::action const& done) {
    static constexpr auto sql = "INSERT INTO operator_action (at, who, what, subject, why) VALUES (?, ?, ?, ?, ?)";
    connection_.prepare(sql).bind(done.at, done.who, done.what, done.subject, done.why).run();
}

std::vector<ports::action> sqlite_rows::actions_before(std::optional<std::int64_t> place, std::size_t limit) {
    auto found = connection_.prepare(
        fmt::format("{} {} ORDER BY seq DESC LIMIT ?", sql::select_actions, place ? "WHERE seq < ?" : ""));
    found.bind_if(place).bind(limit);
    auto actions = std::vector<ports::action>{};
    while (found.step()) actions.push_back(sql::read_action(found));
    return actions;
}

void sqlite_rows::erase_actions(instant before, std::size_t limit) {
    static constexpr auto actions = R"(
        DELETE FROM operator_action WHERE seq IN (SELECT seq FROM operator_action ORDER BY seq LIMIT ?) AND at < ?)";
    static constexpr auto replays = "DELETE FROM replay WHERE state <> 'running' AND finished_at < ?";
    connection_.prepare(actions).bind(limit, before).run();
    connection_.prepare(replays).bind(before).run();
}

// ---- replays ----

std::optional<ports::replay> sqlite_rows::replay(replay_id const& id) {
    static auto const by_id = sql::select_replays("WHERE id = ?");
    auto found = connection_.prepare(by_id);
    return found.bind(id).step() ? std::optional{sql::read_replay(found)} : std::nullopt;
}

std::vector<ports::replay> sqlite_rows::running_replays() {
    static auto const running = sql::select_replays("WHERE state = 'running' ORDER BY started_at, id");
    auto found = connection_.prepare(running);
    return read_replays(found);
}

std::vector<ports::replay> sqlite_rows::replays(std::size_t limit) {
    static auto const newest = sql::select_replays("ORDER BY started_at DESC, id DESC LIMIT ?");
    auto found = connection_.prepare(newest);
    found.bind(limit);
    return read_replays(found);
}

void sqlite_rows::put(ports::replay const& row) {
    static auto const text = insert_text<ports::replay>("replay", columns, std::array<column<ports::replay>, 0>{});
    static auto const replacing = "INSERT OR REPLACE" + text.substr(std::string_view{"INSERT"}.size());
    auto written = connection_.prepare(replacing);
    for (auto const& each : columns) each.bind(written, row);
    written.run();
}

}  // namespace voicehook::store::sqlite
