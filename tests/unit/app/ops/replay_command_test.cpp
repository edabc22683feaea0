#include "app/ops/replay_command.hpp"

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
using testing::SizeIs;

constexpr auto dry_run =
    R"({"dry_run":true,"count":1200,"oldest_created_at":"2026-04-01T11:00:00.000Z","per_second":50,"estimated_seconds":24,
    "sinks":{"results":1100,"archive":100}})";

std::string running(int replayed) {
    return fmt::format(R"({{"id":"r-1","state":"running","replayed":{},"total":1200,"estimated_seconds":20}})",
                       replayed);
}
constexpr auto ended =
    R"({"id":"r-1","state":"done","sink":"results","replayed":1200,"total":1200,"estimated_seconds":null})";

replay_wish wish() { return {.sink = "results", .cause = "gone", .created_after = "2h", .reason = "mended"}; }

TEST(ReplayCommand, SaysWhatItWouldDoAsksAndDoesExactlyThat) {
    auto script = scripted{};
    script.terminal.reply = "y";
    script.api.then(200, dry_run).then(202, running(0)).then(200, running(600)).then(200, ended);

    EXPECT_EQ(replay(script.with, wish()), exit_ok);

    EXPECT_THAT(
        script.api.asked,
        ElementsAre(
            R"(POST /ops/v1/replays {"sink":"results","cause":"gone","created_after":"2026-04-02T10:00:00.000Z","reason":"mended","dry_run":true})",
            R"(POST /ops/v1/replays {"sink":"results","cause":"gone","created_after":"2026-04-02T10:00:00.000Z","reason":"mended","dry_run":false,"expected":1200})",
            "GET /ops/v1/replays/r-1", "GET /ops/v1/replays/r-1"));
    EXPECT_EQ(script.terminal.results,
              "1,200 parked deliveries would be delivered again: results 1,100, archive 100.\n"
              "The oldest was made 25 h ago. It takes about 24 s, at 50 a second for each sink.\n"
              "results: done, 1,200 of 1,200 replayed.\n");
    EXPECT_THAT(script.terminal.remarks, HasSubstr("Deliver them again? [y/N] "));
    EXPECT_THAT(script.terminal.remarks, HasSubstr("\r\x1b[K600 of 1,200 replayed, about 20 s left"));
    EXPECT_TRUE(script.api.heeds);
}

TEST(ReplayCommand, StopsAfterTheDryRunWhenNobodyIsThereToAsk) {
    auto script = scripted{};
    script.api.then(200, dry_run);

    EXPECT_EQ(replay(script.with, wish()), exit_not_confirmed);

    EXPECT_THAT(script.api.asked, SizeIs(1));
    EXPECT_THAT(script.terminal.results, HasSubstr("1,200 parked deliveries would be delivered again"));
    EXPECT_THAT(script.terminal.remarks, HasSubstr("--yes"));
}

TEST(ReplayCommand, AnythingButYesIsNo) {
    for (auto const* const reply : {"", "n", "yo", "Yes, but"}) {
        auto script = scripted{};
        script.terminal.reply = reply;
        script.api.then(200, dry_run);

        EXPECT_EQ(replay(script.with, wish()), exit_not_confirmed) << reply;
        EXPECT_THAT(script.api.asked, SizeIs(1));
    }
}

TEST(ReplayCommand, NeedsNoAnswerWhenNothingIsParkedOrYesIsGiven) {
    auto nothing = scripted{};
    nothing.api.then(200, R"({"dry_run":true,"count":0})");
    EXPECT_EQ(replay(nothing.with, wish()), exit_ok);
    EXPECT_EQ(nothing.terminal.results, "Nothing like that is parked.\n");

    auto agreed = scripted{};
    agreed.api.then(200, dry_run).then(202, running(0));
    auto order = wish();
    order.confirmed = true;
    order.waiting = wait_for_end::no;
    EXPECT_EQ(replay(agreed.with, order), exit_ok);
    EXPECT_THAT(agreed.terminal.results, HasSubstr("Replay r-1 runs: `voicehook ops replays r-1` shows it.\n"));
}

