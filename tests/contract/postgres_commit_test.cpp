#include "gate.hpp"
#include "postgres_fixture.hpp"
#include "postgres_relay.hpp"

#include <fmt/format.h>

#include <chrono>

namespace voicehook::contract {
namespace {

using core::reported_status;
using core::verdict;
using ports::acceptance_outcome;

/// Where a commit gets lost on its way.
enum class where : unsigned char { before_it_began = 1, before_the_server, after_the_server };

class PostgresCommit : public PostgresStore {
protected:
    /// A store through the relay, connected.
    [[nodiscard]] std::unique_ptr<ports::store> open_through(duration patience = 3s) {
        auto chosen = on_made_up_time();
        chosen.url = relay_.url();
        chosen.patience = patience;
        chosen.observe_commit = [this](std::chrono::microseconds, std::size_t operations) {
            groups_.push_back(operations);
            gate_.pass();
        };
        auto store = open(std::move(chosen));
        EXPECT_TRUE(wait(store->probe()));
        return store;
    }
    void lose_next_commit(where place) {
        switch (place) {
            case where::before_it_began: relay_.lose("BEGIN"); break;
            case where::before_the_server: relay_.lose("COMMIT"); break;
            case where::after_the_server: relay_.lose_answer_to("COMMIT"); break;
        }
    }
    /// The store's thread stands at the gate after this.
    void hold(ports::store& store) {
        gate_.shut();
        first_ = begin(store.probe());
        gate_.await_visitor();
    }
    result<ports::transition> call_back(ports::store& store, unsigned n) {
        return wait(store.record_callback(id_of(n), callback_of(provider_id_of(n), reported_status::completed),
                                          deliver_to({results}), noon));
    }

