#include "store/postgres/postgres_rows.hpp"

#include "store/sql/delivery_columns.hpp"
#include "store/sql/task_columns.hpp"

#include <algorithm>
#include <utility>

namespace voicehook::store::postgres {
namespace {

/// The database's time, what it calls the transaction (to ask about it should the answer to COMMIT get lost), and the
/// paused sinks.
constexpr auto context = R"(
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, pg_current_xact_id()::text::bigint, sink, reason
    FROM (SELECT 1) AS one LEFT JOIN sink_pause ON true)";

/// Locked in the order of their ids, as every transaction does: so that two of them wait, but not for one another.
request fetch_tasks(row_needs const& needs) {
    static auto const by_id = sql::select_tasks("WHERE id = ANY ($1) ORDER BY id FOR UPDATE");
    if (needs.bound.empty() && needs.keyed.empty()) return {by_id, parameters::of(array_of(needs.tasks))};

    static auto const by_any = sql::select_tasks(R"(
        WHERE id IN (SELECT unnest($1::text[])
                     UNION SELECT id FROM task WHERE provider_id = ANY ($2)
                     UNION SELECT earlier.id FROM unnest($3::text[], $4::text[]) AS wanted (caller, key)
                           JOIN task AS earlier ON earlier.caller = wanted.caller
                                               AND earlier.idempotency_key = wanted.key)
        ORDER BY id FOR UPDATE)");
    auto callers = array{sql_type::text};
    auto keys = array{sql_type::text};
    for (auto const& [caller, key] : needs.keyed) {
        callers.add(caller);
        keys.add(key);
    }
    return {by_any, parameters::of(array_of(needs.tasks), array_of(needs.bound), std::move(callers), std::move(keys))};
}

request fetch_deliveries(row_needs const& needs) {
    static auto const by_id = sql::select_deliveries("WHERE id = ANY ($1) ORDER BY id FOR UPDATE");
    return {by_id, parameters::of(array_of(needs.deliveries))};
}

request fetch_quotas(row_needs const& needs) {
    static constexpr auto sum = R"(
        SELECT subject, sum(value)::bigint FROM counter WHERE kind = $1 AND subject = ANY ($2) GROUP BY subject)";
    return {sum, parameters::of(counter_kind::open, array_of(needs.quotas))};
}

}  // namespace

instant queue_front::at(instant now) const noexcept {
    constexpr duration whole_again = 5s;
    auto const is_fresh = now >= looked_at_ && now - looked_at_ < whole_again;
    return is_fresh ? front_ : instant{};
}

void queue_front::note(instant began, std::optional<instant> first, instant now) noexcept {
    constexpr duration clocks_apart = 10s;
    if (began != instant{}) return;  // not the whole of it
    looked_at_ = now;
    front_ = std::min(first.value_or(now), now) - clocks_apart;
}

void postgres_rows::begin(row_needs const& needs) {
    forget();
    access_ = access::writing;
    auto requests = std::vector<request>{{"BEGIN"}};
    auto const wants_tasks = !needs.tasks.empty() || !needs.bound.empty() || !needs.keyed.empty();
    if (wants_tasks) requests.push_back(fetch_tasks(needs));
    if (!needs.deliveries.empty()) requests.push_back(fetch_deliveries(needs));
    if (!needs.quotas.empty()) requests.push_back(fetch_quotas(needs));
    requests.push_back({context});  // last: its time is later than that of whoever held the rows before

    auto found = database_.run(std::move(requests));
    auto next = found.begin() + 1;
    if (wants_tasks) learn_tasks(needs, std::move(*next++));
    if (!needs.deliveries.empty()) learn_deliveries(needs, std::move(*next++));
    if (!needs.quotas.empty()) learn_quotas(needs, std::move(*next++));
    learn_context(std::move(*next));
}

void postgres_rows::begin_reading() {
    forget();
    access_ = access::reading;
    database_.begin_with({"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"});
}

