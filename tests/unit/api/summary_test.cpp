// What operators read, and how often the store is asked for it.
#include "summary_fixture.hpp"

#include "api/summary_view.hpp"

#include <gtest/gtest.h>

namespace voicehook::api {
namespace {

TEST(SummaryView, WhatIsNotKnownIsNull) {
    auto const text = render_summary({}, {}, process_view{}, noon);

    EXPECT_EQ(at(text, {"recovered_by_query_share"}), "null");
    EXPECT_EQ(at(text, {"tasks", "queued", "oldest_age_seconds"}), "null");
    EXPECT_EQ(at(text, {"provider", "last_answer_at"}), "null");
    EXPECT_EQ(at(text, {"provider", "last_problem"}), "null");
    EXPECT_EQ(at(text, {"provider", "credits"}), R"({"remaining":null,"unlimited":null,"at":null})");
}

TEST(SummaryView, CreditsAreANumberOrWithoutALimit) {
    process_view limited;
    limited.credits = {.remaining = 1095.3996, .at = noon};
    process_view unlimited;
    unlimited.credits = {.remaining = std::numeric_limits<double>::infinity(), .at = noon};

    EXPECT_EQ(at(render_summary({}, {}, limited, noon), {"provider", "credits"}),
              R"({"remaining":1095.3996,"unlimited":false,"at":"2026-04-02T12:00:00.000Z"})");
    EXPECT_EQ(at(render_summary({}, {}, unlimited, noon), {"provider", "credits"}),
              R"({"remaining":null,"unlimited":true,"at":"2026-04-02T12:00:00.000Z"})");
}

TEST(SummaryView, TheCanaryIsNullOnlyWhenItIsSwitchedOff) {
    process_view waiting;
    waiting.canary.emplace();
    process_view failed;
    failed.canary = {.last_at = noon, .ok = false, .latency = {}, .failures = 3};
    process_view fine;
    fine.canary = {.last_at = noon, .ok = true, .latency = 41ms, .failures = 0};

    EXPECT_EQ(at(render_summary({}, {}, process_view{}, noon), {"canary"}), "null");
    EXPECT_EQ(at(render_summary({}, {}, waiting, noon), {"canary"}),
              R"({"last_at":null,"ok":null,"latency_ms":null,"failures":0})");
    EXPECT_EQ(at(render_summary({}, {}, failed, noon), {"canary"}),
              R"({"last_at":"2026-04-02T12:00:00.000Z","ok":false,"latency_ms":null,"failures":3})");
    EXPECT_EQ(at(render_summary({}, {}, fine, noon), {"canary"}),
              R"({"last_at":"2026-04-02T12:00:00.000Z","ok":true,"latency_ms":41,"failures":0})");
}

TEST(SummaryView, TheShareOfQueriesIsTakenOfWhatTheProviderTold) {
    ports::store_summary counters;
    counters.results = {
        {core::result_source::callback, 97}, {core::result_source::query, 3}, {core::result_source::refusal, 50}};

    auto const text = render_summary(counters, {}, process_view{}, noon);

    EXPECT_EQ(at(text, {"recovered_by_query_share"}), "0.03");
}

TEST(SummaryView, LatenessIsToldByWhatHasBeenDueTheLongestAndNothingByWhatIsInTime) {
    ports::store_summary counters;
    counters.next_query = noon - 1min;
    counters.next_submission = noon - 1s;
    counters.sinks[sink_name{"slow"}].next_due = noon - 2min;
    counters.sinks[sink_name{"quick"}].next_due = noon + 1min;

    auto const text = render_summary(counters, {}, process_view{}, noon);

    EXPECT_EQ(at(text, {"past_due"}), R"({"submissions_seconds":null,"queries_seconds":60,"deliveries_seconds":120})");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "slow", "past_due_seconds"}), "120");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "quick", "past_due_seconds"}), "null");
}

TEST(SummaryView, TheLinksThatDieNextDieADayAfterTheirResultWasMade) {
    ports::store_summary counters;
    counters.sinks[sink_name{"a"}].oldest_alive = noon - 1h;
    counters.sinks[sink_name{"b"}].oldest_alive = noon - 2h;
    counters.sinks[sink_name{"c"}];

    auto const text = render_summary(counters, {}, process_view{}, noon);

    EXPECT_EQ(at(text, {"soonest_link_expiry"}), '"' + to_rfc3339(noon + 22h) + '"');
    EXPECT_EQ(at(text, {"deliveries", "sinks", "a", "soonest_link_expiry"}), '"' + to_rfc3339(noon + 23h) + '"');
    EXPECT_EQ(at(text, {"deliveries", "sinks", "c", "soonest_link_expiry"}), "null");
}

