#include "core/tracing.hpp"
#include "bench.hpp"

#include <gmock/gmock.h>

#include <set>

namespace voicehook::test {
namespace {

using testing::Each;
using testing::EndsWith;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

auto const callers = std::string{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"};
auto const callers_trace = trace_id{"4bf92f3577b34da6a3ce929d0e0e4736"};

/// Submits on behalf of somebody who has a trace already, or of somebody who has none.
task_id submit_in(bench& world, std::string trace_parent) {
    auto request = bench::request({}, "calm");
    request.trace_parent = std::move(trace_parent);
    return world.run(world.submit.accept(std::move(request))).value().item.id;
}

/// The details of a task's timeline entries of one kind.
std::vector<std::string> told(bench& world, task_id const& id, core::timeline_kind kind) {
    auto details = std::vector<std::string>{};
    for (auto const& entry : world.run(world.store->read_history(id)).value().timeline)
        if (entry.kind == kind) details.push_back(entry.detail);
    return details;
}

core::attempt_outcome went_badly() { return {.failed = core::delivery_cause::status_5xx, .answer = "HTTP 500"}; }

TEST(Tracing, EachRequestToTheProviderIsInTheTasksTraceWithASpanOfItsOwn) {
    bench world;
    world.provider.submit_script.push_back(reply(429, R"({"error":{"code":"rate_limit_exceeded"}})"));

    static_cast<void>(submit_in(world, callers));
    world.advance(2min);

    ASSERT_THAT(world.provider.traces, SizeIs(testing::Ge(3U)));
    EXPECT_GT(world.provider.queries, 0);
    EXPECT_THAT(world.provider.traces, Each(Field(&trace_context::trace, callers_trace)));
    EXPECT_THAT(world.provider.traces, Each(Field(&trace_context::sampled, sampling::off)));
    auto spans = std::set{span_id{"00f067aa0ba902b7"}};
    for (auto const& trace : world.provider.traces) spans.insert(trace.span);
    EXPECT_THAT(spans, SizeIs(world.provider.traces.size() + 1));
}

TEST(Tracing, ATaskWhoseCallerHasNoTraceIsInOneOfItsOwn) {
    bench world;

    auto const id = submit_in(world, {});

    ASSERT_THAT(world.provider.traces, SizeIs(1));
    EXPECT_EQ(world.provider.traces[0].trace, core::trace_id_of(world.task(id)));
    EXPECT_EQ(core::task_traced_as(world.provider.traces[0].trace), id);
    EXPECT_EQ(world.provider.traces[0].sampled, sampling::on);
}

TEST(Tracing, EachAttemptOfADeliveryIsInItsTraceWithASpanOfItsOwnAndLinksBackToTheTask) {
    bench world;
    world.sink->script = {went_badly(), went_badly()};
    auto const id = submit_in(world, callers);

    static_cast<void>(world.call_back(id, provider_body("provider-1", "completed")));
    world.advance(2h);

    ASSERT_THAT(world.sink->traces, SizeIs(3));
    auto const own = core::trace_id_of(world.sink->received[0].id);
    EXPECT_THAT(world.sink->traces, Each(Field(&trace_context::trace, own)));
    EXPECT_NE(own, callers_trace);
    EXPECT_NE(world.sink->traces[0].span, world.sink->traces[1].span);
    EXPECT_NE(world.sink->traces[1].span, world.sink->traces[2].span);
    for (auto const& item : world.sink->received) EXPECT_EQ(core::task_trace_of(item).trace, callers_trace);
}

TEST(Tracing, TheTimelineTellsTheSpanOfEachRequestAndAttempt) {
    bench world;
    world.provider.on_query = [](auto const& id) { return reply(200, provider_body(id.value(), "completed")); };
    auto const id = submit_in(world, callers);

    world.advance(2min);

    auto const& sent = world.provider.traces;
    ASSERT_THAT(sent, SizeIs(2));
    EXPECT_THAT(told(world, id, core::timeline_kind::accepted), Each(HasSubstr("trace " + callers_trace.value())));
    EXPECT_THAT(told(world, id, core::timeline_kind::submission_accepted),
                Each(EndsWith("span " + sent[0].span.value())));
    EXPECT_THAT(told(world, id, core::timeline_kind::query), Each(EndsWith("span " + sent[1].span.value())));
    auto const attempts = told(world, id, core::timeline_kind::delivery_attempt);
    ASSERT_THAT(attempts, SizeIs(1));
    auto const& attempt = world.sink->traces.at(0);
    EXPECT_THAT(attempts[0], EndsWith(" ms, trace " + attempt.trace.value() + ", span " + attempt.span.value()));
}

TEST(Tracing, ACallbackStandsOnTheTimelineWithTheTraceThatItCameIn) {
    bench world;
    auto const id = submit_in(world, {});

    static_cast<void>(world.call_back(id, "no task"));
    static_cast<void>(world.call_back(id, provider_body("provider-1", "completed")));

    auto const came_in = ", trace " + callback_trace.trace.value() + ", span " + callback_trace.span.value();
    EXPECT_THAT(told(world, id, core::timeline_kind::query_wanted), testing::ElementsAre(EndsWith(came_in)));
    EXPECT_THAT(told(world, id, core::timeline_kind::callback),
                testing::ElementsAre("completed from 192.0.2.1" + came_in));
}

}  // namespace
}  // namespace voicehook::test
