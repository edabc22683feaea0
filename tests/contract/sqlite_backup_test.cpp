#include "fault_vfs.hpp"
#include "gate.hpp"
#include "sqlite_fixture.hpp"
#include "statement_log.hpp"

#include "store/sqlite/backup.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <future>
#include <iterator>
#include <set>

namespace voicehook::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class SqliteBackup : public SqliteStore {
protected:
    /// The statement that only a backup runs: its snapshot is taken, and nothing is copied yet.
    static constexpr auto before_the_copy = "locking_mode";

    [[nodiscard]] std::string backups() const { return folder_.file("backups"); }
    [[nodiscard]] ports::backup_request request(instant at = noon, std::size_t keep = 0) const {
        return {.folder = backups(), .at = at, .keep = keep};
    }
    [[nodiscard]] std::string copy_of(instant at = noon) const { return backups() + "/" + ports::backup_file_name(at); }
    [[nodiscard]] std::set<std::string> files() const {
        auto names = std::set<std::string>{};
        for (auto const& entry : std::filesystem::directory_iterator{backups()})
            names.insert(entry.path().filename().string());
        return names;
    }
    /// Rows that one of the two has and the other has not.
    [[nodiscard]] std::string difference(std::string const& table) const {
        auto const script = fmt::format(
            "ATTACH '{0}' AS live; SELECT (SELECT count(*) FROM (SELECT * FROM main.{1} EXCEPT SELECT * FROM "
            "live.{1})) "
            "+ (SELECT count(*) FROM (SELECT * FROM live.{1} EXCEPT SELECT * FROM main.{1}))",
            path(), table);
        return ask_sql(copy_of(), script);
    }
    void fill(ports::store& store, unsigned tasks) {
        for (auto n = 1U; n <= tasks; ++n) {
            ASSERT_TRUE(wait(store.accept_task(submitting_sample(n), {}, noon)));
            if (n % 3 == 0) continue;
            auto const notice =
                callback_of(provider_id_of(n), core::reported_status::completed, std::string(3000, 'b'));
            ASSERT_TRUE(wait(store.record_callback(id_of(n), notice, deliver_to({results, archive}), noon)));
        }
    }
    /// Begins a backup and returns when its snapshot is taken; it goes on when the gate opens.
    std::future<result<ports::backup_report>> hold_backup(ports::store& store) {
        gate_.shut();
        statements_.before(before_the_copy, [this] { gate_.pass(); });
        auto made = asio::co_spawn(io_, store.back_up(request()), asio::use_future);
        io_.restart();
        while (io_.poll_one() != 0) continue;
        gate_.await_visitor();
        return made;
    }
    /// Runs `io_` only until `work` is done: something else is held.
    template <class T>
    T wait_meanwhile(awaitable<T> work) {
        auto future = asio::co_spawn(io_, std::move(work), asio::use_future);
        io_.restart();
        while (future.wait_for(0s) != std::future_status::ready) io_.run_one();
        return future.get();
    }
    /// From the beginning of the next copy on.
    void break_disk(fault_vfs& disk, disk_fault fault) {
        statements_.before(before_the_copy, [&disk, fault] { disk.set(fault); });
    }

    gate gate_;
    statement_log statements_;
};

