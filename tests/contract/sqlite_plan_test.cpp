#include "sqlite_fixture.hpp"
#include "statement_log.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <algorithm>

namespace voicehook::contract {
namespace {

using core::reported_status;
using ::testing::Contains;
using ::testing::HasSubstr;

/// The steps of SQLite's plan for a statement.
std::vector<std::string> plan_of(std::string const& path, std::string const& sql) {
    sqlite3* handle = nullptr;
    sqlite3_stmt* prepared = nullptr;
    auto steps = std::vector<std::string>{};
    if (sqlite3_open(path.c_str(), &handle) != SQLITE_OK ||
        sqlite3_prepare_v2(handle, ("EXPLAIN QUERY PLAN " + sql).c_str(), -1, &prepared, nullptr) != SQLITE_OK)
        steps.emplace_back(sqlite3_errmsg(handle));
    while (prepared != nullptr && sqlite3_step(prepared) == SQLITE_ROW)
        steps.emplace_back(reinterpret_cast<char const*>(sqlite3_column_text(prepared, 3)));
    sqlite3_finalize(prepared);
    sqlite3_close(handle);
    return steps;
}

bool reads_tables(std::string const& sql) {
    auto const start = sql.find_first_not_of(" \n");
    auto const begins = [&](std::string_view word) { return sql.compare(start, word.size(), word) == 0; };
    auto const ours = sql.find("sqlite_schema") == std::string::npos;
    return ours && (begins("SELECT") || begins("UPDATE") || begins("DELETE") || begins("INSERT"));
}

/// As many rows as there are sinks, replicas or counters, whatever the store holds.
bool is_small(std::string const& step) {
    return step == "SCAN counter" || step == "SCAN sink_pause" || step == "SCAN replica";
}
/// The list of everything, read in the order of its index until the page is full.
bool is_first_page(std::string const& step) {
    return step == "SCAN task USING INDEX task_created" || step == "SCAN replay USING INDEX replay_started" ||
           step == "SCAN replay USING INDEX replay_running" || step == "SCAN operator_action";
}
bool scans(std::string const& step) { return step.starts_with("SCAN") && !is_small(step) && !is_first_page(step); }
bool sorts(std::string const& step) { return step.find("TEMP B-TREE") != std::string::npos; }

class SqlitePlan : public SqliteStore {
protected:
    void do_everything(ports::store& store);
    void list_everything(ports::store& store);
    void do_with_deliveries(ports::store& store);
    void operate(ports::store& store);
    [[nodiscard]] std::vector<std::string> statements() const {
        auto found = std::vector<std::string>{};
        for (auto const& [sql, instructions] : log_.statements())
            if (reads_tables(sql)) found.push_back(sql);
        return found;
    }
    /// A completed task with a delivery that waits.
    void complete(ports::store& store, unsigned n) {
        ASSERT_TRUE(wait(store.accept_task(submitting_sample(n), {.max_open = 1'000'000}, noon)));
        ASSERT_TRUE(wait(store.record_callback(id_of(n), callback_of(provider_id_of(n), reported_status::completed),
                                               deliver_to({results, archive}), noon)));
    }

