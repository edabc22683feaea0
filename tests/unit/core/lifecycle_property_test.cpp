#include "lifecycle_kit.hpp"

#include <random>

namespace voicehook::core {
namespace {

using namespace kit;

/// Random events from small worlds, so that ids, bodies and times meet each other often.
class event_source {
public:
    explicit event_source(std::mt19937& random) : random_{random} {}

    task_event make(instant now) {
        switch (below(std::variant_size_v<task_event>)) {
            case 0: return submission_claimed{now + 60s};
            case 1: return submission_lost{some_time(now)};
            case 2: return submission_accepted{.ref = id(), .status = status(), .body = body(), .poll_at = now + 15s};
            case 3:
                return submission_refused{
                    .why = a_refusal(http_status()), .retry_at = some_time(now), .about = scope()};
            case 4: return submission_postponed{now + 1s, "busy"};
            case 5: return submission_unknown{some_time(now), "timeout"};
            case 6: return submission_expired{a_refusal(503)};
            case 7: return callback_received{report(), body(), "192.0.2.1", confirm()};
            case 8: return query_answered{report(), body(), now + 6s};
            case 9: return query_failed{now + 6s, body()};
            case 10: return query_wanted{"malformed callback"};
            case 11: return operator_ended{end(), a_refusal(http_status()), "ann"};
            case 12: return operator_bound{id(), "ann"};
            case 13: return operator_resubmitted{"ann"};
            default: return operator_upheld{"ann", "heard it"};
        }
    }

    std::size_t below(std::size_t limit) { return random_() % limit; }

private:
    bool flip() { return below(2) == 0; }
    provider_task_id id() { return below(4) == 0 ? other_id : first_id; }
    std::string body() { return flip() ? "one" : "two"; }
    int http_status() { return flip() ? 400 : 402; }
    reported_status status() { return static_cast<reported_status>(1 + below(6)); }
    terminal end() { return static_cast<terminal>(1 + below(3)); }
    confirmation confirm() { return below(3) == 0 ? confirmation::always : confirmation::conflict; }
    submission_refused::scope scope() {
        return flip() ? submission_refused::scope::request : submission_refused::scope::account;
    }
    std::optional<instant> some_time(instant now) {
        if (flip()) return std::nullopt;
        return now + 60s;
    }
    task_report report() {
        auto told = a_report(status(), id());
        if (flip()) told.progress = static_cast<int>(below(101));
        if (flip()) told.error_code = "request_cancelled";
        return told;
    }

