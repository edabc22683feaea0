// A store with a clock of its own: it decides leases, whatever its callers' clocks say, and answers in their time.
#include "samples.hpp"
#include "store/memory/create.hpp"
#include "store_contract.hpp"

#include <gmock/gmock.h>

namespace voicehook::contract {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreClock : public ::testing::Test {
protected:
    template <class T>
    T wait(awaitable<T> work) {
        return wait_for(io_, std::move(work));
    }
    void complete(unsigned n) {
        ASSERT_TRUE(wait(store->accept_task(submitting_sample(n), {.owner = me}, noon)));
        ASSERT_TRUE(wait(store->record_callback(
            id_of(n), callback_of(provider_id_of(n), core::reported_status::completed), deliver_to({results}), noon)));
    }

    instant clock{noon + 1h};  ///< an hour ahead of the caller that says noon
    std::unique_ptr<ports::store> store{store::memory::create([this] { return clock; })};

private:
    asio::io_context io_;
};

TEST_F(StoreClock, AClaimIsAnsweredInTheCallersTime) {
    complete(1);
    ASSERT_TRUE(wait(store->accept_task(sample(2), {}, noon)));

    auto const submission = wait(store->claim_submissions(claim_at(noon, 1, me, 45s), 1min));
    auto const delivery = wait(store->claim_deliveries(results, claim_at(noon, 1, me, 30s)));
    auto const beat = wait(store->beat({me, "here:1", "1", noon}, {results}, {.now = noon}));

    ASSERT_THAT(submission->items, SizeIs(1));
    EXPECT_EQ(core::due_at(submission->items[0].state), noon + 45s);
    EXPECT_EQ(submission->next_due, noon + 45s);
    ASSERT_THAT(delivery->items, SizeIs(1));
    EXPECT_EQ(delivery->items[0].due_at, noon + 30s);
    EXPECT_EQ(delivery->next_due, noon + 30s);
    EXPECT_EQ(beat->next_submission, noon + 45s);
    EXPECT_EQ(beat->next_deliveries.at(results), noon + 30s);
}

TEST_F(StoreClock, AnAcceptedTasksLeaseIsAnsweredInTheCallersTime) {
    auto const offered = submitting_sample(1);

    auto const accepted = wait(store->accept_task(offered, {.owner = me}, noon));
    auto const again = wait(store->accept_task(offered, {.owner = me}, noon));

    EXPECT_EQ(core::due_at(accepted->item.state), core::due_at(offered.state));
    EXPECT_EQ(core::due_at(again->item.state), core::due_at(offered.state));
}

TEST_F(StoreClock, ALeaseLastsUntilTheStoresClockSaysSoWhateverAnotherCallersDoes) {
    complete(1);
    ASSERT_TRUE(wait(store->accept_task(submitting_sample(2), {.owner = me}, noon)));
    ASSERT_THAT(wait(store->claim_deliveries(results, claim_at(noon, 1, me, 1min)))->items, SizeIs(1));
    auto const fast = noon + 10h;

    EXPECT_EQ(wait(store->claim_submissions(claim_at(fast, 9, other), 1min))->lost, 0U);
    EXPECT_THAT(wait(store->claim_deliveries(results, claim_at(fast, 9, other)))->items, IsEmpty());
    clock += 1min;
    EXPECT_EQ(wait(store->claim_submissions(claim_at(fast, 9, other), 1min))->lost, 1U);
    EXPECT_THAT(wait(store->claim_deliveries(results, claim_at(fast, 9, other)))->items, SizeIs(1));
}

TEST_F(StoreClock, WhatIsGivenBackIsDueAtOnceForCallersOfEveryClock) {
    complete(1);
    clock = noon - 1h;
    ASSERT_THAT(wait(store->claim_deliveries(results, claim_at(noon + 1h)))->items, IsEmpty());
    clock = noon;
    ASSERT_THAT(wait(store->claim_deliveries(results, claim_at(noon + 1h)))->items, SizeIs(1));

    ASSERT_TRUE(wait(store->release_leases(me, 1min, noon + 1h)));

    EXPECT_THAT(wait(store->claim_deliveries(results, claim_at(noon - 1h, 1, other)))->items, SizeIs(1));
}

TEST_F(StoreClock, ReplicasAreSeenByItAndJudgedByIt) {
    ASSERT_TRUE(wait(store->beat({other, "there:2", "1", noon}, {}, {.now = noon - 5h})));
    for (auto passed = 0s; passed <= 20s; passed += 5s, clock += 5s)
        ASSERT_THAT(wait(store->beat({me, "here:1", "1", noon}, {}, {.now = noon + 5h}))->lost, IsEmpty());

    auto const judged = wait(store->beat({me, "here:1", "1", noon}, {}, {.now = noon + 5h}));

    EXPECT_THAT(judged->lost, SizeIs(1));
    EXPECT_EQ(judged->replicas.at(0).seen_at, clock);
}

}  // namespace
}  // namespace voicehook::contract