    postgres_relay relay_;
    gate gate_;
    std::vector<std::size_t> groups_;
    std::future<result<void>> first_;
};

class PostgresLostCommit : public PostgresCommit, public ::testing::WithParamInterface<where> {
protected:
    void lose_next_commit() { PostgresCommit::lose_next_commit(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Places, PostgresLostCommit,
                         ::testing::Values(where::before_it_began, where::before_the_server, where::after_the_server),
                         [](auto const& row) {
                             switch (row.param) {
                                 case where::before_it_began: return "BeforeItBegan";
                                 case where::before_the_server: return "BeforeTheServer";
                                 case where::after_the_server: return "AfterTheServer";
                             }
                             return "Unknown";
                         });

TEST_P(PostgresLostCommit, AnAcceptanceIsStoredOnce) {
    auto store = open_through();
    auto item = sample(1);
    item.idempotency_key = "key";
    lose_next_commit();

    auto const accepted = wait(store->accept_task(item, {}, noon));

    relay_.await_losses();
    ASSERT_TRUE(accepted) << accepted.error().doing;
    EXPECT_EQ(accepted->what, acceptance_outcome::stored);
    EXPECT_EQ(number("SELECT count(*) FROM task"), 1);
    EXPECT_EQ(number("SELECT count(*) FROM event"), 1);
    close(std::move(store));
}

TEST_P(PostgresLostCommit, ACallbackIsAcceptedOnce) {
    auto store = open_through();
    in_flight(*store, 1);
    lose_next_commit();

    auto const recorded = call_back(*store, 1);

    relay_.await_losses();
    ASSERT_TRUE(recorded) << recorded.error().doing;
    EXPECT_EQ(recorded->what, verdict::accepted);
    EXPECT_TRUE(recorded->ends);
    EXPECT_EQ(number("SELECT count(*) FROM delivery"), 1);
    EXPECT_EQ(call_back(*store, 1)->what, verdict::duplicate);
    close(std::move(store));
}

TEST_P(PostgresLostCommit, AClaimHasWhatItTook) {
    auto store = open_through();
    for (auto n = 1U; n <= 3; ++n) completed(*store, n);
    lose_next_commit();

    auto const claimed = wait(store->claim_deliveries(results, claim_at(noon)));

    relay_.await_losses();
    ASSERT_TRUE(claimed) << claimed.error().doing;
    ASSERT_EQ(claimed->items.size(), 3U);
    for (auto const& item : claimed->items) {
        EXPECT_EQ(item.lease_token, 1U);
        EXPECT_EQ(item.attempts, 1U);
        EXPECT_TRUE(wait(store->record_attempt(attempt_of(item, core::delivered{}, {.answer = "HTTP 200"}, noon))));
    }
    close(std::move(store));
}

TEST_P(PostgresLostCommit, EachOfAGroupGetsItsOwnAnswer) {
    auto store = open_through();
    in_flight(*store, 1);
    hold(*store);
    auto accepted = begin(store->accept_task(sample(2), {}, noon));
    auto notice = callback_of(provider_id_of(1), reported_status::completed);
    auto recorded = begin(store->record_callback(id_of(1), notice, deliver_to({results}), noon));
    auto again = begin(store->record_callback(id_of(1), notice, deliver_to({results}), noon));
    auto missing = begin(store->record_callback(id_of(9), notice, deliver_to({results}), noon));
    lose_next_commit();

    gate_.open();
    run_all();

    relay_.await_losses();
    EXPECT_EQ(accepted.get()->what, acceptance_outcome::stored);
    EXPECT_EQ(recorded.get()->what, verdict::accepted);
    EXPECT_EQ(again.get()->what, verdict::duplicate);
    EXPECT_EQ(missing.get().error().code, errc::not_found);
    EXPECT_EQ(groups_.back(), 4U);
    close(std::move(store));
}

TEST_F(PostgresCommit, AGroupThatIsLostAgainAndAgainStillHappensOnce) {
    auto store = open_through();
    in_flight(*store, 1);
    relay_.lose("COMMIT");
    relay_.lose_answer_to("SELECT pg_xact_status");
    relay_.lose_answer_to("COMMIT");
    relay_.lose("SELECT pg_xact_status");

    auto const outcome = call_back(*store, 1);

    relay_.await_losses();
    ASSERT_TRUE(outcome) << outcome.error().doing;
    EXPECT_EQ(outcome->what, verdict::accepted);
    EXPECT_EQ(number("SELECT count(*) FROM delivery"), 1);
    close(std::move(store));
}

TEST_F(PostgresCommit, ANumberThatAnotherTransactionGotDoesNotProveACommit) {
    auto store = open_through();
    in_flight(*store, 1);
    // As after a crash: the number is said to be committed, but what bears the mark is not there.
    somebody().execute(R"(
        CREATE FUNCTION remove_the_mark() RETURNS trigger AS $$ BEGIN NEW.mark := 0; RETURN NEW; END $$ LANGUAGE plpgsql;
        CREATE TRIGGER unmark BEFORE INSERT OR UPDATE ON commit_mark FOR EACH ROW EXECUTE FUNCTION remove_the_mark())");
    relay_.lose_answer_to("COMMIT");

    auto const outcome = call_back(*store, 1);

    relay_.await_losses();
    somebody().execute("DROP TRIGGER unmark ON commit_mark; DROP FUNCTION remove_the_mark()");
    ASSERT_TRUE(outcome) << outcome.error().doing;
    EXPECT_EQ(outcome->what, verdict::duplicate);  // it was run again, and found that it had happened after all
    close(std::move(store));
}

TEST_F(PostgresCommit, AConnectionThatWasCutWhileNobodyUsedItIsMadeAnew) {
    auto store = open_through();
    accept(*store, sample(1));
    ASSERT_TRUE(wait(store->find_task(id_of(1).value())));
    relay_.cut();

    auto const written = wait(store->accept_task(sample(2), {}, noon));
    auto const read = wait(store->find_task(id_of(1).value()));

    EXPECT_TRUE(written) << written.error().doing;
    EXPECT_TRUE(read) << read.error().doing;
    close(std::move(store));
}

TEST_F(PostgresCommit, AServerThatEndsItsSessionsFailsNothing) {
    auto store = open_through();
    ASSERT_TRUE(wait(store->find_task("none")).error().code == errc::not_found);
    somebody().run(
        {"SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity "
         "WHERE application_name = 'voicehook' AND pid <> pg_backend_pid()"});

    auto const written = wait(store->accept_task(sample(1), {}, noon));
    auto const read = wait(store->find_task(id_of(1).value()));

    EXPECT_TRUE(written) << written.error().doing;
    EXPECT_TRUE(read) << read.error().doing;
    close(std::move(store));
}

TEST_F(PostgresCommit, AServerThatIsGoneMakesTheStoreUnavailableUntilItIsBack) {
    auto store = open_through();
    relay_.refuse();

    auto const written = wait(store->accept_task(sample(1), {}, noon));
    auto const read = wait(store->find_task(id_of(1).value()));

    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, errc::store_unavailable);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::store_unavailable);

