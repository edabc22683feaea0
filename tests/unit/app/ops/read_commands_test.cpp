#include "app/ops/read_commands.hpp"

#include "app/commands.hpp"
#include "tests/unit/app/ops/scripted.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voicehook::app::ops {
namespace {

using test::scripted;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto well = R"({"past_due":{},"conservation":{"ok":true,"violations":[]}})";
constexpr auto lost = R"({"past_due":{},"conservation":{"ok":false,"violations":["one is missing"]}})";

std::string page(std::string const& ids, std::string const& cursor) {
    auto lines = std::string{};
    for (auto const id : ids)
        lines += fmt::format(R"({}{{"id":"task-{}","stage":"ended"}})", lines.empty() ? "" : ",", id);
    return fmt::format(R"({{"data":[{}],"next_cursor":{}}})", lines, cursor.empty() ? "null" : "\"" + cursor + "\"");
}

TEST(ReadCommands, OnlyACheckTellsTroubleByItsExitCode) {
    auto script = scripted{};
    script.api.then(200, well).then(200, lost).then(200, lost).then(200, "{}");

    EXPECT_EQ(show_summary(script.with, {.check = true}), exit_ok);
    EXPECT_EQ(show_summary(script.with, {}), exit_ok);
    EXPECT_EQ(show_summary(script.with, {.check = true}), exit_attention);
    EXPECT_EQ(show_summary(script.with, {.check = true}), exit_attention) << "what is not known is not well";
}

TEST(ReadCommands, AnAuditIsDeep) {
    auto script = scripted{};
    script.for_programs().api.then(200, lost);

    EXPECT_EQ(show_summary(script.with, {.check = true, .audit = true}), exit_attention);

    EXPECT_THAT(script.api.asked, ElementsAre("GET /ops/v1/summary?audit=deep"));
    EXPECT_EQ(script.terminal.results, std::string{lost} + "\n");
}

TEST(ReadCommands, FiltersAreSentAndAgesBecomeTimes) {
    auto script = scripted{};
    script.api.then(200, page("", ""));

    EXPECT_EQ(list_tasks(script.with, {.any_id = "",
                                       .caller = "tts web",
                                       .status = "failed",
                                       .stage = "ended",
                                       .created_after = "2h",
                                       .created_before = "2026-04-02T11:30:00+00:00",
                                       .list = {.limit = 7}}),
              exit_ok);

    EXPECT_THAT(
        script.api.asked,
        ElementsAre(
            "GET /ops/v1/tasks?caller=tts%20web&status=failed&stage=ended&created_after=2026-04-02T10%3A00%3A00.000Z"
            "&created_before=2026-04-02T11%3A30%3A00.000Z&limit=7"));
    EXPECT_EQ(script.terminal.results, "No task is like that.\n");
}

TEST(ReadCommands, ATimeThatIsNoneIsRefusedUnasked) {
    auto script = scripted{};

    EXPECT_EQ(list_tasks(script.with, {.created_after = "yesterday"}), exit_refused);

    EXPECT_TRUE(script.api.asked.empty());
    EXPECT_THAT(script.terminal.remarks, HasSubstr("--created-after"));
}

TEST(ReadCommands, AnIdThatNoTaskHasIsNotFound) {
    auto script = scripted{};
    script.api.then(200, page("", ""));

    EXPECT_EQ(list_tasks(script.with, {.any_id = "order/4711"}), exit_not_found);

    EXPECT_THAT(script.api.asked, ElementsAre("GET /ops/v1/tasks?q=order%2F4711&limit=50"));
}

TEST(ReadCommands, AllFollowsTheCursorsUnderOneTitle) {
    auto script = scripted{};
    script.api.then(200, page("ab", "c/1")).then(200, page("cd", "c2")).then(200, page("e", ""));

    EXPECT_EQ(list_tasks(script.with, {.list = {.all = true}}), exit_ok);

    EXPECT_THAT(script.api.asked, ElementsAre("GET /ops/v1/tasks?limit=200", "GET /ops/v1/tasks?limit=200&cursor=c%2F1",
                                              "GET /ops/v1/tasks?limit=200&cursor=c2"));
    EXPECT_THAT(script.terminal.results,
                testing::MatchesRegex("TASK [^\n]*\ntask-a[^\n]*\ntask-b[^\n]*\ntask-c[^\n]*\ntask-d[^\n]*\n"
                                      "task-e[^\n]*\n"));
}

TEST(ReadCommands, AListThatWasCutSaysHowToGoOn) {
    auto script = scripted{};
    script.api.then(200, page("ab", "c1"));

    EXPECT_EQ(list_tasks(script.with, {.list = {.limit = 2}}), exit_ok);

    EXPECT_THAT(script.terminal.results, HasSubstr("\nThere are more: --all, a higher --limit, or --cursor c1\n"));
}

TEST(ReadCommands, ForProgramsOnePageIsTheApisAnswerAndMoreAreOneDocument) {
    auto one = scripted{};
    one.for_programs().api.then(200, page("ab", "c1"));
    EXPECT_EQ(list_tasks(one.with, {.list = {.limit = 2}}), exit_ok);
    EXPECT_EQ(one.terminal.results, page("ab", "c1") + "\n");

    auto more = scripted{};
    more.for_programs().api.then(200, page("ab", "c1")).then(200, page("c", "c2"));
    EXPECT_EQ(list_tasks(more.with, {.list = {.limit = 3}}), exit_ok);
    EXPECT_EQ(more.terminal.results, page("abc", "c2") + "\n");
}

TEST(ReadCommands, ACursorThatDoesNotMoveEndsTheList) {
    auto script = scripted{};
    script.api.then(200, page("a", "same")).then(200, page("b", "same"));

    EXPECT_EQ(list_tasks(script.with, {.list = {.all = true}}), exit_ok);

    EXPECT_EQ(script.api.asked.size(), 2U);
}

TEST(ReadCommands, ParkedBeginsWithTotalsBySinkAndCause) {
    auto script = scripted{};
    script.api
        .then(200,
              R"({"deliveries":{"sinks":{"archive":{"parked_by_cause":{}},"results":{"oldest_parked_age_seconds":7200,
                   "parked_by_cause":{"gone":10,"timeout":1200}}}}})")
        .then(200,
              R"({"data":[{"id":"msg_1","sink":"results","state":"parked","attempts":9,"cause":"gone","task":"task-1",
                   "created_at":"2026-04-02T10:00:00.000Z","last_answer":"HTTP 410"}],"next_cursor":null})");

    EXPECT_EQ(list_parked(script.with, {.state = "", .sink = "results", .cause = "gone"}), exit_ok);

    EXPECT_THAT(script.api.asked, ElementsAre("GET /ops/v1/summary",
                                              "GET /ops/v1/deliveries?state=parked&sink=results&cause=gone&limit=50"));
    EXPECT_EQ(script.terminal.results,
              "SINK     CAUSE    PARKED  OLDEST\n"
              "results  gone         10     2 h\n"
              "results  timeout   1,200\n"
              "\n"
              "DELIVERY  SINK     STATE   TRIES  AGE  NEXT TRY  CAUSE  LAST ANSWER  TASK\n"
              "msg_1     results  parked      9  2 h  –         gone   HTTP 410     task-1\n");
}

