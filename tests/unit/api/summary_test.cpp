// What operators read, and how often the store is asked for it.
#include "api/summary.hpp"

#include "../../simulation/passing_store.hpp"
#include "api/summary_view.hpp"
#include "store/memory/create.hpp"
#include "wire/raw_json.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace voicehook::api {
namespace {

constexpr auto noon = instant{1'775'131'200'000ms};

/// The JSON at a path of member names.
std::string_view at(std::string_view json, std::initializer_list<std::string_view> path) {
    for (auto const name : path) {
        auto const members = wire::split_object(json);
        auto const found = members ? wire::find_member(*members, name) : std::nullopt;
        if (!found) return "(absent)";
        json = *found;
    }
    return json;
}

TEST(SummaryView, WhatIsNotKnownIsNull) {
    auto const text = render_summary({}, {}, process_view{}, noon);

    EXPECT_EQ(at(text, {"recovered_by_query_share"}), "null");
    EXPECT_EQ(at(text, {"tasks", "queued", "oldest_age_seconds"}), "null");
    EXPECT_EQ(at(text, {"provider", "last_answer_at"}), "null");
    EXPECT_EQ(at(text, {"provider", "last_problem"}), "null");
}

TEST(SummaryView, TheShareOfQueriesIsTakenOfWhatTheProviderTold) {
    ports::store_summary counters;
    counters.results = {
        {core::result_source::callback, 97}, {core::result_source::query, 3}, {core::result_source::refusal, 50}};

    auto const text = render_summary(counters, {}, process_view{}, noon);

    EXPECT_EQ(at(text, {"recovered_by_query_share"}), "0.03");
}

TEST(SummaryView, ASinkThatIsGoneAndOneThatIsNewAreBothShown) {
    ports::store_summary counters;
    counters.sinks[sink_name{"old"}].by_state[core::delivery_state::parked] = 2;
    process_view process;
    process.sinks = {sink_name{"new"}};

    auto const text = render_summary(counters, {}, process, noon);

    EXPECT_EQ(at(text, {"deliveries", "sinks", "old", "configured"}), "false");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "old", "parked"}), "2");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "new", "configured"}), "true");
    EXPECT_EQ(at(text, {"deliveries", "sinks", "new", "pending"}), "0");
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

class still_clock final : public ports::clock {
public:
    [[nodiscard]] instant now() const override { return noon; }
    [[nodiscard]] awaitable<void> sleep(duration) override { co_return; }
    [[nodiscard]] std::unique_ptr<ports::alarm> make_alarm() override { return std::make_unique<no_alarm>(); }

private:
    class no_alarm final : public ports::alarm {
    public:
        void ring() override {}
        awaitable<void> wait_until(instant) override { co_return; }
    };
};

class counting_store final : public simulation::passing_store {
public:
    counting_store() : passing_store{::voicehook::store::memory::create()} {}

    awaitable<result<ports::store_summary>> summary() override {
        ++summaries;
        if (fails) co_return fail(errc::store_unavailable, "read the summary");
        auto answer = co_await passing_store::summary();
        co_return answer;
    }

    int summaries{};
    bool fails{};
};

class Summary : public ::testing::Test {
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

    asio::io_context io_{1};
    counting_store store_;
    still_clock clock_;
    telemetry::metrics metrics_{{}, "1.2.3"};
    health health_{io_.get_executor(), store_, metrics_};
    flows::bells bells_{clock_};
    flows::retain retain_{io_.get_executor(), store_, clock_, metrics_, {}, {}};
    provider_record provider_;
    summary summary_{io_.get_executor(),
                     store_,
                     clock_,
                     metrics_,
                     health_,
                     bells_,
                     retain_,
                     provider_,
                     summary_settings{.version = "1.2.3", .owner = {}, .since = noon, .provider_in_flight = [] {
                                          return std::size_t{7};
                                      }}};
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
