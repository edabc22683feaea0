#include "gate.hpp"
#include "postgres_fixture.hpp"
#include "postgres_relay.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>

namespace voicehook::contract {
namespace {

using core::reported_status;

/// What every group runs once, however many operations it has.
bool frames_a_group(std::string const& sql) {
    return sql.starts_with("BEGIN") || sql.starts_with("COMMIT") || sql.find("pg_current_xact_id") != std::string::npos;
}

/// What operations cost on the wire.
class PostgresStatements : public PostgresStore {
protected:
    void SetUp() override {
        PostgresStore::SetUp();
        auto chosen = on_made_up_time();
        chosen.url = relay_.url();
        chosen.observe_commit = [this](std::chrono::microseconds, std::size_t operations) {
            groups_.push_back(operations);
            gate_.pass();
        };
        store_ = open(std::move(chosen));
        EXPECT_TRUE(wait(store_->probe()));
        EXPECT_FALSE(wait(store_->find_task("none")));  // connects who reads
    }
    void TearDown() override { close(std::move(store_)); }

    /// The statements of `work` beside those that frame its group.
    template <class T>
    std::vector<std::string> statements_of(awaitable<T> work) {
        relay_.forget();
        EXPECT_TRUE(wait(std::move(work)));
        return counted();
    }
    [[nodiscard]] std::vector<std::string> counted() const {
        auto all = relay_.statements();
        std::erase_if(all, frames_a_group);
        return all;
    }
    /// Runs what was begun since as one group.
    void hold() {
        gate_.shut();
        first_ = begin(store_->probe());
        gate_.await_visitor();
        relay_.forget();
    }
    void let_go() {
        gate_.open();
        run_all();
        EXPECT_TRUE(first_.get());
    }
    awaitable<result<ports::transition>> call_back(unsigned n) {
        return store_->record_callback(id_of(n), callback_of(provider_id_of(n), reported_status::completed),
                                       deliver_to({results, archive}), noon);
    }
    awaitable<result<ports::transition>> submit(unsigned n) {
        return store_->record_submission(id_of(n), 1, accepted_as(provider_id_of(n), noon), deliver_nothing(), noon);
    }
    [[nodiscard]] static core::task with_key(unsigned n) {
        auto item = submitting_sample(n);
        item.idempotency_key = fmt::format("key-{}", n);
        return item;
    }

