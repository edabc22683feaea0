#include "app/ops/act_commands.hpp"

#include "app/commands.hpp"
#include "tests/unit/app/ops/scripted.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voicehook::app::ops {
namespace {

using test::scripted;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto done = R"({"status":"done"})";

TEST(ActCommands, EachSaysInASentenceWhatWasDone) {
    auto script = scripted{};
    for (auto times = 0; times < 4; ++times) script.api.then(200, done);

    EXPECT_EQ(retry_delivery(script.with, "msg_1/x"), exit_ok);
    EXPECT_EQ(discard_delivery(script.with, "msg_2", "nobody wants it"), exit_ok);
    EXPECT_EQ(pause_sink(script.with, "results", "being moved"), exit_ok);
    EXPECT_EQ(resume_sink(script.with, "results"), exit_ok);

    EXPECT_THAT(script.api.asked, ElementsAre("POST /ops/v1/deliveries/msg_1%2Fx/retry {}",
                                              R"(POST /ops/v1/deliveries/msg_2/discard {"reason":"nobody wants it"})",
                                              R"(POST /ops/v1/sinks/results/pause {"reason":"being moved"})",
                                              "POST /ops/v1/sinks/results/resume {}"));
    EXPECT_EQ(script.terminal.results,
              "msg_1/x is delivered again, with the same id and the same bytes.\n"
              "msg_2 is given up: its sink will not get it.\n"
              "results is paused: what ends waits for it until `voicehook ops resume results`.\n"
              "results gets deliveries again, those that waited first.\n");
}

TEST(ActCommands, ForProgramsItIsTheApisAnswerUnchanged) {
    auto script = scripted{};
    script.for_programs().api.then(200, "{ \"status\" : \"done\" }");

    EXPECT_EQ(resume_sink(script.with, "results"), exit_ok);

    EXPECT_EQ(script.terminal.results, "{ \"status\" : \"done\" }\n");
}

TEST(ActCommands, ResubmitIsRefusedUntilWhatItMayCostIsAccepted) {
    auto script = scripted{};
    auto wish = resolve_wish{.task = "task-1", .action = "resubmit", .reason = "not at the provider"};

    EXPECT_EQ(resolve_task(script.with, wish), exit_refused);
    EXPECT_TRUE(script.api.asked.empty());
    EXPECT_THAT(script.terminal.remarks, HasSubstr("paid for twice"));

    wish.accept_double_payment = true;
    script.api.then(200, done);
    EXPECT_EQ(resolve_task(script.with, wish), exit_ok);
    EXPECT_THAT(
        script.api.asked,
        ElementsAre(
            R"(POST /ops/v1/tasks/task-1/resolve {"action":"resubmit","reason":"not at the provider","accept_double_payment":true})"));
    EXPECT_THAT(script.terminal.results, HasSubstr("task-1 is submitted again under the same Idempotency-Key"));
}

TEST(ActCommands, BindSaysWhoseTaskItIs) {
    auto script = scripted{};
    script.api.then(200, done);

    EXPECT_EQ(resolve_task(script.with, {.task = "task-1", .action = "bind", .reason = "", .provider_task = "prov-9"}),
              exit_ok);

    EXPECT_EQ(script.terminal.results, "task-1 is the provider's prov-9 from now on.\n");
}

TEST(ActCommands, RefusalsAreExplainedAndHaveTheirExitCodes) {
    struct row {
        int status;
        int code;
    };
    for (auto const& [status, code] : {row{400, exit_refused}, row{401, exit_refused}, row{404, exit_not_found},
                                       row{409, exit_conflict}, row{500, exit_failed}, row{503, exit_failed}}) {
        auto script = scripted{};
        script.api.then(
            status,
            R"({"title":"T","detail":"It is\nso\u001b[1m.","errors":[{"field":"reason","message":"must be"}],"error":{"code":"why"}})");

        EXPECT_EQ(resume_sink(script.with, "results"), code);

        EXPECT_EQ(script.terminal.remarks,
                  "voicehook: HTTP " + std::to_string(status) + ": It is so?[1m. (why)\n  reason: must be\n");
        EXPECT_EQ(script.terminal.results, "");
    }
}

TEST(ActCommands, WhatIsNoAnswerOfTheApiIsSaid) {
    auto script = scripted{};
    script.api.then(200, "<html>").then(502, "<html>").then_unreachable();

    EXPECT_EQ(resume_sink(script.with, "results"), exit_failed);
    EXPECT_EQ(resume_sink(script.with, "results"), exit_failed);
    EXPECT_EQ(resume_sink(script.with, "results"), exit_failed);

    EXPECT_EQ(script.terminal.remarks,
              "voicehook: the answer is no JSON object: is this the ops listener of voicehook?\n"
              "voicehook: HTTP 502\n"
              "voicehook: nobody listens\n");
}

}  // namespace
}  // namespace voicehook::app::ops
