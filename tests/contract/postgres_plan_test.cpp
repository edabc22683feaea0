#include "postgres_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace voicehook::contract {
namespace {

using core::reported_status;

/// So many of each kind of task; each that ended has two deliveries.
constexpr auto many = 2'500;

/// What PostgreSQL did in our large tables, added up.
struct effort {
    std::int64_t scans{};    ///< of whole tables
    std::int64_t entries{};  ///< of indexes that were looked at
    std::int64_t rows{};     ///< fetched through indexes
};

effort operator-(effort const& after, effort const& before) {
    return {after.scans - before.scans, after.entries - before.entries, after.rows - before.rows};
}

/// A store over large tables, to see what operations look at.
class PostgresPlan : public PostgresStore {
protected:
    void SetUp() override {
        PostgresStore::SetUp();
        auto store = open();
        accept(*store, sample(1));             // waits for its submission
        accept(*store, submitting_sample(2));  // under way
        in_flight(*store, 3, noon + 1h);       // with the provider
        completed(*store, 4);                  // ended, its delivery waits
        wait(store->close());
        multiply();
    }

    /// Copies of what is there, each `n` ms younger, under names of their own.
    static void multiply();
    [[nodiscard]] effort so_far();

    /// What `work(store)` costs on a store of its own: sessions tell when they end.
    template <class Work>
    effort effort_of(Work work) {
        auto store = open();
        auto const before = so_far();
        work(*store);
        wait(store->close());
        store.reset();
        return so_far() - before;
    }

private:
    store::postgres::connection onlooker_{somebody()};
};

void PostgresPlan::multiply() {
    static constexpr auto copy = R"(
        WITH original AS MATERIALIZED (SELECT each AS one FROM voicehook.{0} AS each)
        INSERT INTO voicehook.{0}
        SELECT made.* FROM original CROSS JOIN generate_series(1, {2}) AS n
        CROSS JOIN LATERAL jsonb_populate_record(one, jsonb_strip_nulls(jsonb_build_object({1}))) AS made)";
    static constexpr auto task = R"(
        'id', (one).id || '-' || n, 'provider_id', (one).provider_id || '-' || n, 'created_at', (one).created_at + n,
        'due_at', (one).due_at + n, 'ended_at', (one).ended_at + n)";
    static constexpr auto delivery = R"(
        'id', (one).id || '-' || n, 'task', (one).task || '-' || n, 'seq', (one).seq + n,
        'created_at', (one).created_at + n, 'due_at', (one).due_at + n)";
    static constexpr auto event = "'task', (one).task || '-' || n";
    auto database = somebody();
    database.execute(fmt::format(copy, "event", event, many));
    database.execute(fmt::format(copy, "delivery", delivery, many));
    database.execute(fmt::format(copy, "task", task, many));
    database.execute("ANALYZE voicehook.task, voicehook.delivery, voicehook.event");
}

effort PostgresPlan::so_far() {
    static constexpr auto others = R"(
        SELECT 1 FROM pg_stat_activity
        WHERE application_name = 'voicehook' AND datname = current_database() AND pid <> pg_backend_pid())";
    static constexpr auto sum = R"(
        SELECT (SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname IN ('task', 'delivery', 'event'))::bigint,
               (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes
                WHERE relname IN ('task', 'delivery', 'event'))::bigint,
               (SELECT sum(idx_tup_fetch) FROM pg_stat_user_tables
                WHERE relname IN ('task', 'delivery', 'event'))::bigint)";
    while (onlooker_.run({others}).next()) continue;
    auto found = onlooker_.run({sum});
    if (!found.next()) return {};
    auto total = effort{};
    total.scans = found.integer();
    total.entries = found.integer();
    total.rows = found.integer();
    return total;
}

