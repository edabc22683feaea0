#include "app/ops/backup_command.hpp"

#include "app/commands.hpp"
#include "tests/unit/app/ops/scripted.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voicehook::app::ops {
namespace {

using test::scripted;
using testing::HasSubstr;

std::string state(std::string const& running, std::string const& last) {
    return fmt::format(R"({{"supported":true,"advice":null,"running":{},"last":{}}})", running, last);
}
constexpr auto under_way =
    R"({"started_at":"2026-04-02T12:00:00.000Z","who":"ann","file":"/b/1.db","pages_done":50,"pages_total":200})";

std::string finished(std::string const& verified, std::string const& error) {
    return fmt::format(
        R"({{"started_at":"2026-04-02T12:00:00.000Z","finished_at":"2026-04-02T12:00:00.000Z","who":"ann","file":"/b/1.db","bytes":819200,"verified":{},"error":{}}})",
        verified, error);
}

TEST(BackupCommand, FollowsItToItsEndAndTellsThatTheCopyIsGood) {
    auto script = scripted{};
    script.api.then(202, state(under_way, "null"))
        .then(200, state(under_way, "null"))
        .then(200, state("null", finished("true", "null")));

    EXPECT_EQ(make_backup(script.with, wait_for_end::yes), exit_ok);

    EXPECT_EQ(script.terminal.remarks, "50 of 200 pages copied (25 %)\n");
    EXPECT_EQ(script.terminal.results, "Backup: /b/1.db, 800.0 KiB, verified, made 0 s ago by ann.\n");
}

TEST(BackupCommand, ACopyThatIsNotVerifiedIsAFailure) {
    for (auto const& last : {finished("false", "null"), finished("null", "null"), finished("false", "\"disk full\""),
                             finished("true", "\"disk full\""), std::string{"null"}}) {
        auto script = scripted{};
        script.api.then(202, state(under_way, "null")).then(200, state("null", last));

        EXPECT_EQ(make_backup(script.with, wait_for_end::yes), exit_failed) << last;
    }
}

TEST(BackupCommand, SomebodyElsesBackupIsNotTakenForOurs) {
    auto script = scripted{};
    auto other = finished("true", "null");
    other.replace(other.find("12:00:00"), 8, "11:00:00");
    script.api.then(202, state(under_way, "null")).then(200, state("null", other));

    EXPECT_EQ(make_backup(script.with, wait_for_end::yes), exit_failed);
}

TEST(BackupCommand, GoesOnWithoutWhoeverPressesCtrlC) {
    auto script = scripted{};
    script.api.then(202, state(under_way, "null")).interrupt_after(0);

    EXPECT_EQ(make_backup(script.with, wait_for_end::yes), exit_interrupted);

    EXPECT_THAT(script.terminal.remarks,
                HasSubstr("It goes on by itself: `voicehook ops backup --status` shows it.\n"));
}

TEST(BackupCommand, OnAnotherDatabaseItsOwnMeansAreNamed) {
    auto script = scripted{};
    script.api.then(409, R"({"detail":"Use pg_basebackup.","error":{"code":"use_the_databases_own"}})");

    EXPECT_EQ(make_backup(script.with, wait_for_end::yes), exit_conflict);

    EXPECT_EQ(script.terminal.remarks, "voicehook: HTTP 409: Use pg_basebackup. (use_the_databases_own)\n");
}

TEST(BackupCommand, StatusTellsOfTheRunningAndTheLastOne) {
    auto const now = *parse_rfc3339("2026-04-02T12:00:00Z");

    EXPECT_EQ(render_backups(json_part{state("null", "null")}, now), "No backup was made since the service started.\n");
    EXPECT_EQ(render_backups(json_part{R"({"supported":false,"advice":"Use pg_basebackup."})"}, now),
              "Not here: Use pg_basebackup.\n");
    EXPECT_EQ(render_backups(json_part{state(under_way, finished("false", "\"disk full\""))}, now),
              "Runs since 2026-04-02 12:00:00.000, for ann: 50 of 200 pages copied (25 %) into /b/1.db.\n"
              "Last backup: /b/1.db, 800.0 KiB, FAILED: disk full, made 0 s ago by ann.\n");
}

}  // namespace
}  // namespace voicehook::app::ops