    postgres_relay relay_;
    gate gate_;
    std::vector<std::size_t> groups_;
    std::future<result<void>> first_;
    std::unique_ptr<ports::store> store_;
};

TEST_F(PostgresStatements, AnOperationTakesThreeAtMostBesideTheFrameOfItsGroup) {
    auto table = std::vector<std::pair<std::string, std::size_t>>{};
    auto const count = [&table, this](std::string name, auto work) {
        table.emplace_back(std::move(name), statements_of(std::move(work)).size());
    };
    auto const failed = core::attempt_outcome{.failed = core::delivery_cause::timeout, .answer = "timeout"};

    count("accept_task", store_->accept_task(with_key(1), {}, noon));
    count("accept_task, key known", store_->accept_task(with_key(1), {}, noon));
    count("record_submission", submit(1));
    count("claim_queries", store_->claim_queries(claim_at(noon)));
    count("record_query",
          store_->record_query(id_of(1), 2, core::query_failed{noon, "timeout"}, deliver_nothing(), noon));
    count("record_event", store_->record_event(id_of(1), core::query_wanted{"ann"}, deliver_nothing(), noon));
    count("record_callback", call_back(1));
    count("record_callback, duplicate", call_back(1));
    count("claim_deliveries", store_->claim_deliveries(results, claim_at(noon)));
    auto const claimed = wait(store_->claim_deliveries(archive, claim_at(noon)))->items.at(0);
    count("record_attempt",
          store_->record_attempt(attempt_of(claimed, core::park{core::delivery_cause::timeout}, failed, noon)));
    count("retry_delivery", store_->retry_delivery(claimed.id, "ann", noon));
    accept(*store_, sample(2));
    count("claim_submissions", store_->claim_submissions(claim_at(noon), 1min));
    count("claim_submissions, nothing due", store_->claim_submissions(claim_at(noon), 1min));
    count("probe", store_->probe());

    for (auto const& [operation, statements] : table) {
        std::printf("[  COUNTED ] %-32s %zu\n", operation.c_str(), statements);
        RecordProperty(operation, static_cast<int>(statements));
        EXPECT_LE(statements, 3U) << operation;
    }
}

TEST_F(PostgresStatements, AReadOfOneTaskTakesOne) {
    accept(*store_, sample(1));

    auto const found = statements_of(store_->find_task(id_of(1).value()));
    auto const listed = statements_of(store_->list_tasks({}));
    auto const shown = statements_of(store_->read_history(id_of(1)));

    EXPECT_EQ(found.size(), 1U);
    EXPECT_EQ(listed.size(), 1U);
    EXPECT_EQ(shown.size(), 3U);
}

TEST_F(PostgresStatements, ABeatThatFindsEveryoneAliveIsCheap) {
    auto const self = ports::replica_note{me, "here:1", "1", noon};
    auto const terms = ports::beat_terms{.now = noon};
    EXPECT_TRUE(wait(store_->beat(self, {results, archive}, terms)));

    auto const beaten = statements_of(store_->beat(self, {results, archive}, terms));

    std::printf("[  COUNTED ] %-32s %zu\n", "beat over two sinks", beaten.size());
    EXPECT_LE(beaten.size(), 6U) << ::testing::PrintToString(beaten);
}

TEST_F(PostgresStatements, SixtyFourAcceptancesTakeNoMoreThanOne) {
    auto const one = statements_of(store_->accept_task(with_key(1), {.max_open = 1000}, noon));
    auto waiting = std::vector<std::future<result<ports::acceptance>>>{};

    hold();
    for (auto n = 2U; n < 66; ++n) waiting.push_back(begin(store_->accept_task(with_key(n), {.max_open = 1000}, noon)));
    let_go();

    for (auto& each : waiting) EXPECT_TRUE(each.get());
    EXPECT_EQ(groups_.back(), 64U);
    EXPECT_EQ(counted().size(), one.size());
}

TEST_F(PostgresStatements, SixtyFourCallbacksTakeNoMoreThanOne) {
    for (auto n = 0U; n < 65; ++n) in_flight(*store_, n);
    auto const one = statements_of(call_back(0));
    auto waiting = std::vector<std::future<result<ports::transition>>>{};

    hold();
    for (auto n = 1U; n < 65; ++n) waiting.push_back(begin(call_back(n)));
    let_go();

    for (auto& each : waiting) EXPECT_EQ(each.get()->what, core::verdict::accepted);
    EXPECT_EQ(groups_.back(), 64U);
    EXPECT_EQ(counted().size(), one.size());
}

TEST_F(PostgresStatements, SixtyFourAttemptsTakeNoMoreThanOne) {
    for (auto n = 0U; n < 65; ++n) completed(*store_, n);
    auto const claimed = wait(store_->claim_deliveries(results, claim_at(noon, 65)))->items;
    ASSERT_EQ(claimed.size(), 65U);
    auto const attempt = [&](core::delivery const& item) {
        return store_->record_attempt(attempt_of(item, core::delivered{}, {.answer = "HTTP 200"}, noon));
    };
    auto const one = statements_of(attempt(claimed.front()));
    auto waiting = std::vector<std::future<result<void>>>{};

    hold();
    for (auto at = 1U; at < 65; ++at) waiting.push_back(begin(attempt(claimed[at])));
    let_go();

    for (auto& each : waiting) EXPECT_TRUE(each.get());
    EXPECT_EQ(groups_.back(), 64U);
    EXPECT_EQ(counted().size(), one.size());
}

TEST_F(PostgresStatements, AMixedGroupTakesEachKindOfQuestionOnce) {
    for (auto n = 0U; n < 30; ++n) completed(*store_, n);
    for (auto n = 30U; n < 60; ++n) in_flight(*store_, n);
    auto const claimed = wait(store_->claim_deliveries(results, claim_at(noon, 20)))->items;
    auto outcomes = std::vector<std::future<result<void>>>{};
    auto callbacks = std::vector<std::future<result<ports::transition>>>{};
    auto acceptances = std::vector<std::future<result<ports::acceptance>>>{};

    hold();
    for (auto at = 0U; at < 20; ++at) {
        outcomes.push_back(
            begin(store_->record_attempt(attempt_of(claimed[at], core::delivered{}, {.answer = "HTTP 200"}, noon))));
        callbacks.push_back(begin(call_back(30 + at)));
        acceptances.push_back(begin(store_->accept_task(with_key(100 + at), {.max_open = 1000}, noon)));
    }
    let_go();

    for (auto& each : outcomes) EXPECT_TRUE(each.get());
    for (auto& each : callbacks) EXPECT_TRUE(each.get());
    for (auto& each : acceptances) EXPECT_TRUE(each.get());
    EXPECT_EQ(groups_.back(), 60U);
    EXPECT_EQ(counted().size(), 4U) << ::testing::PrintToString(counted());  // tasks, deliveries, quotas, the writes
}

}  // namespace
}  // namespace voicehook::contract
