#include "store_contract.hpp"

#include <fmt/format.h>

#include <random>

namespace voicehook::contract {
namespace {

using core::reported_status;

/// Thousands of operations drawn by a seed, each run on every store: all must answer alike, field by field.
class random_walk {
public:
    explicit random_walk(std::uint64_t seed) : dice_{seed} {
        for (auto const kind : every_store()) stores_.push_back(make_store(kind, io_, folder_));
    }
    ~random_walk() {
        for (auto& store : stores_) wait_for(io_, store->close());
    }
    random_walk(random_walk const&) = delete;
    random_walk& operator=(random_walk const&) = delete;

    void step() {
        now_ += duration{below(4) == 0 ? below(20'000) : below(50)};
        switch (below(23)) {
            case 0:
            case 1:
            case 2: accept(); break;
            case 3:
            case 4: claim_submissions(); break;
            case 5:
            case 6: record_submission(); break;
            case 7:
            case 8:
            case 9: record_callback(); break;
            case 10: claim_queries(); break;
            case 11:
            case 12: record_query(); break;
            case 13: record_event(); break;
            case 14:
            case 15: claim_deliveries(); break;
            case 16:
            case 17: record_attempt(); break;
            case 18: operate(); break;
            case 19: read(); break;
            case 20: beat(); break;
            case 21: replay(); break;
            default:
                if (below(4) == 0) keep_up();
                break;
        }
    }

    void compare_everything();
    [[nodiscard]] ports::audit_report audit();

private:
    /// Runs the operation on every store and compares; the first store's answer.
    template <class Operation>
    auto both(Operation operation) {
        auto const first = wait_for(io_, operation(*stores_[0]));
        for (auto at = std::size_t{1}; at < stores_.size(); ++at)
            EXPECT_EQ(text_of(first), text_of(wait_for(io_, operation(*stores_[at]))));
        return first;
    }

    unsigned below(unsigned limit) { return static_cast<unsigned>(dice_() % limit); }
    template <class T>
    T const& one_of(std::vector<T> const& items) {
        return items[below(static_cast<unsigned>(items.size()))];
    }
    instant soon() { return now_ + duration{below(30'000)}; }
    lease_owner owner() { return below(3) == 0 ? other : me; }
    sink_name sink() { return below(2) == 0 ? results : archive; }
    reported_status status() { return static_cast<reported_status>(1 + below(6)); }
    provider_task_id theirs(task_id const& id) {
        if (below(12) == 0) return provider_id_of(below(next_));  // perhaps another task's
        return provider_task_id{"theirs-" + id.value()};
    }
    ports::render_function render() {
        if (below(30) == 0) return deliver_to({results, results});
        return deliver_to({results, archive});
    }
    ports::claim_terms terms() { return claim_at(now_, 1 + below(5), owner(), duration{1 + below(20'000)}); }

    void accept() {
        auto item = below(3) == 0 ? submitting_sample(next_) : sample(next_);
        ++next_;
        item.created_at = below(3) == 0 ? noon : now_;
        item.answer_by = now_ + 10s;
        item.caller = caller_name{fmt::format("caller-{}", below(3))};
        if (below(2) == 0) item.idempotency_key = fmt::format("key-{}", below(20));
        if (below(2) == 0) item.fingerprint = "same";
        if (below(2) == 0) item.trace_parent = fmt::format("00-{:032}-00f067aa0ba902b7-01", below(5));
        auto const limits = ports::acceptance_limits{.max_open = 5 + below(40), .owner = owner()};
        auto const accepted = both([&](ports::store& store) { return store.accept_task(item, limits, now_); });
        if (accepted && accepted->what == ports::acceptance_outcome::stored) {
            ids_.push_back(item.id);
            taken_.push_back(accepted->item);
        }
    }

    void claim_submissions() {
        auto const replay_after = below(3) == 0 ? std::nullopt : std::optional{duration{below(9'000)}};
        auto const at = terms();
        auto const claimed = both([&](ports::store& store) { return store.claim_submissions(at, replay_after); });
        taken_.insert(taken_.end(), claimed->items.begin(), claimed->items.end());
    }

    core::task_event submission_outcome(task_id const& id) {
        auto const refusal = core::refusal{below(2) == 0 ? 400 : 402, "refused", "{}"};
        switch (below(7)) {
            case 0: return core::submission_refused{.why = refusal, .retry_at = soon()};
            case 1: return core::submission_postponed{soon(), "busy"};
            case 2: return core::submission_unknown{below(2) == 0 ? std::nullopt : std::optional{soon()}, "timeout"};
            case 3:
            case 4: return core::submission_expired{refusal};
            default: return accepted_as(theirs(id), soon());
        }
    }

    void record_submission() {
        if (taken_.empty()) return;
        auto const item = one_of(taken_);
        auto const outcome = submission_outcome(item.id);
        auto const rendered = render();
        both([&](ports::store& store) {
            return store.record_submission(item.id, item.lease_token, outcome, rendered, now_);
        });
    }

    void record_callback() {
        if (ids_.empty()) return;
        auto const id = one_of(ids_);
        auto notice = callback_of(theirs(id), status(), fmt::format("{{\"n\":{}}}", below(3)));
        if (below(5) == 0) notice.confirm = core::confirmation::always;
        auto const rendered = render();
        both([&](ports::store& store) { return store.record_callback(id, notice, rendered, now_); });
    }

    void claim_queries() {
        auto const at = terms();
        auto const claimed = both([&](ports::store& store) { return store.claim_queries(at); });
        taken_.insert(taken_.end(), claimed->items.begin(), claimed->items.end());
    }

    void record_query() {
        if (taken_.empty()) return;
        auto const item = one_of(taken_);
        auto const poll_at = soon();
        auto outcome = core::task_event{answer_of(item.provider_id.value_or(theirs(item.id)), status(), poll_at)};
        if (below(3) == 0) outcome = core::query_failed{.poll_at = poll_at, .cause = "timeout"};
        auto const rendered = render();
        both([&](ports::store& store) {
            return store.record_query(item.id, item.lease_token, outcome, rendered, now_);
        });
    }

    core::task_event something(task_id const& id) {
        switch (below(5)) {
            case 0: return core::operator_ended{core::terminal::cancelled, {499, "ended", "{}"}, "ann"};
            case 1: return core::operator_bound{theirs(id), "ann"};
            case 2: return core::operator_resubmitted{"ann"};
            case 3: return core::operator_upheld{"ann", "asked"};
            default: return core::query_wanted{"an operator"};
        }
    }

    void record_event() {
        if (ids_.empty()) return;
        auto const id = one_of(ids_);
        auto const event = something(id);
        auto const rendered = render();
        both([&](ports::store& store) { return store.record_event(id, event, rendered, now_); });
    }

    void claim_deliveries() {
        auto at = terms();
        if (below(3) == 0) at.kept_since = at.now - 1s * below(60);
        if (below(3) == 0) at.overdue_by = 1s * below(10);
        auto const name = sink();
        auto const claimed = both([&](ports::store& store) { return store.claim_deliveries(name, at); });
        delivering_.insert(delivering_.end(), claimed->items.begin(), claimed->items.end());
    }

    void record_attempt() {
        if (delivering_.empty()) return;
        auto const item = one_of(delivering_);
        auto outcome = core::attempt_outcome{.failed = core::delivery_cause::timeout, .answer = "timeout"};
        auto decision = core::delivery_decision{core::retry_at{soon(), item.tried_for + 1s}};
        switch (below(6)) {
            case 0: decision = core::park{core::delivery_cause::timeout}; break;
            case 5: decision = core::give_up{core::delivery_cause::timeout}; break;
            case 4: decision = core::defer{soon(), item.tried_for + 1s}; break;
            case 1:
            case 2:
                decision = core::delivered{};
                outcome = {.failed = std::nullopt, .answer = "HTTP 200"};
                break;
            default:
                if (below(10) == 0) outcome.then = core::attempt_outcome::hint::pause_sink;
                break;
        }
        auto const attempt = attempt_of(item, decision, outcome, now_);
        both([&](ports::store& store) { return store.record_attempt(attempt); });
    }

    void operate() {
        auto const name = sink();
        auto const pause = ports::sink_pause{below(4) == 0 ? ports::pause_state::paused : ports::pause_state::running,
                                             "because", "ann"};
        both([&](ports::store& store) { return store.set_sink_paused(name, pause, now_); });
        if (delivering_.empty()) return;
        auto const id = one_of(delivering_).id;
        if (below(2) == 0)
            both([&](ports::store& store) { return store.retry_delivery(id, "ann", now_); });
        else
            both([&](ports::store& store) { return store.discard_delivery(id, "ann", "why", now_); });
    }

    void replay() {
        auto item = ports::replay{.id = replay_id{fmt::format("replay-{}", below(40))}, .who = "ann"};
        auto const id = item.id;
        item.filter.sink = sink();
        if (below(3) == 0) item.filter.cause = core::delivery_cause::timeout;
        if (below(3) == 0) item.filter.created_after = noon + duration{below(600'000)};
        if (below(3) == 0) item.filter.created_before = noon + duration{below(600'000)};
        item.started_at = now_;
        auto const by =
            ports::action{.at = now_, .who = "ann", .what = ports::action_kind::replay, .subject = item.id.value()};
        both([&](ports::store& store) { return store.count_parked(item.filter); });
        auto terms = ports::replay_terms{.now = now_, .sinks = {results}, .batch = 1 + below(4)};
        if (below(2) == 0) terms.sinks.push_back(archive);
        switch (below(6)) {
            case 0:
            case 1: both([&](ports::store& store) { return store.start_replay(item, by); }); break;
            case 2: both([&](ports::store& store) { return store.cancel_replay(id, by); }); break;
            case 3: both([&](ports::store& store) { return store.find_replay(id); }); break;
            default: both([&](ports::store& store) { return store.advance_replays(terms); }); break;
        }
    }

    void look_up() {
        auto what = ports::task_lookup{.limit = 1 + below(4)};
        if (!ids_.empty() && below(2) == 0) what.id = one_of(ids_);
        if (below(2) == 0) what.idempotency_key = fmt::format("key-{}", below(20));
        if (below(2) == 0) what.trace_id = fmt::format("{:032}", below(5));
        if (!delivering_.empty() && below(2) == 0) what.delivery = one_of(delivering_).id;
        if (!ids_.empty() && below(2) == 0) what.provider_id = theirs(one_of(ids_));
        both([&](ports::store& store) { return store.look_up_tasks(what); });
        both([](ports::store& store) { return store.list_actions({.before = {}, .limit = 5}); });
        both([](ports::store& store) { return store.list_replays(5); });
    }

    void read() {
        look_up();
        auto filter = ports::task_filter{.limit = 1 + below(7)};
        if (below(2) == 0) filter.caller = caller_name{fmt::format("caller-{}", below(3))};
        if (below(3) == 0) filter.status = status();
        if (below(3) == 0) filter.stage = static_cast<core::stage>(1 + below(5));
        if (below(3) == 0) filter.created_after = noon + duration{below(60'000)};
        if (below(3) == 0) filter.created_before = noon + duration{below(600'000)};
        if (!ids_.empty() && below(2) == 0) filter.after = one_of(ids_);
        both([&](ports::store& store) { return store.list_tasks(filter); });
        auto deliveries = ports::delivery_filter{.state = static_cast<core::delivery_state>(1 + below(5)), .limit = 4};
        if (below(2) == 0) deliveries.sink = sink();
        if (!delivering_.empty() && below(2) == 0) deliveries.after = one_of(delivering_).id;
        if (below(2) == 0) {
            deliveries.state = core::delivery_state::parked;
            deliveries.cause = core::delivery_cause::timeout;
        }
        both([&](ports::store& store) { return store.list_deliveries(deliveries); });
        both([this](ports::store& store) { return store.summary(now_); });
    }

    void beat() {
        auto const whose = owner();
        auto const self = ports::replica_note{whose, whose.value() + ":1", "1.0", noon};
        auto const terms = ports::beat_terms{.now = now_,
                                             .lost_replay_after = 5s,
                                             .refresh_after = duration{below(20'000)},
                                             .dead_after = duration{10'000 + below(40'000)},
                                             .limit = 1 + below(10)};
        both([&](ports::store& store) { return store.beat(self, {results, archive}, terms); });
    }

    void keep_up() {
        auto const whose = owner();
        auto const limit = std::size_t{1 + below(10)};
        auto const before = now_ - duration{below(600'000)};
        switch (below(3)) {
            case 0: both([&](ports::store& store) { return store.release_leases(whose, 5s, now_); }); break;
            case 1: both([&](ports::store& store) { return store.retire(before, limit, now_); }); break;
            default:
                if (below(3) == 0)
                    both([&](ports::store& store) { return store.park_removed_sinks({archive}, limit, now_); });
                break;
        }
    }

    temporary_folder folder_;
    asio::io_context io_;
    std::vector<std::unique_ptr<ports::store>> stores_;
    std::mt19937_64 dice_;
    instant now_{noon};
    unsigned next_{1};
    std::vector<task_id> ids_;
    std::vector<core::task> taken_;           // as claimed: stale ones too
    std::vector<core::delivery> delivering_;  // as claimed: stale ones too
};

void random_walk::compare_everything() {
    both([](ports::store& store) { return store.audit(); });
    for (auto const& id : ids_) both([&](ports::store& store) { return store.read_history(id); });
}

ports::audit_report random_walk::audit() {
    return *both([](ports::store& store) { return store.audit(); });
}

class RandomWalk : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomWalk, ::testing::Values(1, 2, 3, 4));

TEST_P(RandomWalk, IsTheSameOnEveryStoreAndItsCountersAgreeWithTheRows) {
    auto walk = random_walk{GetParam()};

    for (auto at = 0; at < 3000 && !HasFailure(); ++at) {
        walk.step();
        if (at % 1000 == 999) walk.compare_everything();
    }

    auto const report = walk.audit();
    EXPECT_EQ(report.violations, std::vector<std::string>{});
    EXPECT_GT(report.counters.accepted, 100U);
    EXPECT_GT(report.counters.tasks_retired, 0U);
    EXPECT_GT(report.counters.results.at(core::result_source::callback), 0U);
    EXPECT_GT(report.counters.results.at(core::result_source::query), 0U);
    EXPECT_GT(report.counters.sinks.at(results).by_state.at(core::delivery_state::delivered), 0U);
}

}  // namespace
}  // namespace voicehook::contract