TEST_F(SqliteBackup, IsOneFileWithEveryRowThatOnlyItsOwnerMayReadAndNeedsNoLog) {
    auto store = reopen();
    fill(*store, 60);
    auto const wanted = request();

    auto const made = wait(store->back_up(wanted));

    ASSERT_TRUE(made) << made.error().doing;
    EXPECT_EQ(made->file, copy_of());
    EXPECT_EQ(made->tasks, 60U);
    EXPECT_EQ(made->bytes, std::filesystem::file_size(copy_of()));
    EXPECT_GT(wanted.progress->pages_total, 60U);
    EXPECT_EQ(wanted.progress->pages_done, wanted.progress->pages_total);
    EXPECT_THAT(files(), UnorderedElementsAre(ports::backup_file_name(noon)));
    EXPECT_EQ(std::filesystem::status(copy_of()).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_EQ(std::filesystem::status(backups()).permissions(), std::filesystem::perms::owner_all);
    EXPECT_EQ(ask_sql(copy_of(), "PRAGMA journal_mode"), "delete");
    EXPECT_EQ(ask_sql(copy_of(), "PRAGMA integrity_check"), "ok");
    close(std::move(store));
    for (auto const* const table : {"task", "event", "delivery", "sink_pause", "counter", "retirable", "replica"})
        EXPECT_EQ(difference(table), "0") << table;
}

TEST_F(SqliteBackup, IsAStoreThatGoesOnWhereItBegan) {
    auto store = reopen();
    fill(*store, 5);
    ASSERT_TRUE(wait(store->back_up(request())));
    wait(store->close());
    store.reset();
    for (auto const* const suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path() + suffix);
    std::filesystem::copy_file(copy_of(), path());

    auto restored = reopen();

    EXPECT_EQ(wait(restored->summary(noon))->accepted, 5U);
    ASSERT_TRUE(wait(restored->accept_task(sample(6), {}, noon)));
    close(std::move(restored));
}

TEST_F(SqliteBackup, HasWhatWasAnsweredBeforeItBeganWhileReadsAndWritesGoOn) {
    auto store = reopen();
    fill(*store, 4);
    auto made = hold_backup(*store);

    auto const written = wait_meanwhile(store->accept_task(sample(5), {}, noon));
    auto const read = wait_meanwhile(store->find_task(id_of(5).value()));
    auto const audited = wait_meanwhile(store->audit());
    gate_.open();
    io_.restart();
    io_.run();

    EXPECT_TRUE(written);
    EXPECT_TRUE(read);
    EXPECT_EQ(audited->counters.accepted, 5U);
    auto const report = made.get();
    ASSERT_TRUE(report) << report.error().doing;
    EXPECT_EQ(report->tasks, 4U);
    EXPECT_EQ(ask_sql(copy_of(), "SELECT count(*) FROM task"), "4");
    close(std::move(store));
}

TEST_F(SqliteBackup, ClosesItsConnectionsAndTheLogIsCutBackAfterwards) {
    auto store = reopen();
    auto const before = statements_.open_connections();
    auto made = hold_backup(*store);
    auto const write = [&](unsigned n) {
        auto item = sample(n);
        item.submit_body.assign(1'000'000, 'x');
        EXPECT_TRUE(wait_meanwhile(store->accept_task(item, {}, noon)));
    };
    for (auto n = 1U; n <= 140; ++n) write(n);
    auto const longest = std::filesystem::file_size(path() + "-wal");

    gate_.open();
    io_.restart();
    io_.run();
    auto const report = made.get();
    for (auto n = 141U; n <= 150; ++n) write(n);

    ASSERT_TRUE(report) << report.error().doing;
    EXPECT_GT(longest, 140'000'000U);
    EXPECT_EQ(report->log_bytes, longest);
    EXPECT_LE(std::filesystem::file_size(path() + "-wal"), 128U * 1024 * 1024);
    EXPECT_EQ(statements_.open_connections(), before);
    close(std::move(store));
}

TEST_F(SqliteBackup, IsCutShortByClosingAndLeavesNothing) {
    auto store = reopen();
    fill(*store, 400);
    auto made = hold_backup(*store);

    auto closed = asio::co_spawn(io_, store->close(), asio::use_future);
    io_.restart();
    while (io_.poll_one() != 0) continue;
    gate_.open();
    io_.restart();
    io_.run();

    EXPECT_EQ(made.get().error().code, errc::stopping);
    closed.get();
    EXPECT_THAT(files(), ::testing::IsEmpty());
    EXPECT_EQ(wait(store->back_up(request())).error().code, errc::stopping);
}

TEST_F(SqliteBackup, OfAFullDiskLeavesNothingAndTheStoreGoesOn) {
    auto disk = fault_vfs{};
    auto store = reopen();
    fill(*store, 400);
    break_disk(disk, disk_fault::full);

    auto const made = wait(store->back_up(request()));
    disk.set(disk_fault::none);

    EXPECT_EQ(made.error().code, errc::store_full);
    EXPECT_THAT(files(), ::testing::IsEmpty());
    EXPECT_TRUE(wait(store->accept_task(sample(401), {}, noon)));
    close(std::move(store));
}

TEST_F(SqliteBackup, IsGivenUpBeforeTheLogThatItHoldsGrowsTooLong) {
    auto store = std::move(*open({.backup_log_limit = 80'000'000}));
    fill(*store, 400);
    auto const before = wait(store->back_up(request(noon - 1s)));
    ASSERT_TRUE(before) << before.error().doing;
    auto made = hold_backup(*store);
    for (auto n = 401U; n <= 520; ++n) {
        auto item = sample(n);
        item.submit_body.assign(1'000'000, 'x');
        EXPECT_TRUE(wait_meanwhile(store->accept_task(item, {}, noon)));
    }

    gate_.open();
    io_.restart();
    io_.run();

    EXPECT_EQ(made.get().error().code, errc::store_busy);
    EXPECT_THAT(files(), UnorderedElementsAre(ports::backup_file_name(noon - 1s)));
    close(std::move(store));
}

TEST_F(SqliteBackup, OfADiskThatFailsIsNoFailureOfTheStore) {
    auto disk = fault_vfs{};
    auto failed = false;
    auto store = std::move(*open({.on_fatal = [&failed](failure const&) { failed = true; }}));
    fill(*store, 400);
    break_disk(disk, disk_fault::write_fails);

    auto const made = wait(store->back_up(request()));
    disk.set(disk_fault::none);

    EXPECT_EQ(made.error().code, errc::store_unavailable);
    EXPECT_THAT(files(), ::testing::IsEmpty());
    EXPECT_TRUE(wait(store->accept_task(sample(401), {}, noon)));
    EXPECT_FALSE(failed);
    close(std::move(store));
}

TEST_F(SqliteBackup, ThatArrivesDamagedIsSetAsideUnderAnotherName) {
    auto disk = fault_vfs{};
    auto store = reopen();
    fill(*store, 400);
    break_disk(disk, disk_fault::garbles);

    auto const made = wait(store->back_up(request()));
    disk.set(disk_fault::none);

    EXPECT_EQ(made.error().code, errc::store_corrupt);
    EXPECT_THAT(made.error().doing, HasSubstr(copy_of() + ".unsound"));
    EXPECT_THAT(files(), UnorderedElementsAre(ports::backup_file_name(noon) + ".unsound"));
    close(std::move(store));
}

TEST_F(SqliteBackup, WhoseCountersContradictItsRowsIsSetAside) {
    auto first = reopen();
    ASSERT_TRUE(wait(first->accept_task(sample(1), {}, noon)));
    wait(first->close());
    first.reset();
    run_sql("UPDATE counter SET value = value + 1 WHERE kind = 'open'");
    auto second = reopen();

    auto const made = wait(second->back_up(request()));

    EXPECT_EQ(made.error().code, errc::store_corrupt);
    EXPECT_THAT(made.error().doing, HasSubstr("counter open of tts: kept 2, the rows say 1"));
    wait(second->close());
}

TEST_F(SqliteBackup, NeverReplacesAFile) {
    auto store = reopen();
    std::filesystem::create_directory(backups());
    std::ofstream{copy_of()} << "somebody's";

    auto const made = wait(store->back_up(request()));

    EXPECT_EQ(made.error().code, errc::conflict);
    EXPECT_THAT(files(), UnorderedElementsAre(ports::backup_file_name(noon)));
    auto kept = std::ifstream{copy_of()};
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>{kept}, {}), "somebody's");
    close(std::move(store));
}

