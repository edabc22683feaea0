#include "store_contract.hpp"

namespace voicehook::contract {
namespace {

using core::timeline_kind;
using ports::acceptance_outcome;

class Acceptance : public StoreContract {
protected:
    result<ports::acceptance> offer(core::task item, instant now = noon, std::uint64_t max_open = 1000) {
        return wait(store().accept_task(std::move(item), {.max_open = max_open}, now));
    }
};
INSTANTIATE_TEST_SUITE_P(Stores, Acceptance, ::testing::ValuesIn(every_store()), store_name);

core::task with_key(unsigned n, std::string key) {
    auto item = sample(n);
    item.idempotency_key = std::move(key);
    return item;
}

/// Another request with the key and the body of `earlier`.
core::task again(core::task const& earlier, unsigned n) {
    auto item = sample(n);
    item.idempotency_key = earlier.idempotency_key;
    item.fingerprint = earlier.fingerprint;
    return item;
}

TEST_P(Acceptance, StoresEveryFieldAndFindsItAgain) {
    auto item = sample(1);
    item.idempotency_key = "key \" with 'quotes'";
    item.callback_url = "https://caller.example/hook?a=b";
    item.trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    item.submit_body = std::string{"bytes \0 and \xff\xfe\n", 14};
    item.unknown_since = noon - 1s;
    item.accepted_at = noon + 2s;
    item.submissions = 3;
    item.queries = 4;
    item.lease_token = 4'000'000'000U;
    item.notes = 6;
    item.status = core::reported_status::other;
    item.progress = 42;
    item.provider_id = provider_id_of(7);
    item.provider_body = std::string{"\0{}", 3};
    item.refused = core::refusal{402, "insufficient_quota", R"({"code":"insufficient_quota"})"};
    item.quarrel = core::dispute::upheld;
    item.last_problem = "rate_limit_exceeded";

    auto const accepted = offer(item);

    ASSERT_TRUE(accepted);
    EXPECT_EQ(accepted->what, acceptance_outcome::stored);
    EXPECT_EQ(text_of(task(item.id)), text_of(item));
    EXPECT_TRUE(task(item.id) == item);
}

TEST_P(Acceptance, KeepsEveryStageAsItIs) {
    auto const states = std::vector<core::task_state>{core::queued{noon - 5s},
                                                      core::submitting{noon + 1min},
                                                      core::unknown{noon + 2min},
                                                      core::unknown{},
                                                      core::in_flight{noon + 3min},
                                                      core::ended{core::terminal::cancelled, noon + 1s, std::nullopt},
                                                      core::ended{core::terminal::failed, noon + 1s, noon + 9s}};

    auto n = 0U;
    for (auto const& state : states) {
        auto item = sample(++n);
        item.state = state;
        if (core::stage_of(state) == core::stage::ended) item.source = core::result_source::query;
        static_cast<void>(accept(item));

        EXPECT_EQ(text_of(task(item.id)), text_of(item));
    }
}

TEST_P(Acceptance, BeginsTheTimeline) {
    auto const item = accept(sample(1));

    auto const entries = history(item.id).timeline;

    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].kind, timeline_kind::accepted);
    EXPECT_EQ(entries[0].at, noon);
    EXPECT_EQ(entries[0].body, "");
}

TEST_P(Acceptance, OfATaskUnderALeaseAlsoNotesTheSubmission) {
    auto const item = accept(submitting_sample(1));

    EXPECT_EQ(timeline(item.id), (std::vector{timeline_kind::accepted, timeline_kind::submission_started}));
}

TEST_P(Acceptance, OfTheSameTaskTwiceStoresItOnce) {
    auto const first = offer(with_key(1, "key"));

    auto const second = offer(with_key(1, "key"));

    ASSERT_TRUE(second);
    EXPECT_EQ(text_of(*second), text_of(*first));
    EXPECT_EQ(summary().accepted, 1U);
    EXPECT_EQ(timeline(id_of(1)).size(), 1U);
}

TEST_P(Acceptance, WithAKnownKeyAndBodyIsStillRunningWhileTheFirstMayStillAnswer) {
    auto const first = accept(with_key(1, "key"));

    auto const second = offer(again(first, 2), first.answer_by - 1ms);

    ASSERT_TRUE(second);
    EXPECT_EQ(second->what, acceptance_outcome::still_running);
    EXPECT_EQ(second->item.id, first.id);
    EXPECT_EQ(summary().accepted, 1U);
}

