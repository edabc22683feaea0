#include "app/ops/tail_command.hpp"

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

constexpr auto well =
    "event: summary\ndata: {\"at\":\"2026-04-02T12:00:00.000Z\",\"past_due\":{},\"conservation\":{\"ok\":true}}\n\n";
constexpr auto parked =
    "event: summary\ndata: {\"at\":\"2026-04-02T12:00:04.000Z\",\"past_due\":{},\"conservation\":{\"ok\":true},"
    "\"deliveries\":{\"sinks\":{\"results\":{\"parked\":1}}}}\n\n";

std::string activity(int seq, std::string const& detail) {
    return fmt::format(
        "event: activity\nid: {0}\ndata: "
        "{{\"seq\":{0},\"at\":\"2026-04-02T12:00:01.500Z\",\"kind\":\"parked\",\"task\":\"task-1\","
        "\"caller\":null,\"sink\":\"results\",\"detail\":\"{1}\"}}\n\n",
        seq, detail);
}

TEST(TailCommand, PrintsALineForEachEventAndTheVerdictWhenItChanges) {
    auto script = scripted{};
    script.api.then_stream(
        {well, ": still here\n\n", well, activity(1, "gone"), parked, "event: skipped\ndata: {\"count\":1200}\n\n"});

    EXPECT_EQ(tail(script.with), exit_ok);

    EXPECT_EQ(script.terminal.results,
              "2026-04-02 12:00:00.000  Nothing is late, nothing is lost.\n"
              "2026-04-02 12:00:01.500  parked        task-1 results  gone\n"
              "2026-04-02 12:00:04.000  Something waits for you; nothing is lost.\n"
              "  - 1 delivery for results is parked\n"
              "… 1,200 more happened than is shown\n");
}

TEST(TailCommand, GoesOnAfterAnOutageWhereItStopped) {
    auto script = scripted{};
    script.api.then_stream({activity(7, "one")}).then_stream({}).then_stream({activity(8, "two")});

    EXPECT_EQ(tail(script.with), exit_ok);

    EXPECT_THAT(script.api.resumed_after, ElementsAre("", "7", "7", "8"));
    EXPECT_THAT(script.api.pauses, ElementsAre(1s, 2s, 1s)) << "longer each time that nothing came";
    EXPECT_THAT(script.terminal.remarks, HasSubstr("the stream ended; asking again in 1 s\n"));
    EXPECT_TRUE(script.api.heeds);
}

TEST(TailCommand, ForProgramsEachEventIsALine) {
    auto script = scripted{};
    script.for_programs().api.then_stream({"event: activity\nid: 7\ndata: {\"a\":\ndata: 1}\n\n", "data: no json\n\n"});

    EXPECT_EQ(tail(script.with), exit_ok);

    EXPECT_EQ(script.terminal.results,
              "{\"event\":\"activity\",\"id\":\"7\",\"data\":{\"a\": 1}}\n"
              "{\"event\":\"message\",\"id\":\"7\",\"data\":\"no json\"}\n");
}

TEST(TailCommand, ARefusalEndsItAsItEndsEveryCommand) {
    auto refused = scripted{};
    refused.api.then(401, R"({"detail":"Who are you?"})");
    EXPECT_EQ(tail(refused.with), exit_refused);
    EXPECT_EQ(refused.terminal.remarks, "voicehook: HTTP 401: Who are you?\n");

    auto nobody = scripted{};
    nobody.api.then_unreachable();
    EXPECT_EQ(tail(nobody.with), exit_failed);
    EXPECT_EQ(nobody.terminal.remarks, "voicehook: nobody listens\n");
}

TEST(TailCommand, AStreamThatMakesNoSenseIsNotAskedForAgain) {
    auto script = scripted{};
    script.api.then_stream({activity(1, "one"), "data: " + std::string(event_reader::longest, 'x')});

    EXPECT_EQ(tail(script.with), exit_failed);

    EXPECT_THAT(script.terminal.remarks, HasSubstr("longer than 4 MiB"));
    EXPECT_TRUE(script.api.pauses.empty());
}

TEST(TailCommand, CtrlCWhileWaitingForTheServiceIsTheEnd) {
    auto script = scripted{};
    script.api.then_stream({activity(7, "one")}).interrupt_after(0);

    EXPECT_EQ(tail(script.with), exit_ok);
}

TEST(TailCommand, HostileDetailsStayInTheirLine) {
    auto script = scripted{};
    script.api.then_stream({activity(1, "a\\nb\\u001b[2J\\u202e")});

    EXPECT_EQ(tail(script.with), exit_ok);

    EXPECT_EQ(script.terminal.results, "2026-04-02 12:00:01.500  parked        task-1 results  a b?[2J?\n");
}

}  // namespace
}  // namespace voicehook::app::ops