    std::mt19937& random_;
};

void expect_frozen_identity(task const& before, task const& after) {
    EXPECT_EQ(after.id, before.id);
    EXPECT_EQ(after.caller, before.caller);
    EXPECT_EQ(after.created_at, before.created_at);
    EXPECT_EQ(after.submit_body, before.submit_body);
    EXPECT_EQ(after.fingerprint, before.fingerprint);
    EXPECT_GE(after.deadline, before.deadline);
    if (before.provider_id) EXPECT_EQ(after.provider_id, before.provider_id);
    if (before.unknown_since) EXPECT_EQ(after.unknown_since, before.unknown_since);
    if (before.accepted_at) EXPECT_EQ(after.accepted_at, before.accepted_at);
    if (!before.idempotency_key) EXPECT_EQ(after.idempotency_key, std::nullopt);
}

void expect_nothing_paid_twice(task const& before, task_event const& event, task const& after) {
    auto const claimed = std::holds_alternative<submission_claimed>(event) && before != after;
    EXPECT_EQ(after.submissions, before.submissions + (claimed ? 1 : 0));
    EXPECT_EQ(after.lease_token, before.lease_token + (claimed ? 1 : 0));
    if (claimed) EXPECT_EQ(before.provider_id, std::nullopt);
    if (stage_of(before.state) == stage::in_flight) EXPECT_GE(stage_of(after.state), stage::in_flight);
    if (before.unknown_since) EXPECT_NE(stage_of(after.state), stage::queued);
}

void expect_end_is_final(task const& before, step const& after) {
    auto const was_over = stage_of(before.state) == stage::ended;
    auto const is_over = stage_after(after) == stage::ended;
    EXPECT_EQ(after.ends, !was_over && is_over);
    EXPECT_EQ(after.next.source.has_value(), is_over);
    if (is_over) EXPECT_EQ(after.next.status, to_status(std::get<ended>(after.next.state).what));
    if (!was_over) return;

    ASSERT_TRUE(is_over);
    EXPECT_EQ(std::get<ended>(after.next.state).what, std::get<ended>(before.state).what);
    EXPECT_EQ(std::get<ended>(after.next.state).at, std::get<ended>(before.state).at);
    EXPECT_EQ(after.next.provider_body, before.provider_body);
    EXPECT_EQ(after.next.source, before.source);
    EXPECT_EQ(after.next.refused, before.refused);
    EXPECT_EQ(after.next.progress, before.progress);
}

void expect_a_way_out(task const& after) {
    auto const over = stage_of(after.state) == stage::ended;
    auto const waits_for_people = stage_of(after.state) == stage::unknown || over;
    EXPECT_TRUE(waits_for_people || due_at(after.state));
    if (stage_of(after.state) == stage::in_flight) EXPECT_TRUE(after.provider_id);
    if (stage_of(after.state) == stage::unknown) EXPECT_TRUE(after.unknown_since && !after.provider_id);
    if (after.quarrel == dispute::settling) EXPECT_TRUE(over && due_at(after.state) && after.provider_id);
    if (after.quarrel == dispute::upheld) EXPECT_EQ(due_at(after.state), std::nullopt);
    if (!over) EXPECT_EQ(after.quarrel, dispute::none);
}

void expect_honest_verdict(task const& before, task_event const& event, step const& after) {
    if (after.what == verdict::moot || after.what == verdict::mismatch) EXPECT_EQ(after.next, before);
    if (after.what == verdict::mismatch) EXPECT_TRUE(after.timeline.empty());
    if (after.what == verdict::accepted) EXPECT_TRUE(after.ends);
    if (std::holds_alternative<callback_received>(event) && after.ends) EXPECT_EQ(after.what, verdict::accepted);
    EXPECT_LE(after.next.notes, max_callback_notes);
    EXPECT_GE(after.next.notes, before.notes);
}

TEST(LifecycleProperty, WhateverHappensInWhateverOrderWhatMustHoldHolds) {
    auto random = std::mt19937{20260402};
    auto source = event_source{random};
    auto ended_tasks = 0;
    for (int sequence = 0; sequence < 20'000; ++sequence) {
        auto item = a_queued_task();
        auto now = noon;
        auto ends = 0;
        auto const length = 4 + source.below(20);

        for (std::size_t count = 0; count < length; ++count) {
            auto const event = source.make(now);
            auto after = advance(item, event, now);

            expect_frozen_identity(item, after.next);
            expect_nothing_paid_twice(item, event, after.next);
            expect_end_is_final(item, after);
            expect_a_way_out(after.next);
            expect_honest_verdict(item, event, after);
            ASSERT_FALSE(HasFailure()) << "sequence " << sequence << ", event " << event.index() << " in "
                                       << to_text(stage_of(item.state));
            ends += after.ends ? 1 : 0;
            item = std::move(after.next);
            now += 1s;
        }

        ASSERT_EQ(ends, stage_of(item.state) == stage::ended ? 1 : 0) << "sequence " << sequence;
        ended_tasks += ends;
    }
    EXPECT_GT(ended_tasks, 10'000);
    EXPECT_LT(ended_tasks, 20'000);
}

TEST(LifecycleProperty, TheSameArgumentsGiveTheSameStep) {
    auto random = std::mt19937{7};
    auto source = event_source{random};
    auto item = a_queued_task();
    for (int count = 0; count < 1'000; ++count) {
        auto const event = source.make(noon);

        auto const once = advance(item, event, noon);
        auto const again = advance(item, event, noon);

        ASSERT_EQ(once.next, again.next);
        ASSERT_EQ(once.what, again.what);
        ASSERT_EQ(once.timeline.size(), again.timeline.size());
        item = count % 20 == 19 ? a_queued_task() : once.next;
    }
}

}  // namespace
}  // namespace voicehook::core