TEST_P(Acceptance, WithAKnownKeyAndBodyIsAReplayOnceTheFirstHasStoppedWaiting) {
    auto const first = accept(with_key(1, "key"));

    auto const second = offer(again(first, 2), first.answer_by);

    ASSERT_TRUE(second);
    EXPECT_EQ(second->what, acceptance_outcome::replayed);
    EXPECT_EQ(text_of(second->item), text_of(first));
}

TEST_P(Acceptance, WithAKnownKeyAndBodyIsAReplayOnceTheProviderHasDecided) {
    auto item = submitting_sample(1);
    item.idempotency_key = "key";
    static_cast<void>(accept(item));
    ASSERT_TRUE(wait(
        store().record_submission(item.id, 1, accepted_as(provider_id_of(1), noon + 15s), deliver_nothing(), noon)));

    auto const second = offer(again(item, 2), noon);

    ASSERT_TRUE(second);
    EXPECT_EQ(second->what, acceptance_outcome::replayed);
    EXPECT_EQ(second->item.provider_id, provider_id_of(1));
}

TEST_P(Acceptance, WithAKnownKeyAndAnotherBodyIsRefused) {
    auto const first = accept(with_key(1, "key"));

    auto const second = offer(with_key(2, "key"));

    ASSERT_TRUE(second);
    EXPECT_EQ(second->what, acceptance_outcome::key_reused);
    EXPECT_EQ(second->item.id, first.id);
    EXPECT_EQ(summary().accepted, 1U);
}

TEST_P(Acceptance, KnowsAKeyOnlyOfTheSameCaller) {
    auto const first = accept(with_key(1, "key"));
    auto foreign = again(first, 2);
    foreign.caller = caller_name{"somebody else"};

    auto const second = offer(foreign);

    ASSERT_TRUE(second);
    EXPECT_EQ(second->what, acceptance_outcome::stored);
}

TEST_P(Acceptance, ForgetsTheKeyOfARefusalThatMustNotBeRemembered) {
    auto item = submitting_sample(1);
    item.idempotency_key = "key";
    static_cast<void>(accept(item));
    auto const refusal = core::submission_refused{.why = {400, "invalid_request", "{}"}, .retry_at = std::nullopt};
    ASSERT_TRUE(wait(store().record_submission(item.id, 1, refusal, deliver_nothing(), noon)));

    auto const second = offer(again(item, 2));

    ASSERT_TRUE(second);
    EXPECT_EQ(second->what, acceptance_outcome::stored);
    EXPECT_EQ(task(item.id).idempotency_key, std::nullopt);
    EXPECT_EQ(task(id_of(2)).idempotency_key, "key");
}

TEST_P(Acceptance, StopsAtTheCallersQuotaOfOpenTasks) {
    ASSERT_TRUE(offer(sample(1), noon, 2));
    ASSERT_TRUE(offer(sample(2), noon, 2));

    auto const third = offer(sample(3), noon, 2);

    ASSERT_TRUE(third);
    EXPECT_EQ(third->what, acceptance_outcome::over_quota);
    EXPECT_EQ(wait(store().find_task(id_of(3).value())).error().code, errc::not_found);
    EXPECT_EQ(summary().open_by_caller.at(caller_name{"tts"}), 2U);
}

TEST_P(Acceptance, CountsOnlyOpenTasksOfTheSameCallerForTheQuota) {
    static_cast<void>(completed(1, {}));
    auto foreign = sample(2);
    foreign.caller = caller_name{"somebody else"};
    static_cast<void>(accept(foreign));

    auto const mine = offer(sample(3), noon, 1);

    ASSERT_TRUE(mine);
    EXPECT_EQ(mine->what, acceptance_outcome::stored);
}

TEST_P(Acceptance, LooksAtTheKeyBeforeTheQuota) {
    auto const first = accept(with_key(1, "key"));

    auto const second = offer(again(first, 2), first.answer_by, 1);

    ASSERT_TRUE(second);
    EXPECT_EQ(second->what, acceptance_outcome::replayed);
}

TEST_P(Acceptance, AfterCloseIsRefusedAsStopping) {
    wait(store().close());

    auto const late = offer(sample(1));
    auto const read = wait(store().find_task("x"));

    EXPECT_EQ(late.error().code, errc::stopping);
    EXPECT_EQ(read.error().code, errc::stopping);
}

}  // namespace
}  // namespace voicehook::contract