TEST(ReadCommands, ATaskIsShownByAnyIdAndItsAbsenceHasACode) {
    auto script = scripted{};
    script.api.then(404, R"({"detail":"There is no such task.","error":{"code":"not_found"}})");

    EXPECT_EQ(show_task(script.with, "a b", {}), exit_not_found);

    EXPECT_THAT(script.api.asked, ElementsAre("GET /ops/v1/tasks/a%20b"));
    EXPECT_EQ(script.terminal.remarks, "voicehook: HTTP 404: There is no such task. (not_found)\n");
}

TEST(ReadCommands, ActionsAndReplaysAreLists) {
    auto script = scripted{};
    script.api
        .then(
            200,
            R"({"data":[{"id":"1","at":"2026-04-02T11:59:00.000Z","who":"ann","what":"pause","subject":"results","reason":"moved"}],"next_cursor":null})")
        .then(
            200,
            R"({"data":[{"id":"r-1","state":"running","sink":null,"cause":"gone","replayed":3,"total":12,"who":"ann","reason":"mended",
                   "started_at":"2026-04-02T11:59:30.000Z"}],"next_cursor":null})");

    EXPECT_EQ(list_actions(script.with, {}), exit_ok);
    EXPECT_EQ(show_replays(script.with, "", {}), exit_ok);

    EXPECT_EQ(script.terminal.results,
              "WHEN       WHO  WHAT   SUBJECT  REASON\n"
              "1 min ago  ann  pause  results  moved\n"
              "REPLAY  STATE          REPLAYED  STARTED   SINK   CAUSE  WHO  REASON\n"
              "r-1     running  3 of 12 (25 %)  30 s ago  every  gone   ann  mended\n");
}

}  // namespace
}  // namespace voicehook::app::ops
