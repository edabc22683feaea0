#include "store_contract.hpp"

namespace voicehook::contract {
namespace {

using core::delivery_state;
using core::stage;

class Upkeep : public StoreContract {
protected:
    ports::retired retire_all(instant before, std::size_t limit = 100) {
        auto const gone = wait(store().retire(before, limit, noon + 24h));
        if (!gone) throw std::runtime_error{gone.error().doing};
        return *gone;
    }
    std::size_t retire(instant before, std::size_t limit = 100) { return retire_all(before, limit).tasks; }
    void deliver(sink_name const& sink) {
        ASSERT_TRUE(
            wait(store().record_attempt(attempt_of(claim_delivery(sink), core::delivered{}, {.answer = "ok"}, noon))));
    }
};
INSTANTIATE_TEST_SUITE_P(Stores, Upkeep, ::testing::ValuesIn(every_store()), store_name);

TEST_P(Upkeep, RetiresWhatEndedBeforeWithItsTimelineAndDeliveries) {
    static_cast<void>(completed(1, {results}));
    deliver(results);

    EXPECT_EQ(retire(noon + 1ms), 1U);

    EXPECT_EQ(wait(store().read_history(id_of(1))).error().code, errc::not_found);
    EXPECT_EQ(wait(store().find_task(provider_id_of(1).value())).error().code, errc::not_found);
    auto const counters = summary();
    EXPECT_EQ(counters.accepted, 1U);
    EXPECT_EQ(counters.tasks_retired, 1U);
    EXPECT_EQ(counters.tasks.at(stage::ended), 0U);
    EXPECT_EQ(counters.deliveries_created, 1U);
    EXPECT_EQ(counters.deliveries_retired, 1U);
    EXPECT_EQ(counters.results.at(core::result_source::callback), 1U);
}

TEST_P(Upkeep, RetiresOnlyWhatEndedStrictlyBefore) {
    static_cast<void>(completed(1, {}, noon));
    static_cast<void>(in_flight(2));
    static_cast<void>(accept(sample(3)));

    EXPECT_EQ(retire(noon), 0U);
    EXPECT_EQ(retire(noon + 24h), 1U);
    EXPECT_EQ(retire(noon + 24h), 0U);
    EXPECT_EQ(task(id_of(2)).id, id_of(2));
    EXPECT_EQ(task(id_of(3)).id, id_of(3));
}

TEST_P(Upkeep, KeepsTasksWithWaitingDeliveriesAndIsNotHeldUpByThem) {
    static_cast<void>(completed(1, {results}, noon));
    static_cast<void>(completed(2, {archive}, noon + 1s));
    static_cast<void>(claim_delivery(archive, noon + 1s));
    static_cast<void>(completed(3, {}, noon + 2s));

    EXPECT_EQ(retire(noon + 1h, 1), 1U);

    EXPECT_EQ(task(id_of(1)).id, id_of(1));
    EXPECT_EQ(task(id_of(2)).id, id_of(2));
    EXPECT_EQ(wait(store().read_history(id_of(3))).error().code, errc::not_found);
}

TEST_P(Upkeep, KeepsTasksWhoseDisputeIsOpen) {
    for (auto const n : {1U, 2U, 3U}) {
        static_cast<void>(completed(n, {}));
        ASSERT_TRUE(wait(store().record_callback(
            id_of(n), callback_of(provider_id_of(n), core::reported_status::failed), deliver_nothing(), noon)));
    }
    auto const claimed = wait(store().claim_queries(claim_at(noon, 2)));
    for (auto const& item : claimed->items) {
        auto const says = item.id == id_of(1) ? core::reported_status::failed : core::reported_status::completed;
        ASSERT_TRUE(wait(store().record_query(item.id, item.lease_token, answer_of(*item.provider_id, says, noon + 1h),
                                              deliver_nothing(), noon)));
    }

    EXPECT_EQ(retire(noon + 1h), 1U);

    EXPECT_EQ(task(id_of(1)).quarrel, core::dispute::disputed);
    EXPECT_EQ(wait(store().find_task(id_of(2).value())).error().code, errc::not_found);
    EXPECT_EQ(task(id_of(3)).quarrel, core::dispute::settling);
    EXPECT_EQ(summary().disputed, 2U);
}

TEST_P(Upkeep, RetiresTasksWithParkedDeliveriesAndTellsHowManyNobodyWillGet) {
    static_cast<void>(parked(1, results));
    static_cast<void>(parked(2, results));
    static_cast<void>(completed(3, {results}));
    deliver(results);
    ASSERT_TRUE(wait(store().discard_delivery(delivery_of(id_of(2), results), "ann", "why", noon)));

    auto const gone = retire_all(noon + 1h);

    EXPECT_EQ(gone.tasks, 3U);
    EXPECT_EQ(gone.discarded, 1U);
    auto const counters = summary();
    EXPECT_EQ(counters.deliveries_retired, 3U);
    EXPECT_FALSE(counters.sinks.contains(results));
}

TEST_P(Upkeep, RetiresATaskOnceItsLastDeliveryIsSettled) {
    static_cast<void>(completed(1, {results, archive}));
    EXPECT_EQ(retire(noon + 1h), 0U);
    deliver(results);
    EXPECT_EQ(retire(noon + 1h), 0U);
    deliver(archive);

    EXPECT_EQ(retire(noon + 1h), 1U);
}

TEST_P(Upkeep, KeepsATaskWhoseParkedDeliveryIsTriedAgain) {
    auto const item = parked(1, results);
    ASSERT_TRUE(wait(store().retry_delivery(item.id, "ann", noon)));

    EXPECT_EQ(retire(noon + 1h), 0U);

    EXPECT_EQ(task(id_of(1)).id, id_of(1));
}

TEST_P(Upkeep, RetiresATaskWhoseDisputeAnOperatorClosed) {
    static_cast<void>(completed(1, {}));
    auto const contradiction = callback_of(provider_id_of(1), core::reported_status::failed);
    ASSERT_TRUE(wait(store().record_callback(id_of(1), contradiction, deliver_nothing(), noon)));
    EXPECT_EQ(retire(noon + 1h), 0U);
    ASSERT_TRUE(wait(store().record_event(id_of(1), core::operator_upheld{"ann", "asked"}, deliver_nothing(), noon)));

    EXPECT_EQ(retire(noon + 1h), 1U);
}

TEST_P(Upkeep, RetiresTheLongestEndedFirst) {
    static_cast<void>(completed(1, {}, noon + 3s));
    static_cast<void>(completed(2, {}, noon + 1s));
    static_cast<void>(completed(3, {}, noon + 2s));

    EXPECT_EQ(retire(noon + 1h, 2), 2U);

    EXPECT_EQ(task(id_of(1)).id, id_of(1));
}

TEST_P(Upkeep, TheKeyOfARetiredTaskIsFreeAgain) {
    auto item = submitting_sample(1);
    item.idempotency_key = "key";
    static_cast<void>(accept(item));
    ASSERT_TRUE(wait(store().record_callback(item.id, callback_of(provider_id_of(1), core::reported_status::completed),
                                             deliver_nothing(), noon)));
    EXPECT_EQ(retire(noon + 1h), 1U);
    auto second = sample(2);
    second.idempotency_key = "key";

    auto const accepted = wait(store().accept_task(second, {}, noon + 1h));

    ASSERT_TRUE(accepted);
    EXPECT_EQ(accepted->what, ports::acceptance_outcome::stored);
}

TEST_P(Upkeep, TheSummaryOfAnEmptyStoreHasEveryStageAndSourceAtZero) {
    auto const counters = summary();

    EXPECT_EQ(counters.tasks.size(), 5U);
    EXPECT_EQ(counters.oldest.size(), 4U);
    EXPECT_EQ(counters.results.size(), 5U);
    EXPECT_EQ(counters.accepted, 0U);
    EXPECT_TRUE(counters.sinks.empty());
    EXPECT_EQ(counters.oldest.at(stage::queued), std::nullopt);
}

TEST_P(Upkeep, TheSummaryCountsStagesCallersSinksAndAges) {
    static_cast<void>(accept(sample(1)));
    static_cast<void>(accept(sample(2)));
    static_cast<void>(in_flight(3));
    static_cast<void>(completed(4, {results, archive}, noon + 4s));
    static_cast<void>(completed(5, {results}, noon + 5s));
    static_cast<void>(claim_delivery(results, noon + 5s));

    auto const counters = summary();

    EXPECT_EQ(counters.accepted, 5U);
    EXPECT_EQ(counters.tasks.at(stage::queued), 2U);
    EXPECT_EQ(counters.tasks.at(stage::in_flight), 1U);
    EXPECT_EQ(counters.tasks.at(stage::ended), 2U);
    EXPECT_EQ(counters.oldest.at(stage::queued), noon + 1ms);
    EXPECT_EQ(counters.oldest.at(stage::in_flight), noon + 3ms);
    EXPECT_EQ(counters.oldest.at(stage::unknown), std::nullopt);
    EXPECT_EQ(counters.open_by_caller.at(caller_name{"tts"}), 3U);
    EXPECT_EQ(counters.deliveries_created, 3U);
    EXPECT_EQ(counters.sinks.at(results).by_state.at(delivery_state::pending), 1U);
    EXPECT_EQ(counters.sinks.at(results).by_state.at(delivery_state::delivering), 1U);
    EXPECT_EQ(counters.sinks.at(results).by_state.at(delivery_state::parked), 0U);
    EXPECT_EQ(counters.sinks.at(results).oldest_waiting, noon + 4s);
}

TEST_P(Upkeep, AStoreThatMakesNoBackupsSaysWhatToDoInstead) {
    if (GetParam() == store_kind::sqlite) GTEST_SKIP() << "it makes them: see sqlite_backup_test.cpp";

    auto const made = wait(store().back_up({.folder = "backups", .at = noon}));

    EXPECT_EQ(made.error().code, errc::invalid);
    EXPECT_FALSE(store().backup_advice().empty());
    EXPECT_EQ(made.error().doing, store().backup_advice());
}

TEST_P(Upkeep, ProbeSucceedsOnAnOpenStoreAndCloseMayBeRepeated) {
    EXPECT_TRUE(wait(store().probe()));

    wait(store().close());
    wait(store().close());

    EXPECT_EQ(wait(store().probe()).error().code, errc::stopping);
}

}  // namespace
}  // namespace voicehook::contract