    statement_log log_;
};

void SqlitePlan::list_everything(ports::store& store) {
    for (auto set = 0U; set < 128; ++set) {
        auto filter = ports::task_filter{};
        if ((set & 1) != 0) filter.caller = caller_name{"tts"};
        if ((set & 2) != 0) filter.status = reported_status::completed;
        if ((set & 4) != 0) filter.stage = (set & 64) != 0 ? core::stage::ended : core::stage::in_flight;
        if ((set & 8) != 0) filter.created_after = noon;
        if ((set & 16) != 0) filter.created_before = noon + 1h;
        if ((set & 32) != 0) filter.after = id_of(1);
        EXPECT_TRUE(wait(store.list_tasks(filter)));
    }
    auto const last = delivery_of(id_of(1), results);
    for (auto const& sink : {std::optional<sink_name>{}, std::optional{results}})
        for (auto const& after : {std::optional<delivery_id>{}, std::optional{last}})
            EXPECT_TRUE(wait(store.list_deliveries({.sink = sink, .after = after})));
}

void SqlitePlan::do_with_deliveries(ports::store& store) {
    auto const failed = core::attempt_outcome{.failed = core::delivery_cause::timeout, .answer = "timeout"};
    auto const park = core::park{core::delivery_cause::timeout};
    complete(store, 1);
    for (auto const& item : wait(store.claim_deliveries(results, claim_at(noon)))->items)
        EXPECT_TRUE(wait(store.record_attempt(attempt_of(item, park, failed, noon))));
    EXPECT_TRUE(wait(store.retry_delivery(delivery_of(id_of(1), results), "ann", noon)));
    EXPECT_TRUE(wait(store.set_sink_paused(results, {ports::pause_state::paused, "why", "ann"}, noon)));
    EXPECT_TRUE(wait(store.set_sink_paused(results, {}, noon)));
    EXPECT_TRUE(wait(store.park_removed_sinks({}, 10, noon)));
    EXPECT_TRUE(wait(store.discard_delivery(delivery_of(id_of(1), results), "ann", "why", noon)));
}

void SqlitePlan::operate(ports::store& store) {
    auto const by = ports::action{.at = noon, .who = "ann", .what = ports::action_kind::replay, .subject = "subject"};
    auto item = ports::replay{.id = replay_id{"replay-1"}, .started_at = noon};
    item.filter.sink = results;
    for (auto set = 0U; set < 8; ++set) {
        auto filter = item.filter;
        if ((set & 1) != 0) filter.cause = core::delivery_cause::timeout;
        if ((set & 2) != 0) filter.created_after = noon - 1h;
        if ((set & 4) != 0) filter.created_before = noon + 1h;
        EXPECT_TRUE(wait(store.count_parked(filter)));
    }
    for (auto at = noon + 1s; at <= noon + 3s; at += 1s) {
        item.id = replay_id{"replay-" + std::to_string(to_unix_ms(at))};
        item.filter.cause = at == noon + 1s ? std::nullopt : std::optional{core::delivery_cause::timeout};
        EXPECT_TRUE(wait(store.start_replay(item, by)));
        EXPECT_TRUE(wait(store.advance_replays({.now = at, .sinks = {results}, .batch = 1})));
        EXPECT_TRUE(wait(store.cancel_replay(item.id, by)) || at > noon);
    }
    EXPECT_TRUE(wait(store.record_action(by)));
    EXPECT_TRUE(wait(store.list_actions({.before = {}, .limit = 5})));
    EXPECT_TRUE(wait(store.list_actions({.before = 2, .limit = 5})));
    EXPECT_TRUE(wait(store.list_replays(5)));
    EXPECT_TRUE(wait(store.look_up_tasks({.id = id_of(1),
                                          .provider_id = provider_id_of(1),
                                          .idempotency_key = "key",
                                          .delivery = delivery_of(id_of(1), results),
                                          .trace_id = "trace"})));
    EXPECT_TRUE(wait(store.list_deliveries({.cause = core::delivery_cause::timeout})));
}

void SqlitePlan::do_everything(ports::store& store) {
    auto item = sample(2);
    item.idempotency_key = "key";
    EXPECT_TRUE(wait(store.accept_task(item, {}, noon)));
    EXPECT_TRUE(wait(store.claim_submissions(claim_at(noon), 1min)));
    EXPECT_TRUE(
        wait(store.record_submission(item.id, 1, accepted_as(provider_id_of(2), noon), deliver_nothing(), noon)));
    EXPECT_TRUE(wait(store.claim_queries(claim_at(noon))));
    EXPECT_TRUE(wait(store.record_event(item.id, core::query_wanted{"ann"}, deliver_nothing(), noon)));
    EXPECT_TRUE(wait(store.find_task(provider_id_of(2).value())));
    do_with_deliveries(store);
    operate(store);
    list_everything(store);
    EXPECT_TRUE(wait(store.read_history(id_of(1))));
    EXPECT_TRUE(wait(store.beat({me, "here:1", "1", noon}, {results}, {.now = noon})));
    EXPECT_TRUE(wait(store.beat({other, "there:2", "1", noon}, {results}, {.now = noon + 1h, .dead_after = 0s})));
    EXPECT_TRUE(wait(store.release_leases(me, 1min, noon)));
    EXPECT_TRUE(wait(store.summary(noon)));
    EXPECT_TRUE(wait(store.probe()));
    EXPECT_TRUE(wait(store.retire(noon + 1h, 10, noon)));
}

TEST_F(SqlitePlan, NoStatementScansATableOrSortsWhatAnIndexHasInOrder) {
    close(reopen());
    log_.clear();
    auto store = reopen();
    do_everything(*store);
    wait(store->close());

    auto const all = statements();

    auto seen = std::vector<std::string>{};
    for (auto const& sql : all) {
        auto const plan = plan_of(path(), sql);
        EXPECT_FALSE(std::ranges::any_of(plan, scans) || std::ranges::any_of(plan, sorts))
            << sql << ::testing::PrintToString(plan);
        seen.insert(seen.end(), plan.begin(), plan.end());
    }
    EXPECT_GT(all.size(), 100U);
    for (auto const* const index :
         {"task_created", "task_caller ", "task_caller_shown", "task_shown", "task_stage", "task_due", "task_disputed",
          "task_trace", "delivery_sink", "delivery_due", "delivery_parked"})
        EXPECT_THAT(seen, Contains(HasSubstr(index)));
}

TEST_F(SqlitePlan, AnAuditReadsIndexesOnlyAndSortsNothing) {
    auto store = reopen();
    log_.clear();
    ASSERT_TRUE(wait(store->audit()));
    wait(store->close());

    auto const all = statements();

    for (auto const& sql : all) {
        auto const plan = plan_of(path(), sql);
        for (auto const& step : plan) {
            EXPECT_FALSE(sorts(step)) << sql << step;
            EXPECT_TRUE(!scans(step) || step.find("USING COVERING INDEX") != std::string::npos) << sql << step;
        }
    }
    EXPECT_GE(all.size(), 6U);
}

TEST_F(SqlitePlan, TasksThatWaitCostRetentionNothing) {
    auto store = reopen();
    for (auto n = 1U; n <= 500; ++n) complete(*store, n);
    log_.clear();

    auto const gone = wait(store->retire(noon + 1h, 100, noon + 1h));

    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->tasks, 0U);
    EXPECT_LT(log_.instructions(), 200);
    close(std::move(store));
}

TEST_F(SqlitePlan, APageDeepInAListCostsNoMoreThanTheFirstWhateverItsEnd) {
    auto store = reopen();
    for (auto n = 1U; n <= 500; ++n) ASSERT_TRUE(wait(store->accept_task(sample(n), {.max_open = 1'000'000}, noon)));
    auto filter = ports::task_filter{.caller = caller_name{"tts"}, .created_before = noon + 1h, .limit = 2};
    log_.clear();
    ASSERT_EQ(wait(store->list_tasks(filter))->items.size(), 2U);
    auto const first = log_.instructions();
    filter.after = id_of(3);
    log_.clear();

    ASSERT_EQ(wait(store->list_tasks(filter))->items.size(), 2U);

    EXPECT_LT(log_.instructions(), first + 200);  // the cursor's own row
    close(std::move(store));
}

}  // namespace
}  // namespace voicehook::contract
