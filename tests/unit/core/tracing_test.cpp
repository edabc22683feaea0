#include "core/tracing.hpp"

#include "lifecycle_kit.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace voicehook::core {
namespace {

auto const callers = std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"};
auto const callers_trace = trace_id{"4bf92f3577b34da6a3ce929d0e0e4736"};
auto const own_trace = trace_id{"017f22e279b07cc398c4dc0c0c07398f"};

task task_with(std::string trace_parent) {
    task item;
    item.id = task_id{"task-017f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
    item.trace_parent = std::move(trace_parent);
    return item;
}

delivery delivery_with(std::string task_trace_parent) {
    delivery item;
    item.id = delivery_id{"msg_AAECAwQFBgcICQoLDA0O_w"};
    item.task = task_with({}).id;
    item.task_trace_parent = std::move(task_trace_parent);
    return item;
}

TEST(Tracing, ATaskIsInTheTraceOfItsCallerOrInOneOfItsOwn) {
    EXPECT_EQ(trace_id_of(task_with(callers)), callers_trace);
    EXPECT_EQ(trace_id_of(task_with({})), own_trace);
}

TEST(Tracing, WhatIsStoredButNoTraceparentCountsAsNone) {
    EXPECT_EQ(trace_id_of(task_with(callers + "-00")), own_trace);
    EXPECT_EQ(trace_id_of(task_with("00-00000000000000000000000000000000-00f067aa0ba902b7-01")), own_trace);
}

TEST(Tracing, TheSpanOfATaskIsItsOwnWhoeverBeganTheTrace) {
    EXPECT_EQ(trace_of(task_with(callers)), (trace_context{callers_trace, span_id{"98c4dc0c0c07398f"}, sampling::off}));
    EXPECT_EQ(trace_of(task_with({})), (trace_context{own_trace, span_id{"98c4dc0c0c07398f"}, sampling::on}));
}

TEST(Tracing, ADeliveryBeginsATraceOfTheBytesOfItsIdAndIsSampledAsItsTaskIs) {
    EXPECT_EQ(trace_of(delivery_with({})),
              (trace_context{trace_id{"000102030405060708090a0b0c0d0eff"}, span_id{"08090a0b0c0d0eff"}, sampling::on}));
    EXPECT_EQ(trace_of(delivery_with(callers)).sampled, sampling::off);
}

TEST(Tracing, ADeliveryLinksBackToTheTraceOfItsTask) {
    EXPECT_EQ(task_trace_of(delivery_with(callers)), trace_of(task_with(callers)));
    EXPECT_EQ(task_trace_of(delivery_with({})), trace_of(task_with({})));
}

TEST(Tracing, ATraceLeadsToTheOnlyTaskAndDeliveryThatCanHaveItAsTheirOwn) {
    EXPECT_EQ(task_traced_as(own_trace), task_with({}).id);
    EXPECT_EQ(task_traced_as(callers_trace), std::nullopt);
    EXPECT_EQ(delivery_traced_as(trace_id_of(delivery_with({}).id)), delivery_with({}).id);
}

TEST(Tracing, IdsThatAreNotOfOurMakingHaveTracesToo) {
    auto const traces = std::vector{
        trace_id_of(delivery_id{}),
        trace_id_of(delivery_id{"msg_1"}),
        trace_id_of(delivery_id{"msg_2"}),
        trace_id_of(delivery_id{"msg_AAAAAAAAAAAAAAAAAAAAAA"}),
        trace_id_of(task{}),
    };
    for (auto const& trace : traces) EXPECT_EQ(read_trace_id(trace.value()), trace) << trace.value();
    EXPECT_NE(traces[1], traces[2]);
    EXPECT_EQ(read_traceparent(write_traceparent(trace_of(delivery{}))), trace_of(delivery{}));
    EXPECT_EQ(read_traceparent(write_traceparent(trace_of(task{}))), trace_of(task{}));
}

TEST(Tracing, ATimelineEntryTellsItsTraceAndSpanWhereThereAreAny) {
    EXPECT_EQ(with_span("attempt 1", span_id{"98c4dc0c0c07398f"}), "attempt 1, span 98c4dc0c0c07398f");
    EXPECT_EQ(with_trace("completed", {own_trace, span_id{"98c4dc0c0c07398f"}}),
              "completed, trace 017f22e279b07cc398c4dc0c0c07398f, span 98c4dc0c0c07398f");
    EXPECT_EQ(with_span("attempt 1", {}), "attempt 1");
    EXPECT_EQ(with_trace("completed", {}), "completed");
}

TEST(Tracing, WhatARequestLedToStandsOnTheTimelineWithItsSpan) {
    auto const events = std::vector<task_event>{
        submission_accepted{.ref = kit::first_id, .body = "{}", .poll_at = kit::later},
        submission_refused{.why = {400, "invalid_request", "{}"}},
        submission_postponed{.retry_at = kit::later, .cause = "rate_limit_exceeded"},
        submission_unknown{.replay_at = kit::later, .cause = "timeout"},
    };
    for (auto event : events) {
        tell_span(event, span_id{"98c4dc0c0c07398f"});

        auto const after = advance(kit::a_submitting_task(), event, kit::noon);

        EXPECT_TRUE(after.timeline.at(0).detail.ends_with(", span 98c4dc0c0c07398f")) << after.timeline.at(0).detail;
    }
}

TEST(Tracing, WhatAQueryLedToStandsOnTheTimelineWithItsSpan) {
    auto const events = std::vector<task_event>{
        query_answered{.report = {.id = kit::first_id, .status = reported_status::completed}, .body = "{}"},
        query_answered{.report = {.id = kit::first_id, .status = reported_status::processing, .progress = 50}},
        query_answered{.report = {.id = kit::other_id, .status = reported_status::completed}},
        query_failed{.poll_at = kit::later, .cause = "timeout"},
    };
    for (auto event : events) {
        tell_span(event, span_id{"98c4dc0c0c07398f"});

        auto const after = advance(kit::an_in_flight_task(), event, kit::noon);

        EXPECT_TRUE(after.timeline.at(0).detail.ends_with(", span 98c4dc0c0c07398f")) << after.timeline.at(0).detail;
    }
}

TEST(Tracing, AnEventThatNoRequestLedToStaysAsItIs) {
    auto event = task_event{query_wanted{"an operator asks"}};

    tell_span(event, span_id{"98c4dc0c0c07398f"});

    EXPECT_EQ(advance(kit::an_in_flight_task(), event, kit::noon).timeline.at(0).detail, "an operator asks");
}

}  // namespace
}  // namespace voicehook::core
