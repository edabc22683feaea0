#include "store/sqlite/sqlite_rows.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace voicehook::store::sqlite {
namespace {

/// Adds what `SELECT subject, detail, count` finds.
void tally(counter_values& into, counter_kind kind, statement found) {
    while (found.step()) {
        auto subject = found.text();
        auto detail = found.text();
        into[{kind, std::move(subject), std::move(detail)}] += found.integer();
    }
}

/// Ended tasks by source, all in one reading of an index.
void count_sources(counter_values& into, database& connection) {
    auto sums = std::string{};
    for (auto const& [source, text] : names_of<core::result_source>)
        sums += fmt::format("{}sum(source = '{}')", sums.empty() ? "" : ", ", text);
    auto found = connection.prepare("SELECT " + sums + " FROM task INDEXED BY task_caller_shown");
    if (!found.step()) return;
    for (auto const& [source, text] : names_of<core::result_source>)
        into[{counter_kind::result, std::string{text}}] = found.integer();
}

}  // namespace

void sqlite_rows::pause(sink_name const& sink, ports::sink_pause const& pause, instant now) {
    auto added = connection_.prepare("INSERT OR REPLACE INTO sink_pause (sink, reason, who, at) VALUES (?, ?, ?, ?)");
    added.bind(sink, pause.reason, pause.who, now).run();
}

void sqlite_rows::resume(sink_name const& sink) {
    connection_.prepare("DELETE FROM sink_pause WHERE sink = ?").bind(sink).run();
}

std::map<sink_name, std::string> sqlite_rows::paused_sinks() {
    auto found = connection_.prepare("SELECT sink, reason FROM sink_pause");
    auto paused = std::map<sink_name, std::string>{};
    while (found.step()) {
        auto sink = found.id<sink_name>();
        paused.emplace(std::move(sink), found.text());
    }
    return paused;
}

bool sqlite_rows::is_paused(sink_name const& sink) {
    return connection_.prepare("SELECT 1 FROM sink_pause WHERE sink = ?").bind(sink).step();
}

std::int64_t sqlite_rows::counter(counter_key const& key) {
    auto found = connection_.prepare("SELECT value FROM counter WHERE kind = ? AND subject = ? AND detail = ?");
    auto const stored = found.bind(key.kind, key.subject, key.detail).step() ? found.integer() : 0;
    auto const change = counted_.find(key);
    return change == counted_.end() ? stored : stored + change->second;
}

counter_values sqlite_rows::counters() {
    flush();
    auto found = connection_.prepare("SELECT kind, subject, detail, value FROM counter");
    auto values = counter_values{};
    while (found.step()) {
        auto key = counter_key{.kind = found.name<counter_kind>()};
        key.subject = found.text();
        key.detail = found.text();
        values.emplace(std::move(key), found.integer());
    }
    return values;
}

void sqlite_rows::add(counter_key const& key, std::int64_t change) {
    counted_[key] += change;
    ++counts_;
}

void sqlite_rows::flush() {
    static constexpr auto sql = R"(
        INSERT INTO counter (kind, subject, detail, value) VALUES (?, ?, ?, ?)
        ON CONFLICT (kind, subject, detail) DO UPDATE SET value = value + excluded.value)";
    for (auto const& [key, change] : counted_)
        if (change != 0) connection_.prepare(sql).bind(key.kind, key.subject, key.detail, change).run();
    for (auto const& [id, before] : unsettled_) settle_retirement(id, before);
    forget();
}

void sqlite_rows::forget() noexcept {
    counted_.clear();
    unsettled_.clear();
}

counter_values sqlite_rows::recount() {
    static constexpr auto stages = R"(
        SELECT stage, '', count(*) FROM task INDEXED BY task_stage WHERE stage <> 'ended' GROUP BY stage)";
    static constexpr auto open = R"(
        SELECT caller, '', 1 FROM task INDEXED BY task_stage
        WHERE stage IN ('queued', 'submitting', 'unknown', 'in_flight') AND stage <> 'ended')";
    static constexpr auto disputed = "SELECT '', '', 1 FROM task WHERE quarrel IN ('settling', 'disputed')";
    static constexpr auto states = "SELECT sink, state, count(*) FROM delivery GROUP BY sink, state";
    static constexpr auto causes = R"(
        SELECT sink, cause, count(*) FROM delivery INDEXED BY delivery_parked
        WHERE state = 'parked' AND cause IS NOT NULL GROUP BY sink, cause)";

    auto values = counter_values{};
    auto ended = connection_.number("SELECT count(*) FROM task");
    tally(values, counter_kind::stage, connection_.prepare(stages));
    for (auto const& [key, count] : values) ended -= count;
    values[{counter_kind::stage, std::string{to_text(core::stage::ended)}}] = ended;
    tally(values, counter_kind::open, connection_.prepare(open));
    count_sources(values, connection_);
    tally(values, counter_kind::disputed, connection_.prepare(disputed));
    tally(values, counter_kind::delivery_state, connection_.prepare(states));
    tally(values, counter_kind::delivery_parked, connection_.prepare(causes));
    return values;
}

void sqlite_rows::touch() { connection_.prepare("UPDATE meta SET value = value + 1 WHERE key = 'probe'").run(); }

std::uint64_t sqlite_rows::file_bytes() {
    auto const database = connection_.number("PRAGMA page_count") * connection_.number("PRAGMA page_size");
    auto missing = std::error_code{};
    auto const log = std::filesystem::file_size(connection_.path() + "-wal", missing);
    return static_cast<std::uint64_t>(database) + (missing ? 0 : log);
}

}  // namespace voicehook::store::sqlite