TEST(SummaryView, ASinkThatIsGoneAndOneThatIsNewAreBothShown) {
    ports::store_summary counters;
    counters.sinks[sink_name{"old"}].by_state[core::delivery_state::parked] = 2;
    process_view process;
    process.sinks[sink_name{"new"}] = {
        .breaker = core::breaker_state::open, .problem = "HTTP 503 \"busy\"", .next_probe = noon + 5s, .in_flight = 3};

    auto const text = render_summary(counters, {}, process, noon);

    EXPECT_EQ(at(text, {"deliveries", "sinks", "old", "configured"}), "false");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "old", "parked"}), "2");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "new", "configured"}), "true");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "new", "pending"}), "0");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "old", "health"}), "null");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "new", "health", "breaker"}), "\"open\"");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "new", "health", "problem"}), R"("HTTP 503 \"busy\"")");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "new", "health", "next_probe"}), '"' + to_rfc3339(noon + 5s) + '"');
    EXPECT_EQ(at(text, {"deliveries", "sinks", "new", "health", "in_flight"}), "3");
}

TEST(SummaryView, RejectionsAreShownByListenerAndOnlyThoseThatHappened) {
    process_view process;
    process.rejected = {{{"ops", "unauthorized"}, 2}, {{"ops", "tls"}, 0}, {{"public", "tls"}, 0}};
    process.callbacks = {{{"accepted"}, 5}, {{"orphan"}, 0}, {{"other"}, 0}};

    auto const text = render_summary({}, {}, process, noon);

    EXPECT_EQ(at(text, {"intake", "rejected"}), R"({"ops":{"unauthorized":2},"public":{}})");
    EXPECT_EQ(at(text, {"intake", "callbacks"}), R"({"accepted":5,"orphan":0})");
}

TEST(SummaryView, ThisProcessKnowsItselfAmongTheReplicas) {
    ports::store_summary counters;
    counters.replicas = {{{lease_owner{"1-a"}, "host:1", "1.0", noon}, noon, noon},
                         {{lease_owner{"2-b"}, "host:2", "1.0", noon}, noon, noon}};
    process_view process;
    process.owner = lease_owner{"2-b"};

    auto const text = render_summary(counters, {}, process, noon);

    auto const replicas = wire::split_array(at(text, {"replicas"}));
    ASSERT_TRUE(replicas && replicas->size() == 2);
    EXPECT_EQ(at(replicas->front(), {"self"}), "false");
    EXPECT_EQ(at(replicas->back(), {"self"}), "true");
}

TEST(ProviderRecord, AnAnswerIsNoProblemAndSilenceIsNoAnswer) {
    provider_record record;

    record.note("query", "2xx", noon);
    EXPECT_EQ(record.last_answer_at(), noon);
    EXPECT_FALSE(record.last_problem());

    record.note("submit", "none", noon + 1s);
    EXPECT_EQ(record.last_answer_at(), noon);
    ASSERT_TRUE(record.last_problem());
    EXPECT_EQ(record.last_problem()->at, noon + 1s);
    EXPECT_EQ(record.last_problem()->operation, "submit");

    record.note("submit", "429", noon + 2s);
    EXPECT_EQ(record.last_answer_at(), noon + 2s);
    EXPECT_EQ(record.last_problem()->status, "429");
}

class Summary : public summary_fixture {
protected:
    using render = awaitable<result<std::string>> (summary::*)(std::string);

    std::vector<result<std::string>> ask(render how, std::vector<std::string> const& who) {
        std::vector<result<std::string>> answers;
        for (auto const& name : who)
            asio::co_spawn(io_, (summary_.*how)(name), [&answers](std::exception_ptr, result<std::string> text) {
                answers.push_back(std::move(text));
            });
        io_.restart();
        while (answers.size() < who.size()) io_.run_one();
        return answers;
    }
};

TEST_F(Summary, ManyStreamsShareOneReadingAndEachIsAddressedByName) {
    auto const answers = ask(&summary::render_shared, {"ann", "bob", "cid"});

    EXPECT_EQ(store_.summaries, 1);
    ASSERT_TRUE(answers[0] && answers[1] && answers[2]);
    EXPECT_EQ(at(*answers[1], {"operator"}), R"("bob")");
    EXPECT_EQ(at(*answers[1], {"provider", "in_flight"}), "7");
    EXPECT_EQ(at(*answers[1], {"ready"}), "true");
}

TEST_F(Summary, WhoAsksForTheSummaryItselfReadsItAfresh) {
    static_cast<void>(ask(&summary::render, {"ann"}));
    static_cast<void>(ask(&summary::render, {"ann"}));

    EXPECT_EQ(store_.summaries, 2);
}

TEST_F(Summary, AStoreThatDoesNotAnswerIsToldToEverybody) {
    store_.fails = true;

    auto const answers = ask(&summary::render_shared, {"ann", "bob"});

    ASSERT_FALSE(answers[0] || answers[1]);
    EXPECT_EQ(answers[1].error().code, errc::store_unavailable);
    EXPECT_EQ(store_.summaries, 1);
}

}  // namespace
}  // namespace voicehook::api
