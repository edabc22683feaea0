#include "app/ops/task_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace voicehook::app::ops {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto noon = instant{1'775'131'200'000ms};  // 2026-04-02T12:00:00Z

constexpr auto history = R"({
    "id":"task-1","provider_task_id":"prov-1","caller":"tts-web","stage":"in_flight","status":"processing","dispute":"none",
    "created_at":"2026-04-02T11:50:00.000Z","ended_at":null,"last_problem":"","overdue":false,"trace_id":"abc",
    "idempotency_key":"order-4711","task":{"id":"task-1","status":"processing"},"request_id":"r-1",
    "due_at":"2026-04-02T12:00:30.000Z","due_kind":"query","submissions":1,"queries":2,
    "timeline":[{"at":"2026-04-02T11:50:00.000Z","kind":"accepted","detail":""},
                {"at":"2026-04-02T11:50:00.250Z","kind":"submission_accepted","detail":"as prov-1","body":"{\"id\":\"prov-1\"}"},
                {"at":"2026-04-02T11:55:00.250Z","kind":"query","detail":"processing\n\u001b[31m40 %"}],
    "deliveries":[{"id":"msg_1","task":"task-1","sink":"results","state":"pending","attempts":2,
        "created_at":"2026-04-02T11:59:00.000Z","due_at":"2026-04-02T12:00:10.000Z","cause":"status_5xx",
        "last_answer":"HTTP 500","destination":null,"body":"{\"type\":\"x\"}"}],
    "submit_body":"{\"model\":\"m\"}","provider_body":"line one\nline two\u001b]0;x\u0007","curl":"curl https://x \\\n  -H 'Authorization: Bearer …'"})";

TEST(TaskView, SaysWhereTheTaskStandsAndWhatHappened) {
    auto const text = render_task(json_part{history}, {}, noon, 0);

    EXPECT_THAT(text, HasSubstr("task           task-1\n"));
    EXPECT_THAT(text, HasSubstr("stage          in_flight, processing\n"));
    EXPECT_THAT(text, HasSubstr("created        2026-04-02 11:50:00.000 (10 min ago)\n"));
    EXPECT_THAT(text, HasSubstr("ended          –\n"));
    EXPECT_THAT(text, HasSubstr("next           query in 30 s\n"));
    EXPECT_THAT(text, HasSubstr("caller's key   order-4711\n"));
    EXPECT_THAT(text, HasSubstr("2026-04-02 11:50:00.250  +0.2 s  submission_accepted  as prov-1\n"));
    EXPECT_THAT(text, HasSubstr("2026-04-02 11:55:00.250  +5 min  query                processing ?[31m40 %\n"));
    EXPECT_THAT(text,
                HasSubstr("msg_1     results  pending      2  1 min  in 10 s   status_5xx  HTTP 500     task-1\n"));
    EXPECT_THAT(text, HasSubstr("\nresults: next attempt in 10 s, after 2; last answer: HTTP 500\n"));
    EXPECT_THAT(text, Not(HasSubstr("OVERDUE")));
    EXPECT_THAT(text, Not(HasSubstr("DISPUTE")));
    EXPECT_THAT(text, Not(HasSubstr("model")));
}

TEST(TaskView, BodiesAndTheRequestAreShownWhenAskedForAndCannotEscape) {
    auto const text = render_task(json_part{history}, {.bodies = true, .curl = true}, noon, 60);

    EXPECT_THAT(text, HasSubstr("What was submitted:\n    {\"model\":\"m\"}\n"));
    EXPECT_THAT(text, HasSubstr("submission_accepted at 2026-04-02 11:50:00.250:\n    {\"id\":\"prov-1\"}\n"));
    EXPECT_THAT(text, HasSubstr("The provider's result:\n    line one\n    line two?]0;x?\n"));
    EXPECT_THAT(text, HasSubstr("What results gets:\n    {\"type\":\"x\"}\n"));
    EXPECT_THAT(text, HasSubstr("The request again:\n    curl https://x \\\n      -H 'Authorization: Bearer …'\n"));
}

TEST(TaskView, AnOverdueAndDisputedTaskSaysSo) {
    auto const text = render_task(
        json_part{R"({"overdue":true,"dispute":"disputed","due_at":"2026-04-02T11:00:00.000Z"})"}, {}, noon, 0);

    EXPECT_THAT(text, HasSubstr("OVERDUE        nothing will move it but you\n"));
    EXPECT_THAT(text, HasSubstr("DISPUTE        disputed\n"));
    EXPECT_THAT(text, HasSubstr("next           due since 2026-04-02 11:00:00.000\n"));
}

TEST(TaskView, WhereTheAudioWasKeptIsShownWholeInANarrowTerminal) {
    auto const text = render_task(json_part{R"({"deliveries":[{"sink":"artifacts","state":"delivered","attempts":1,
        "last_answer":"2026-04-02/task-1.wav, 1024000 bytes, audio/wav, sha256 0123456789abcdef"}]})"},
                                  {}, noon, 40);

    EXPECT_THAT(text, HasSubstr("\nkept: 2026-04-02/task-1.wav, 1024000 bytes, audio/wav, sha256 0123456789abcdef\n"));
}

TEST(TaskView, ADeliveryThatWaitsForASinkThatIsDownWasDueBefore) {
    auto const text = render_task(json_part{R"({"deliveries":[{"sink":"results","state":"pending","attempts":1,
        "due_at":"2026-04-02T11:59:57.000Z","last_answer":"HTTP 503"}]})"},
                                  {}, noon, 0);

    EXPECT_THAT(text, HasSubstr("\nresults: next attempt was due 3 s ago, after 1; last answer: HTTP 503\n"));
}

TEST(TaskView, WithoutDeliveriesItSaysWhetherThereWillBeAny) {
    auto const open = render_task(json_part{R"({"stage":"in_flight","ended_at":null,"deliveries":[]})"}, {}, noon, 0);
    auto const unrouted = render_task(
        json_part{R"({"stage":"ended","ended_at":"2026-04-02T11:50:00.000Z","deliveries":[]})"}, {}, noon, 0);

    EXPECT_THAT(open, HasSubstr("\nNothing was delivered yet: it has not ended.\n"));
    EXPECT_THAT(unrouted, HasSubstr("\nNothing is delivered: no sink takes its result.\n"));
}

TEST(TaskView, AnAnswerWithoutMembersIsAllDashes) {
    auto const text = render_task(json_part{"{}"}, {.bodies = true, .curl = true}, noon, 80);

    EXPECT_THAT(text, HasSubstr("task           –\n"));
    EXPECT_THAT(text, HasSubstr("counters       – submitted, – asked for\n"));
    EXPECT_THAT(text, HasSubstr("The timeline is not known.\n"));
    EXPECT_THAT(text, HasSubstr("The service tells no bodies.\n"));
    EXPECT_THAT(text, HasSubstr("The service tells no curl command.\n"));
}

}  // namespace
}  // namespace voicehook::app::ops
