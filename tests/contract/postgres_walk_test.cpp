#include "postgres_fixture.hpp"
#include "postgres_relay.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <random>

namespace voicehook::contract {
namespace {

using core::reported_status;

/// Few tasks, so that all who walk meet at each of them.
constexpr auto tasks = 12U;

/// What one of several walks at once may be told; anything else is noted.
class expectations {
public:
    template <class T>
    void see(std::string_view operation, result<T> const& outcome) {
        ++done_;
        using enum errc;
        if (outcome || outcome.error().code == not_found || outcome.error().code == conflict ||
            outcome.error().code == lease_lost || outcome.error().code == invalid)
            return;
        surprises_.push_back(
            fmt::format("{}: {} ({})", operation, to_text(outcome.error().code), outcome.error().doing));
    }
    [[nodiscard]] std::vector<std::string> const& surprises() const noexcept { return surprises_; }
    [[nodiscard]] int done() const noexcept { return done_; }

private:
    std::vector<std::string> surprises_;
    int done_{};
};

/// One who does whatever a seed says, as its store answers, beside others on the same database.
class walker {
public:
    walker(ports::store& store, std::uint64_t seed, expectations& expected)
        : store_{store}, dice_{seed}, owner_{fmt::format("life-{}", seed % 3)}, expected_{expected} {}

    awaitable<void> walk(int steps);

private:
    awaitable<void> step();
    awaitable<void> accept();
    awaitable<void> submit();
    awaitable<void> call_back();
    awaitable<void> query();
    awaitable<void> deliver();
    awaitable<void> operate();
    awaitable<void> keep_up();