void postgres_rows::commit() {
    if (database_.nothing_followed()) return;
    auto requests = std::vector<request>{};
    if (!pending_.is_empty()) requests.push_back(pending_.statement(slot_, mark_));
    requests.push_back({"COMMIT"});
    committing_ = access_ == access::writing;
    wrote_ = wrote_ || !pending_.is_empty();
    try {
        database_.run(std::move(requests));
    } catch (database_error const& why) {
        committing_ = committing_ && why.kind() == trouble::lost;
        throw;
    }
    committing_ = false;
    forget();
}

void postgres_rows::roll_back() {
    forget();
    if (database_.in_transaction()) database_.run({"ROLLBACK"});
}

void postgres_rows::forget() {
    tasks_.clear();
    deliveries_.clear();
    bound_.clear();
    keyed_.clear();
    quotas_.clear();
    paused_.clear();
    outlines_.clear();
    delivery_outlines_.clear();
    tasks_ahead_.clear();
    deliveries_ahead_.clear();
    pending_.forget();
    wrote_ = false;
}

void postgres_rows::flush() {
    tasks_ahead_.clear();
    deliveries_ahead_.clear();
    if (pending_.is_empty()) return;
    database_.run(pending_.statement(slot_, mark_));
    wrote_ = true;
    pending_.forget();
    quotas_.clear();
}

/// Those of sessions that ended long ago: nobody is going to look for them.
void postgres_rows::forget_old_marks() {
    database_.run({"DELETE FROM commit_mark WHERE at < $1", parameters::of(mark_.at - 24h)});
}

std::string postgres_rows::locking(std::string_view more) const {
    return access_ == access::writing ? std::string{" FOR UPDATE "}.append(more) : std::string{};
}

/// Grows from row to row, and with the database's time, so that it orders the rows of all replicas; by microseconds,
/// for two of them that write to one task in the same millisecond would collide.
std::int64_t postgres_rows::next_place() noexcept {
    last_place_ = std::max(last_place_ + 1, database_now_);
    return last_place_;
}

duration postgres_rows::clock_ahead(instant now) {
    if (settings_.lease_time) return settings_.lease_time(now) - now;
    if (access_ == access::reading) read_clock();
    return from_unix_ms(database_now_ / 1000) - now;
}

void postgres_rows::read_clock() {
    static constexpr auto sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    auto found = database_.run({sql});
    if (found.next()) database_now_ = found.integer();
}

// ---- what was read before it was asked for --------------------------------------------------------------------------

void postgres_rows::learn_context(result_rows found) {
    while (found.next()) {
        database_now_ = found.integer();
        transaction_ = found.integer();
        mark_ = {mark_.session, mark_.mark + 1, from_unix_ms(database_now_ / 1000)};
        auto sink = found.id_if<sink_name>();
        if (sink) paused_.emplace(std::move(*sink), found.text());
    }
}

void postgres_rows::remember(task_row const& row) {
    auto const& item = row.item;
    tasks_.insert_or_assign(item.id, row);
    if (item.provider_id) bound_.insert_or_assign(*item.provider_id, item.id);
    if (item.idempotency_key) keyed_.insert_or_assign(std::pair{item.caller, *item.idempotency_key}, item.id);
}

void postgres_rows::learn_tasks(row_needs const& needs, result_rows found) {
    while (found.next()) remember(sql::read_task(found));
    for (auto const& id : needs.tasks) tasks_.try_emplace(id);
    for (auto const& id : needs.bound) bound_.try_emplace(id);
    for (auto const& key : needs.keyed) keyed_.try_emplace(key);
}

void postgres_rows::learn_deliveries(row_needs const& needs, result_rows found) {
    while (found.next()) {
        auto row = sql::read_delivery(found);
        auto const id = row.item.id;
        deliveries_.insert_or_assign(id, std::move(row));
    }
    for (auto const& id : needs.deliveries) deliveries_.try_emplace(id);
}

void postgres_rows::learn_quotas(row_needs const& needs, result_rows found) {
    for (auto const& caller : needs.quotas) quotas_[caller.value()] = 0;
    while (found.next()) {
        auto caller = found.text();
        quotas_[caller] = found.integer();
    }
}

}  // namespace voicehook::store::postgres
