#include "postgres_fixture.hpp"

namespace voicehook::contract {
namespace {

instant database_now() { return from_unix_ms(number("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")); }

/// How far from the database's clock a time may be that was made from it a moment ago.
constexpr auto slack = 20s;
/// Due by any of the clocks.
constexpr auto long_ago = 3h;

::testing::AssertionResult is_about(instant given, instant expected) {
    if (given > expected - slack && given < expected + slack) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << to_unix_ms(given) - to_unix_ms(expected) << " ms away";
}

/// A caller whose clock is wrong, on a store whose database decides.
class PostgresClock : public PostgresStore, public ::testing::WithParamInterface<duration> {
protected:
    void SetUp() override {
        PostgresStore::SetUp();
        auto chosen = on_made_up_time();
        chosen.lease_time = {};
        store_ = open(std::move(chosen));
        now_ = database_now() + GetParam();
    }
    void TearDown() override { close(std::move(store_)); }

    [[nodiscard]] ports::claim_terms terms() const { return claim_at(now_, 10, me, 1min); }
    /// When the lease of what is under `table` ends, as it is stored.
    [[nodiscard]] static instant due_in(std::string const& table) {
        return from_unix_ms(number("SELECT max(due_at) FROM voicehook." + table));
    }

    std::unique_ptr<ports::store> store_;
    instant now_;
};
INSTANTIATE_TEST_SUITE_P(Callers, PostgresClock, ::testing::Values(-1h, 0h, 1h), [](auto const& row) {
    return row.param < 0h ? "AnHourBehind" : row.param > 0h ? "AnHourAhead" : "OnTime";
});

TEST_P(PostgresClock, ASubmissionIsLeasedByTheDatabasesTimeAndToldInTheCallers) {
    auto item = sample(1);
    item.state = core::queued{now_ - long_ago};
    accept(*store_, item);

    auto const claimed = wait(store_->claim_submissions(terms(), 1min));

    ASSERT_EQ(claimed->items.size(), 1U);
    EXPECT_EQ(std::get<core::submitting>(claimed->items[0].state).lease_until, now_ + 1min);
    EXPECT_TRUE(is_about(due_in("task"), database_now() + 1min));
    ASSERT_TRUE(claimed->next_due);
    EXPECT_TRUE(is_about(*claimed->next_due, now_ + 1min));
}

TEST_P(PostgresClock, ATaskThatComesUnderALeaseHasItByTheDatabasesTime) {
    auto item = submitting_sample(1);
    item.state = core::submitting{now_ + 1min};

    auto const accepted = wait(store_->accept_task(item, {.owner = me}, now_));

    EXPECT_EQ(std::get<core::submitting>(accepted->item.state).lease_until, now_ + 1min);
    EXPECT_TRUE(is_about(due_in("task"), database_now() + 1min));
    auto const claimed = wait(store_->claim_submissions(terms(), 1min));
    EXPECT_TRUE(claimed->items.empty());
    EXPECT_EQ(claimed->lost, 0U);
}

TEST_P(PostgresClock, AQueryIsLeasedByTheDatabasesTimeAndToldInTheCallers) {
    in_flight(*store_, 1, now_ - long_ago);

    auto const claimed = wait(store_->claim_queries(terms()));

    ASSERT_EQ(claimed->items.size(), 1U);
    EXPECT_EQ(std::get<core::in_flight>(claimed->items[0].state).poll_at, now_ + 1min);
    EXPECT_TRUE(is_about(due_in("task"), database_now() + 1min));
    EXPECT_TRUE(is_about(*claimed->next_due, now_ + 1min));
}

TEST_P(PostgresClock, ADeliveryIsLeasedByTheDatabasesTimeAndToldInTheCallers) {
    completed(*store_, 1, now_ - long_ago);

    auto const claimed = wait(store_->claim_deliveries(results, terms()));

    ASSERT_EQ(claimed->items.size(), 1U);
    EXPECT_EQ(claimed->items[0].due_at, now_ + 1min);
    EXPECT_TRUE(is_about(due_in("delivery"), database_now() + 1min));
    EXPECT_TRUE(is_about(*claimed->next_due, now_ + 1min));
    EXPECT_TRUE(wait(store_->claim_deliveries(results, terms()))->items.empty());
}

TEST_P(PostgresClock, ABeatIsSeenByTheDatabasesTime) {
    auto const note = ports::replica_note{me, "here:1", "1.0", now_};

    auto const beaten = wait(store_->beat(note, {results}, {.now = now_}));

    ASSERT_EQ(beaten->replicas.size(), 1U);
    EXPECT_TRUE(is_about(beaten->replicas[0].seen_at, database_now()));
}

}  // namespace
}  // namespace voicehook::contract