    relay_.heal();
    ASSERT_TRUE(comes_true([&] { return wait(store->probe()).has_value(); }));

    EXPECT_TRUE(wait(store->accept_task(sample(1), {}, noon)));
    ASSERT_TRUE(comes_true([&] { return wait(store->find_task(id_of(1).value())).has_value(); }));
    close(std::move(store));
}

TEST_F(PostgresCommit, AHostThatSaysNothingDoesNotKeepUsFromTheNextOne) {
    auto const host_of = [](std::string const& url) {
        auto const begin = url.find('@') + 1;
        return url.substr(begin, url.find('/', begin) - begin);
    };
    auto url = test_database().url;
    auto const real = host_of(url);
    url.replace(url.find(real), real.size(), host_of(relay_.url()) + "," + real);
    relay_.fall_silent();

    auto two = store::postgres::connection{{url, {}}, deadline::in(2s)};

    EXPECT_TRUE(two.run({"SELECT 1::bigint"}).next());
    relay_.heal();
}

TEST_F(PostgresCommit, ASilentServerMakesTheStoreUnavailableWithinItsPatience) {
    auto store = open_through(200ms);
    accept(*store, sample(1));
    ASSERT_TRUE(wait(store->find_task(id_of(1).value())));
    relay_.fall_silent();

    auto written = begin(store->accept_task(sample(2), {}, noon));
    auto read = begin(store->find_task(id_of(1).value()));
    run_all();  // for ever, if nothing bounded the wait

    EXPECT_EQ(written.get().error().code, errc::store_unavailable);
    EXPECT_EQ(read.get().error().code, errc::store_unavailable);
    relay_.heal();
    ASSERT_TRUE(comes_true([&] { return wait(store->probe()).has_value(); }));
    EXPECT_EQ(wait(store->accept_task(sample(2), {}, noon))->what, acceptance_outcome::stored);
    close(std::move(store));
}

TEST_F(PostgresCommit, AQueueBehindASilentServerDoesNotWaitOperationByOperation) {
    static constexpr auto patience = 250ms;
    static constexpr auto groups = 10U;
    auto store = open_through(patience);
    auto waiting = std::vector<std::future<result<ports::acceptance>>>{};
    relay_.fall_silent();
    relay_.forget();

    for (auto n = 1U; n <= groups * 64; ++n) waiting.push_back(begin(store->accept_task(sample(n), {}, noon)));
    run_all();

    for (auto& each : waiting) EXPECT_EQ(each.get().error().code, errc::store_unavailable);
    EXPECT_LT(relay_.attempts(), groups / 2);
    relay_.heal();
    ASSERT_TRUE(comes_true([&] { return wait(store->probe()).has_value(); }));
    EXPECT_EQ(number("SELECT count(*) FROM task"), 0);
    close(std::move(store));
}

TEST_F(PostgresCommit, ACommitThatASilentServerHeldBackIsNeitherDoneNorForgotten) {
    auto store = open_through(200ms);
    in_flight(*store, 1);
    auto const blocker = std::make_unique<store::postgres::connection>(somebody());
    blocker->execute("BEGIN; SELECT 1 FROM task FOR UPDATE");  // so that the next one is under way when it falls silent
    auto recorded = begin(store->record_callback(id_of(1), callback_of(provider_id_of(1), reported_status::completed),
                                                 deliver_to({results}), noon));
    ASSERT_TRUE(comes_true([] { return number("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0; }));
    relay_.fall_silent();
    blocker->execute("COMMIT");

    run_all();

    EXPECT_EQ(recorded.get().error().code, errc::store_unavailable);
    relay_.heal();
    ASSERT_TRUE(comes_true([&] { return wait(store->probe()).has_value(); }));
    EXPECT_EQ(call_back(*store, 1)->what, verdict::accepted);
    close(std::move(store));
}

TEST_F(PostgresCommit, TellsWhoAsksWhileTheServerIsAwayAtOnce) {
    auto store = open_through();
    relay_.refuse();
    ASSERT_FALSE(wait(store->probe()));
    relay_.forget();

    for (auto n = 0; n < 200; ++n) EXPECT_EQ(wait(store->probe()).error().code, errc::store_unavailable);

    EXPECT_LT(relay_.attempts(), 100U);
    relay_.heal();
    ASSERT_TRUE(comes_true([&] { return wait(store->probe()).has_value(); }));
    close(std::move(store));
}

TEST_F(PostgresCommit, ClosesWhileTheServerIsAway) {
    auto store = open_through(200ms);
    relay_.refuse();

    wait(store->close());

    EXPECT_EQ(wait(store->probe()).error().code, errc::stopping);
}

TEST_F(PostgresCommit, OneThatCannotStayDoesNotFailTheOthersOfItsGroup) {
    auto store = open_through();
    in_flight(*store, 1);
    in_flight(*store, 2);
    hold(*store);
    auto const throws = [](core::task const&) -> std::vector<core::new_delivery> { throw std::runtime_error{"no"}; };
    auto const done = reported_status::completed;
    auto good =
        begin(store->record_callback(id_of(1), callback_of(provider_id_of(1), done), deliver_to({results}), noon));
    auto bad = begin(
        store->record_callback(id_of(2), callback_of(provider_id_of(2), done), deliver_to({results, results}), noon));
    auto worse = begin(store->record_callback(id_of(2), callback_of(provider_id_of(2), done), throws, noon));

    gate_.open();
    run_all();

    EXPECT_EQ(good.get()->what, verdict::accepted);
    EXPECT_EQ(bad.get().error().code, errc::store_unavailable);
    EXPECT_EQ(worse.get().error().code, errc::store_unavailable);
    EXPECT_EQ(number("SELECT count(*) FROM delivery"), 1);
    close(std::move(store));
}

TEST_F(PostgresCommit, WhatRetentionDeletesIsGoneForTheRestOfItsGroup) {
    auto store = open_through();
    auto item = submitting_sample(1);
    item.idempotency_key = "key";
    accept(*store, item);
    EXPECT_TRUE(
        wait(store->record_submission(item.id, 1, accepted_as(provider_id_of(1), noon), deliver_nothing(), noon)));
    EXPECT_EQ(call_back(*store, 1)->what, verdict::accepted);
    auto const claimed = wait(store->claim_deliveries(results, claim_at(noon)))->items.at(0);
    auto const why = core::attempt_outcome{.failed = core::delivery_cause::gone, .answer = "HTTP 410"};
    EXPECT_TRUE(wait(store->record_attempt(attempt_of(claimed, core::park{core::delivery_cause::gone}, why, noon))));
    accept(*store, submitting_sample(2));
    auto same_key = sample(3);
    same_key.idempotency_key = "key";
    hold(*store);

    auto retired = begin(store->retire(noon + 1h, 10, noon + 1h));
    auto retried = begin(store->retry_delivery(claimed.id, "ann", noon + 1h));
    auto accepted = begin(store->accept_task(same_key, {}, noon + 1h));
    auto bound = begin(
        store->record_submission(id_of(2), 1, accepted_as(provider_id_of(1), noon + 1h), deliver_nothing(), noon + 1h));
    gate_.open();
    run_all();

    EXPECT_EQ(retired.get()->tasks, 1U);
    EXPECT_EQ(retried.get().error().code, errc::not_found);
    EXPECT_EQ(accepted.get()->what, acceptance_outcome::stored);
    EXPECT_EQ(bound.get()->what, verdict::applied);
    close(std::move(store));
}

TEST_F(PostgresCommit, RetentionLeavesATaskWhoseDeliveryIsRetriedMeanwhile) {
    auto store = open_through();
    completed(*store, 1);
    auto operator_there = somebody();
    operator_there.execute("UPDATE voicehook.delivery SET state = 'parked'");
    operator_there.execute("BEGIN; UPDATE voicehook.delivery SET state = 'pending'");

    auto retired = begin(store->retire(noon + 1h, 10, noon + 1h));
    ASSERT_TRUE(comes_true([] { return number("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0; }));
    operator_there.execute("COMMIT");
    run_all();

    EXPECT_EQ(retired.get()->tasks, 0U);
    EXPECT_EQ(number("SELECT count(*) FROM delivery WHERE state = 'pending'"), 1);
    close(std::move(store));
}

}  // namespace
}  // namespace voicehook::contract
