#include "postgres_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>

namespace voicehook::contract {
namespace {

using core::reported_status;
using core::verdict;
using ports::acceptance_outcome;

/// Two stores on one database, as two processes have them.
class PostgresReplicas : public PostgresStore {
protected:
    void SetUp() override {
        PostgresStore::SetUp();
        here_ = open();
        there_ = open();
        EXPECT_TRUE(wait(here_->probe()));
        EXPECT_TRUE(wait(there_->probe()));
    }
    void TearDown() override {
        close(std::move(here_));
        close(std::move(there_));
    }
    ports::store& either(unsigned n) { return n % 2 == 0 ? *here_ : *there_; }

    std::unique_ptr<ports::store> here_;
    std::unique_ptr<ports::store> there_;
};

TEST_F(PostgresReplicas, AHundredIdenticalCallbacksAtBothAtOnceEndTheTaskOnce) {
    in_flight(*here_, 1);
    auto const notice = callback_of(provider_id_of(1), reported_status::completed);
    auto waiting = std::vector<std::future<result<ports::transition>>>{};

    for (auto n = 0U; n < 100; ++n)
        waiting.push_back(begin(either(n).record_callback(id_of(1), notice, deliver_to({results}), noon)));
    run_all();

    auto verdicts = std::map<verdict, int>{};
    for (auto& each : waiting) ++verdicts[each.get()->what];
    EXPECT_EQ(verdicts, (std::map<verdict, int>{{verdict::accepted, 1}, {verdict::duplicate, 99}}));
    EXPECT_EQ(number("SELECT count(*) FROM delivery"), 1);
}

TEST_F(PostgresReplicas, OneIdempotencyKeyAtBothAtOnceStoresOneTask) {
    for (auto round = 0U; round < 20; ++round) {
        auto offers = std::vector<std::future<result<ports::acceptance>>>{};

        for (auto n = 0U; n < 2; ++n) {
            auto item = sample(1 + 2 * round + n);
            item.idempotency_key = fmt::format("key-{}", round);
            item.fingerprint = "same";
            offers.push_back(begin(either(n).accept_task(item, {}, noon)));
        }
        run_all();

        auto const one = offers[0].get();
        auto const other = offers[1].get();
        ASSERT_TRUE(one && other);
        EXPECT_EQ((std::set{one->what, other->what}),
                  (std::set{acceptance_outcome::stored, acceptance_outcome::still_running}));
        EXPECT_EQ(one->item.id, other->item.id);
    }
    EXPECT_EQ(number("SELECT count(*) FROM task"), 20);
}

TEST_F(PostgresReplicas, OneProviderIdAtBothAtOnceIsBoundToOneTask) {
    for (auto round = 0U; round < 20; ++round) {
        auto const theirs = provider_id_of(round);
        auto outcomes = std::vector<std::future<result<ports::transition>>>{};
        for (auto n = 0U; n < 2; ++n) accept(*here_, submitting_sample(1 + 2 * round + n));

        for (auto n = 0U; n < 2; ++n)
            outcomes.push_back(begin(either(n).record_submission(
                id_of(1 + 2 * round + n), 1, accepted_as(theirs, noon + 15s), deliver_nothing(), noon)));
        run_all();

        auto const one = outcomes[0].get();
        auto const other = outcomes[1].get();
        ASSERT_TRUE(one && other);
        EXPECT_EQ((std::set{one->what, other->what}), (std::set{verdict::applied, verdict::mismatch}));
    }
}

TEST_F(PostgresReplicas, ClaimsOfBothAtOnceShareWhatIsDue) {
    static constexpr auto count = 60U;
    for (auto n = 1U; n <= count; ++n) completed(*here_, n);
    auto claims = std::vector<std::future<result<ports::claimed<core::delivery>>>>{};

    for (auto n = 0U; n < 20; ++n)
        claims.push_back(begin(either(n).claim_deliveries(results, claim_at(noon, 5, n % 2 == 0 ? me : other))));
    run_all();

    auto taken = std::multiset<std::string>{};
    for (auto& claim : claims) {
        auto const answered = claim.get();
        ASSERT_TRUE(answered) << answered.error().doing;
        for (auto const& item : answered->items) taken.insert(item.id.value());
    }
    EXPECT_EQ(taken.size(), count);
    EXPECT_EQ(std::set<std::string>(taken.begin(), taken.end()).size(), taken.size());
}

TEST_F(PostgresReplicas, SubmissionsAndQueriesAreSharedToo) {
    static constexpr auto count = 40U;
    for (auto n = 1U; n <= count; ++n) accept(*here_, sample(n));
    for (auto n = count + 1; n <= 2 * count; ++n) in_flight(*here_, n);
    auto claims = std::vector<std::future<result<ports::claimed<core::task>>>>{};

    for (auto n = 0U; n < 20; ++n) {
        claims.push_back(begin(either(n).claim_submissions(claim_at(noon, 5), 1min)));
        claims.push_back(begin(either(n).claim_queries(claim_at(noon + 15s, 5))));
    }
    run_all();

    auto taken = std::multiset<task_id>{};
    for (auto& claim : claims)
        for (auto const& item : claim.get()->items) taken.insert(item.id);
    EXPECT_EQ(taken.size(), 2 * count);
    EXPECT_EQ((std::set<task_id>(taken.begin(), taken.end()).size()), taken.size());
}

TEST_F(PostgresReplicas, AClaimThatFindsAllDueLockedSaysToLookAgainSoon) {
    completed(*here_, 1);
    auto blocker = somebody();
    blocker.execute("BEGIN; SELECT 1 FROM delivery FOR UPDATE");

    auto const claimed = wait(there_->claim_deliveries(results, claim_at(noon)));

    blocker.execute("ROLLBACK");
    ASSERT_TRUE(claimed);
    EXPECT_TRUE(claimed->items.empty());
    ASSERT_TRUE(claimed->next_due);
    EXPECT_GT(*claimed->next_due, noon);
    EXPECT_LE(*claimed->next_due, noon + 1s);
}

TEST_F(PostgresReplicas, AnOutcomeUnderALeaseThatTheOtherTookOverIsLost) {
    completed(*here_, 1);
    auto const stale = wait(here_->claim_deliveries(results, claim_at(noon, 1, me, 1s)))->items.at(0);
    auto const current = wait(there_->claim_deliveries(results, claim_at(noon + 2s, 1, other)))->items.at(0);

    auto const late =
        wait(here_->record_attempt(attempt_of(stale, core::delivered{}, {.answer = "HTTP 200"}, noon + 3s)));

    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, errc::lease_lost);
    auto const park = core::park{core::delivery_cause::gone};
    EXPECT_TRUE(wait(there_->record_attempt(
        attempt_of(current, park, {.failed = core::delivery_cause::gone, .answer = "HTTP 410"}, noon + 3s))));
    EXPECT_EQ(number("SELECT count(*) FROM delivery WHERE state = 'parked'"), 1);
}

TEST_F(PostgresReplicas, TheQuotaOfACallerHoldsForBoth) {
    for (auto n = 1U; n <= 6; ++n) {
        auto const offered = wait(either(n).accept_task(sample(n), {.max_open = 4}, noon));
        EXPECT_EQ(offered->what, n <= 4 ? acceptance_outcome::stored : acceptance_outcome::over_quota);
    }
}

TEST_F(PostgresReplicas, OperationsThatLockInDifferentOrdersAllComeThrough) {
    for (auto n = 1U; n <= 8; ++n) in_flight(*here_, n);
    auto waiting = std::vector<std::future<result<ports::transition>>>{};

    for (auto round = 0U; round < 20; ++round)
        for (auto n = 1U; n <= 8; ++n) {
            auto const up = callback_of(provider_id_of(n), reported_status::processing, fmt::format("{}", round));
            auto const down = callback_of(provider_id_of(9 - n), reported_status::processing, fmt::format("{}", round));
            waiting.push_back(begin(here_->record_callback(id_of(n), up, deliver_nothing(), noon)));
            waiting.push_back(begin(there_->record_callback(id_of(9 - n), down, deliver_nothing(), noon)));
        }
    run_all();

    for (auto& each : waiting) {
        auto const outcome = each.get();
        EXPECT_TRUE(outcome) << outcome.error().doing;
    }
}

}  // namespace
}  // namespace voicehook::contract