TEST_F(SqliteBackup, SaysWhichFolderItCannotMake) {
    auto store = reopen();
    std::ofstream{backups()} << "a file";

    auto const onto_a_file = wait(store->back_up(request()));
    auto const nowhere = wait(store->back_up({.folder = folder_.file("missing/backups"), .at = noon}));

    EXPECT_EQ(onto_a_file.error().code, errc::unreadable);
    EXPECT_THAT(onto_a_file.error().doing, HasSubstr(backups() + ": Not a directory"));
    EXPECT_EQ(nowhere.error().code, errc::unreadable);
    EXPECT_THAT(nowhere.error().doing, HasSubstr("missing/backups: No such file or directory"));
    close(std::move(store));
}

TEST_F(SqliteBackup, KeepsTheNewestAndRemovesWhatAnEarlierLifeLeftUnfinished) {
    auto store = reopen();
    std::filesystem::create_directory(backups());
    std::ofstream{copy_of(noon - 1h) + ".partial"} << "half";
    std::ofstream{backups() + "/notes.txt"} << "an operator's";

    for (auto n = 0; n < 3; ++n) ASSERT_TRUE(wait(store->back_up(request(noon + n * 1s))));
    auto const last = wait(store->back_up(request(noon + 3s, 2)));

    ASSERT_TRUE(last) << last.error().doing;
    EXPECT_EQ(last->deleted, 2U);
    EXPECT_THAT(files(), UnorderedElementsAre("notes.txt", ports::backup_file_name(noon + 2s),
                                              ports::backup_file_name(noon + 3s)));
    close(std::move(store));
}

TEST(BackupRoom, LeavesWhatIntakeNeeds) {
    constexpr auto mebibyte = std::uint64_t{1024 * 1024};

    EXPECT_TRUE(store::sqlite::has_room(164 * mebibyte, 100 * mebibyte));
    EXPECT_FALSE(store::sqlite::has_room(164 * mebibyte - 1, 100 * mebibyte));
    EXPECT_FALSE(store::sqlite::has_room(63 * mebibyte, 0));
}

TEST(BackupName, IsRecognisedAndSortsByTime) {
    EXPECT_EQ(ports::backup_file_name(noon), "voicehook-20260402T120000.000Z.db");
    EXPECT_LT(ports::backup_file_name(noon), ports::backup_file_name(noon + 1ms));
    EXPECT_TRUE(ports::is_backup_file_name(ports::backup_file_name(noon)));
    for (auto const* const other :
         {"voicehook.db", "voicehook-20260402T120000.000Z.db.unsound", "", "voicehook-2026O402T120000.000Z.db"})
        EXPECT_FALSE(ports::is_backup_file_name(other)) << other;
}

}  // namespace
}  // namespace voicehook::contract