    unsigned below(unsigned limit) { return static_cast<unsigned>(dice_() % limit); }
    task_id some_task() { return id_of(below(tasks)); }
    provider_task_id theirs(task_id const& id) {
        return below(8) == 0 ? provider_id_of(below(4)) : provider_task_id{"theirs-" + id.value()};
    }
    reported_status status() { return static_cast<reported_status>(1 + below(6)); }
    sink_name sink() { return below(2) == 0 ? results : archive; }
    instant soon() { return now_ + duration{below(3'000)}; }
    ports::claim_terms terms() { return claim_at(now_, 1 + below(6), owner_, duration{1 + below(3'000)}); }
    template <class T>
    bool saw(std::string_view operation, result<T> const& outcome) {
        expected_.see(operation, outcome);
        return outcome.has_value();
    }

    ports::store& store_;
    std::mt19937_64 dice_;
    lease_owner owner_;
    expectations& expected_;
    instant now_{noon};
};

awaitable<void> walker::walk(int steps) {
    for (auto left = steps; left > 0; --left) {
        now_ += duration{below(400)};
        co_await step();
    }
}

awaitable<void> walker::step() {
    switch (below(12)) {
        case 0:
        case 1: return accept();
        case 2:
        case 3: return submit();
        case 4:
        case 5:
        case 6: return call_back();
        case 7: return query();
        case 8:
        case 9: return deliver();
        case 10: return operate();
        default: return keep_up();
    }
}

awaitable<void> walker::accept() {
    auto item = sample(below(tasks));
    item.caller = caller_name{fmt::format("caller-{}", below(2))};
    if (below(2) == 0) item.idempotency_key = fmt::format("key-{}", below(6));
    auto const accepted = co_await store_.accept_task(item, {.max_open = 8}, now_);
    saw("accept", accepted);
}

awaitable<void> walker::submit() {
    auto const claimed = co_await store_.claim_submissions(terms(), 1s);
    if (!saw("claim submissions", claimed)) co_return;
    for (auto const& item : claimed->items) {
        auto outcome = core::task_event{accepted_as(theirs(item.id), soon())};
        if (below(4) == 0) outcome = core::submission_unknown{soon(), "timeout"};
        if (below(8) == 0) outcome = core::submission_postponed{soon(), "busy"};
        auto const recorded =
            co_await store_.record_submission(item.id, item.lease_token, outcome, deliver_to({results}), now_);
        saw("record submission", recorded);
    }
}

awaitable<void> walker::call_back() {
    auto const id = some_task();
    auto const notice = callback_of(theirs(id), status(), fmt::format("{}", below(3)));
    auto const recorded = co_await store_.record_callback(id, notice, deliver_to({results, archive}), now_);
    saw("record callback", recorded);
}

awaitable<void> walker::query() {
    auto const claimed = co_await store_.claim_queries(terms());
    if (!saw("claim queries", claimed)) co_return;
    for (auto const& item : claimed->items) {
        auto const answer = answer_of(item.provider_id.value_or(theirs(item.id)), status(), soon());
        auto const recorded =
            co_await store_.record_query(item.id, item.lease_token, answer, deliver_to({results, archive}), now_);
        saw("record query", recorded);
    }
}

awaitable<void> walker::deliver() {
    auto const claimed = co_await store_.claim_deliveries(sink(), terms());
    if (!saw("claim deliveries", claimed)) co_return;
    for (auto const& item : claimed->items) {
        auto outcome = core::attempt_outcome{.failed = core::delivery_cause::timeout, .answer = "timeout"};
        auto decision = core::delivery_decision{core::retry_at{soon(), item.tried_for + 1s}};
        if (below(3) == 0) decision = core::park{core::delivery_cause::timeout};
        if (below(5) == 0) decision = core::defer{soon(), item.tried_for + 1s};
        if (below(9) == 0) decision = core::give_up{core::delivery_cause::timeout};
        if (below(3) == 0) {
            decision = core::delivered{};
            outcome = {.failed = std::nullopt, .answer = "HTTP 200"};
        }
        auto const recorded = co_await store_.record_attempt(attempt_of(item, decision, outcome, now_));
        saw("record attempt", recorded);
    }
}

awaitable<void> walker::operate() {
    auto const id = some_task();
    auto const done = co_await store_.record_event(
        id, core::operator_ended{core::terminal::cancelled, {499, "ended", "{}"}, "ann"}, deliver_to({results}), now_);
    saw("record event", done);
    auto const retried = co_await store_.retry_delivery(delivery_of(id, results), "ann", now_);
    saw("retry", retried);
    auto const discarded = co_await store_.discard_delivery(delivery_of(id, archive), "ann", "why", now_);
    saw("discard", discarded);
    auto const state = below(3) == 0 ? ports::pause_state::paused : ports::pause_state::running;
    auto const paused = co_await store_.set_sink_paused(archive, {state, "because", "ann"}, now_);
    saw("pause", paused);
}

awaitable<void> walker::keep_up() {
    auto const self = ports::replica_note{owner_, owner_.value() + ":1", "1.0", noon};
    auto const terms = ports::beat_terms{
        .now = now_, .lost_replay_after = 1s, .refresh_after = 200ms, .dead_after = duration{below(3'000)}, .limit = 4};
    auto const beaten = co_await store_.beat(self, {results, archive}, terms);
    saw("beat", beaten);
    auto const released = co_await store_.release_leases(below(4) == 0 ? owner_ : lease_owner{"nobody"}, 1s, now_);
    saw("release", released);
    auto const retired = co_await store_.retire(now_ - 2s, 3, now_);
    saw("retire", retired);
    auto const removed = co_await store_.park_removed_sinks({results}, below(2), now_);
    saw("park", removed);
}

class PostgresWalk : public PostgresStore {
protected:
    /// Lets two walk on each store at once, to their ends.
    void walk(std::vector<ports::store*> const& stores, int steps) {
        auto walkers = std::vector<std::unique_ptr<walker>>{};
        auto walks = std::vector<std::future<void>>{};
        for (auto seed = 0U; seed < 2 * stores.size(); ++seed) {
            walkers.push_back(std::make_unique<walker>(*stores[seed % stores.size()], seed, expected_));
            walks.push_back(begin(walkers.back()->walk(steps)));
        }
        run_all();
        for (auto& each : walks) each.get();
    }

    expectations expected_;
};

TEST_F(PostgresWalk, WhateverTwoReplicasDoAtOnceTheirCountersAgreeWithTheRows) {
    auto here = open();
    auto there = open();

    walk({here.get(), there.get()}, 200);

    EXPECT_EQ(expected_.surprises(), std::vector<std::string>{});
    EXPECT_GT(expected_.done(), 800);
    EXPECT_GT(number("SELECT sum(value)::bigint FROM voicehook.counter WHERE kind = 'delivery_created'"), 0);
    close(std::move(here));
    close(std::move(there));
}

TEST_F(PostgresWalk, ALostAnswerIsNeverAWrongOne) {
    auto relay = postgres_relay{};
    auto chosen = on_made_up_time();
    auto here = open(chosen);
    chosen.url = relay.url();
    auto there = open(chosen);
    for (auto n = 0; n < 30; ++n)
        if (n % 3 == 0)
            relay.lose("COMMIT");
        else if (n % 3 == 1)
            relay.lose_answer_to("COMMIT");
        else
            relay.lose_answer_to("BEGIN");

    walk({here.get(), there.get()}, 120);

    EXPECT_EQ(expected_.surprises(), std::vector<std::string>{});
    relay.await_losses();
    close(std::move(here));
    close(std::move(there));
}

}  // namespace
}  // namespace voicehook::contract