TEST(ReplayCommand, DoesNothingWhenMoreIsParkedThanWasAgreedTo) {
    auto script = scripted{};
    script.api.then(200, dry_run)
        .then(409, R"({"detail":"More is parked now.","error":{"code":"more_than_expected"}})");
    auto order = wish();
    order.confirmed = true;

    EXPECT_EQ(replay(script.with, order), exit_conflict);

    EXPECT_THAT(script.terminal.remarks, HasSubstr("More is parked now. (more_than_expected)"));
    EXPECT_THAT(script.terminal.remarks, HasSubstr("Nothing was done"));
}

TEST(ReplayCommand, GoesOnWithoutWhoeverPressesCtrlC) {
    auto script = scripted{};
    script.api.then(200, dry_run).then(202, running(0)).then(200, running(5)).interrupt_after(0);
    auto order = wish();
    order.confirmed = true;

    EXPECT_EQ(replay(script.with, order), exit_interrupted);

    EXPECT_THAT(script.terminal.remarks, HasSubstr("It goes on by itself: `voicehook ops replays r-1` shows it, "
                                                   "`voicehook ops replay --cancel r-1` stops it.\n"));
}

TEST(ReplayCommand, OneThatWasCancelledMeanwhileDidNotSucceed) {
    auto script = scripted{};
    script.for_programs().api.then(200, dry_run).then(202, running(0));
    constexpr auto cancelled = R"({"id":"r-1","state":"cancelled","replayed":7,"total":1200})";
    script.api.then(200, cancelled);
    auto order = wish();
    order.confirmed = true;

    EXPECT_EQ(replay(script.with, order), exit_failed);

    EXPECT_EQ(script.terminal.results, std::string{cancelled} + "\n") << "one document";
}

TEST(ReplayCommand, OneForEachSinkIsWatchedToItsEnd) {
    auto const started = R"({"id":"r-1","state":"running","others":["r-2"]})";
    auto const second = R"({"id":"r-2","state":"cancelled","sink":"archive","replayed":1,"total":100})";
    auto order = wish();
    order.confirmed = true;

    auto people = scripted{};
    people.api.then(200, dry_run).then(202, started).then(200, ended).then(200, second);
    EXPECT_EQ(replay(people.with, order), exit_failed);
    EXPECT_THAT(people.terminal.results, HasSubstr("results: done, 1,200 of 1,200 replayed.\n"
                                                   "archive: it was cancelled, 1 of 100 replayed.\n"));

    auto programs = scripted{};
    programs.for_programs().api.then(200, dry_run).then(202, started).then(200, ended).then(200, second);
    EXPECT_EQ(replay(programs.with, order), exit_failed);
    EXPECT_EQ(programs.terminal.results, fmt::format("{{\"data\":[{},{}],\"next_cursor\":null}}\n", ended, second));
}

TEST(ReplayCommand, AReasonIsRequired) {
    auto script = scripted{};
    auto order = wish();
    order.reason = "";

    EXPECT_EQ(replay(script.with, order), exit_refused);
    EXPECT_TRUE(script.api.asked.empty());
}

TEST(ReplayCommand, ADryRunThatDoesNotSayHowManyIsNotFollowed) {
    auto script = scripted{};
    script.api.then(200, R"({"count":null})");
    auto order = wish();
    order.confirmed = true;

    EXPECT_EQ(replay(script.with, order), exit_failed);
    EXPECT_THAT(script.api.asked, SizeIs(1));
}

TEST(ReplayCommand, WithoutATerminalProgressIsALineEveryFewSeconds) {
    auto script = scripted{};
    script.api.then(200, dry_run).then(202, running(0)).then(200, running(0)).then(200, running(50)).then(200, ended);
    auto order = wish();
    order.confirmed = true;

    EXPECT_EQ(replay(script.with, order), exit_ok);

    EXPECT_EQ(script.terminal.remarks, "0 of 1,200 replayed, about 20 s left\n") << "no time passed on this screen";
}

TEST(ReplayCommand, CancelSaysHowFarItCame) {
    auto script = scripted{};
    script.api.then(200, R"({"id":"r-1","state":"cancelled","replayed":7,"total":12,"estimated_seconds":null})");

    EXPECT_EQ(cancel_replay(script.with, "r-1"), exit_ok);

    EXPECT_THAT(script.api.asked, ElementsAre("POST /ops/v1/replays/r-1/cancel {}"));
    EXPECT_EQ(script.terminal.results, "Replay r-1 is cancelled: 7 of 12 replayed. The rest stays parked.\n");
}

}  // namespace
}  // namespace voicehook::app::ops