TEST_F(PostgresPlan, NoOperationLooksAtMoreThanWhatItIsAbout) {
    auto const failed = core::attempt_outcome{.failed = core::delivery_cause::timeout, .answer = "timeout"};
    auto const late = noon + 2h;
    auto claimed = core::delivery{};
    auto const small = 40;
    auto const see = [&](std::string_view name, std::int64_t limit, auto work) {
        auto const spent = effort_of(work);
        EXPECT_EQ(spent.scans, 0) << name;
        EXPECT_LE(spent.entries, limit) << name;
        EXPECT_LE(spent.rows, limit) << name;
    };

    see("accept", small, [&](auto& store) {
        auto item = sample(9);
        item.idempotency_key = "key";
        EXPECT_TRUE(wait(store.accept_task(item, {.max_open = 1'000'000}, noon)));
    });
    see("claim submissions", 5 * small,
        [&](auto& store) { EXPECT_EQ(wait(store.claim_submissions(claim_at(late, 5), 1min))->items.size(), 5U); });
    see("claim queries", 5 * small,
        [&](auto& store) { EXPECT_EQ(wait(store.claim_queries(claim_at(late, 5)))->items.size(), 5U); });
    see("claim deliveries", 5 * small, [&](auto& store) {
        auto const found = wait(store.claim_deliveries(results, claim_at(late, 5)));
        ASSERT_EQ(found->items.size(), 5U);
        claimed = found->items.front();
    });
    see("attempt", small, [&](auto& store) {
        auto const park = core::park{core::delivery_cause::timeout};
        EXPECT_TRUE(wait(store.record_attempt(attempt_of(claimed, park, failed, late))));
    });
    see("retry", small, [&](auto& store) { EXPECT_TRUE(wait(store.retry_delivery(claimed.id, "ann", late))); });
    see("callback", small, [&](auto& store) {
        auto const notice = callback_of(provider_id_of(3), reported_status::completed);
        EXPECT_TRUE(wait(store.record_callback(id_of(3), notice, deliver_to({results, archive}), late)));
    });
    see("find", small, [&](auto& store) {
        EXPECT_TRUE(wait(store.find_task(id_of(1).value())));
        EXPECT_TRUE(wait(store.find_task(provider_id_of(3).value())));
        EXPECT_TRUE(wait(store.read_history(id_of(4))));
    });
    see("beat", 2 * small, [&](auto& store) {
        EXPECT_TRUE(wait(store.beat({me, "here:1", "1", noon}, {results, archive}, {.now = late})));
    });
    see("summary", 2 * small, [&](auto& store) { EXPECT_TRUE(wait(store.summary(noon))); });
    see("probe", 0, [&](auto& store) { EXPECT_TRUE(wait(store.probe())); });
}

TEST_F(PostgresPlan, APageOfAnyListLooksAtAboutAPage) {
    static constexpr auto page = 10U;
    static constexpr auto lists = 18;

    auto const spent = effort_of([&](auto& store) {
        for (auto set = 0U; set < 16; ++set) {
            auto filter = ports::task_filter{.created_before = noon + 1h, .limit = page};
            if ((set & 1) != 0) filter.caller = caller_name{"tts"};
            if ((set & 2) != 0) filter.status = reported_status::completed;
            if ((set & 4) != 0) filter.stage = (set & 2) != 0 ? core::stage::ended : core::stage::queued;
            if ((set & 8) != 0) filter.after = id_of(1);
            EXPECT_TRUE(wait(store.list_tasks(filter)));
        }
        auto filter = ports::delivery_filter{.state = core::delivery_state::pending, .limit = page};
        EXPECT_EQ(wait(store.list_deliveries(filter))->items.size(), page);
        filter.sink = results;
        EXPECT_EQ(wait(store.list_deliveries(filter))->items.size(), page);
    });

    EXPECT_EQ(spent.scans, 0);
    EXPECT_LE(spent.entries, std::int64_t{2 * page * lists});
}

TEST_F(PostgresPlan, TasksThatRetentionKeepsCostItNothing) {
    auto const spent =
        effort_of([&](auto& store) { EXPECT_EQ(wait(store.retire(noon - 1min, 100, noon + 2h))->tasks, 0U); });

    EXPECT_EQ(spent.scans, 0);
    EXPECT_LE(spent.entries, 10);
}

}  // namespace
}  // namespace voicehook::contract
