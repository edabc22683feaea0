#include "store/postgres/postgres_rows.hpp"
#include "store/sql/small_rows.hpp"

#include <fmt/format.h>

#include <utility>

namespace voicehook::store::postgres {
namespace {

/// Adds what `SELECT subject, detail, count` finds.
void tally(counter_values& into, counter_kind kind, result_rows found) {
    while (found.next()) {
        auto subject = found.text();
        auto detail = found.text();
        into[{kind, std::move(subject), std::move(detail)}] += found.integer();
    }
}

}  // namespace

// ---- sinks ----------------------------------------------------------------------------------------------------------

void postgres_rows::pause(sink_name const& sink, ports::sink_pause const& pause, instant now) {
    ++written_;
    paused_.insert_or_assign(sink, pause.reason);
    pending_.pause(sink, pause, now);
}

void postgres_rows::resume(sink_name const& sink) {
    ++written_;
    paused_.erase(sink);
    pending_.resume(sink);
}

std::map<sink_name, std::string> postgres_rows::paused_sinks() {
    if (access_ == access::writing) return paused_;  // read as it began
    auto found = database_.run({"SELECT sink, reason FROM sink_pause"});
    auto paused = std::map<sink_name, std::string>{};
    while (found.next()) {
        auto sink = found.id<sink_name>();
        paused.emplace(std::move(sink), found.text());
    }
    return paused;
}

bool postgres_rows::is_paused(sink_name const& sink) { return paused_sinks().contains(sink); }

// ---- replicas -------------------------------------------------------------------------------------------------------

std::vector<ports::replica> postgres_rows::replicas() {
    flush();
    auto found = database_.run({std::string{sql::select_replicas}});
    auto all = std::vector<ports::replica>{};
    while (found.next()) all.push_back(sql::read_replica(found));
    return all;
}

void postgres_rows::put(ports::replica const& row) {
    ++written_;
    pending_.put(row);
}

void postgres_rows::erase(lease_owner const& owner) {
    ++written_;
    pending_.erase(owner);
}

// ---- counters -------------------------------------------------------------------------------------------------------

/// Those of transactions that other replicas have not committed yet are missing: exact would mean to wait for them.
std::int64_t postgres_rows::counter(counter_key const& key) {
    auto const known = key.kind == counter_kind::open ? quotas_.find(key.subject) : quotas_.end();
    if (known != quotas_.end()) return known->second;
    static constexpr auto sql =
        "SELECT coalesce(sum(value), 0)::bigint FROM counter WHERE kind = $1 AND subject = $2 AND detail = $3";
    flush();
    auto found = database_.run({sql, parameters::of(key.kind, key.subject, key.detail)});
    auto const value = found.next() ? found.integer() : 0;
    if (key.kind == counter_kind::open) quotas_[key.subject] = value;
    return value;
}

counter_values postgres_rows::counters() {
    static constexpr auto sql =
        "SELECT kind, subject, detail, sum(value)::bigint FROM counter GROUP BY kind, subject, detail";
    flush();
    auto found = database_.run({sql});
    auto values = counter_values{};
    while (found.next()) {
        auto key = counter_key{.kind = found.name<counter_kind>()};
        key.subject = found.text();
        key.detail = found.text();
        values.emplace(std::move(key), found.integer());
    }
    return values;
}

void postgres_rows::add(counter_key const& key, std::int64_t change) {
    ++written_;
    auto const known = key.kind == counter_kind::open ? quotas_.find(key.subject) : quotas_.end();
    if (known != quotas_.end()) known->second += change;
    pending_.add(key, change);
}

counter_values postgres_rows::recount() {
    static constexpr auto stages = "SELECT stage, '', count(*) FROM task GROUP BY stage";
    static constexpr auto open = "SELECT caller, '', count(*) FROM task WHERE stage <> 'ended' GROUP BY caller";
    static constexpr auto sources =
        "SELECT source, '', count(*) FROM task WHERE stage = 'ended' AND source IS NOT NULL GROUP BY source";
    static constexpr auto disputed = "SELECT '', '', count(*) FROM task WHERE quarrel IN ('settling', 'disputed')";
    static constexpr auto states = "SELECT sink, state, count(*) FROM delivery GROUP BY sink, state";
    static constexpr auto causes = R"(
        SELECT sink, cause, count(*) FROM delivery WHERE state = 'parked' AND cause IS NOT NULL GROUP BY sink, cause)";
    flush();
    database_.execute("SET LOCAL enable_seqscan = on");  // it reads every row
    auto values = counter_values{};
    tally(values, counter_kind::stage, database_.run({stages}));
    tally(values, counter_kind::open, database_.run({open}));
    tally(values, counter_kind::result, database_.run({sources}));
    tally(values, counter_kind::disputed, database_.run({disputed}));
    tally(values, counter_kind::delivery_state, database_.run({states}));
    tally(values, counter_kind::delivery_parked, database_.run({causes}));
    return values;
}

void postgres_rows::touch() {
    ++written_;
    pending_.touch();
}

std::uint64_t postgres_rows::file_bytes() {
    static constexpr auto sql = R"(
        SELECT (pg_total_relation_size('task') + pg_total_relation_size('event') +
                pg_total_relation_size('delivery') + pg_total_relation_size('counter'))::bigint)";
    auto found = database_.run({sql});
    return found.next() ? found.count<std::uint64_t>() : 0;
}

}  // namespace voicehook::store::postgres
