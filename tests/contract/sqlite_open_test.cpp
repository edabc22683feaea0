#include "sqlite_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <fstream>

namespace voicehook::contract {
namespace {

using core::stage;
using ::testing::HasSubstr;

class SqliteOpen : public SqliteStore {
protected:
    void write_file(std::string const& bytes) { std::ofstream{path(), std::ios::binary} << bytes; }
    std::string read_file() {
        auto in = std::ifstream{path(), std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    bool exists(std::string const& suffix) { return std::filesystem::exists(path() + suffix); }
};

TEST_F(SqliteOpen, KeepsEverythingAcrossACleanRestart) {
    auto first = reopen();
    ASSERT_TRUE(wait(first->accept_task(submitting_sample(1), {}, noon)));
    ASSERT_TRUE(wait(first->record_callback(id_of(1), callback_of(provider_id_of(1), core::reported_status::completed),
                                            deliver_to({results, archive}), noon)));
    ASSERT_TRUE(wait(first->set_sink_paused(archive, {ports::pause_state::paused, "why", "ann"}, noon)));
    auto const before = text_of(wait(first->read_history(id_of(1))));
    auto const counters = text_of(wait(first->summary(noon)));
    close(std::move(first));

    auto second = reopen(noon + 1h);

    EXPECT_EQ(text_of(wait(second->read_history(id_of(1)))), before);
    EXPECT_EQ(text_of(wait(second->summary(noon))), counters);
    close(std::move(second));
}

TEST_F(SqliteOpen, LeavesOneCleanFileAndTheLockAfterAGracefulClose) {
    auto store = reopen();
    ASSERT_TRUE(wait(store->accept_task(sample(1), {}, noon)));
    close(std::move(store));

    EXPECT_FALSE(exists("-wal"));
    EXPECT_FALSE(exists("-shm"));
    EXPECT_FALSE(exists(".failed"));
    EXPECT_EQ(ask_sql("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(ask_sql("PRAGMA journal_mode"), "wal");
}

TEST_F(SqliteOpen, MakesFilesThatOnlyTheirOwnerMayRead) {
    auto store = reopen();
    ASSERT_TRUE(wait(store->accept_task(sample(1), {}, noon)));

    for (auto const* const suffix : {"", "-wal", ".lock"}) {
        struct stat found{};
        ASSERT_EQ(::stat((path() + suffix).c_str(), &found), 0) << suffix;
        EXPECT_EQ(found.st_mode & 0777, 0600U) << suffix;
    }
    close(std::move(store));
}

TEST_F(SqliteOpen, RefusesASecondStoreOnTheSameFileAndNamesTheLock) {
    auto first = reopen();

    auto const second = open();

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, errc::store_held);
    EXPECT_THAT(second.error().doing, HasSubstr(path() + ".lock"));
    close(std::move(first));
    EXPECT_TRUE(open());
}

TEST_F(SqliteOpen, RefusesASecondStoreThatComesThroughASymbolicLink) {
    auto first = reopen();
    auto const link = folder_.file("link.db");
    std::filesystem::create_symlink(path(), link);
    auto const folder_link = folder_.file("elsewhere");
    std::filesystem::create_directory_symlink(std::filesystem::path{path()}.parent_path(), folder_link);

    for (auto const& way : {link, folder_link + "/voicehook.db"}) {
        auto const second = store::sqlite::open(io_.get_executor(), {.path = way}, 1min, noon);
        ASSERT_FALSE(second) << way;
        EXPECT_EQ(second.error().code, errc::store_held) << way;
    }
    close(std::move(first));
    EXPECT_TRUE(store::sqlite::open(io_.get_executor(), {.path = link}, 1min, noon));
    EXPECT_FALSE(std::filesystem::exists(link + ".lock"));
}

TEST_F(SqliteOpen, MakesTheFileThatADanglingLinkNamesAndLocksThatOne) {
    auto const link = folder_.file("link.db");
    std::filesystem::create_symlink(path(), link);

    auto const first = store::sqlite::open(io_.get_executor(), {.path = link}, 1min, noon);
    auto const second = open();

    ASSERT_TRUE(first);
    EXPECT_EQ(second.error().code, errc::store_held);
}

TEST_F(SqliteOpen, FindsTheMarkerOfAFailedCommitThroughALink) {
    close(reopen());
    auto const link = folder_.file("link.db");
    std::filesystem::create_symlink(path(), link);
    std::ofstream{path() + ".failed"} << "disk I/O error";

    ASSERT_TRUE(store::sqlite::open(io_.get_executor(), {.path = link}, 1min, noon));

    EXPECT_FALSE(exists(".failed"));
}

TEST_F(SqliteOpen, RefusesAFileOfANewerVersionAndTellsBoth) {
    close(reopen());
    run_sql("PRAGMA user_version = 99");

    auto const opened = open();

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::store_newer);
    EXPECT_THAT(opened.error().doing, HasSubstr("99"));
    EXPECT_EQ(ask_sql("PRAGMA user_version"), "99");
}

TEST_F(SqliteOpen, RefusesAnotherProgramsDatabaseAndLeavesItAlone) {
    run_sql("CREATE TABLE recipes (title TEXT)");

    auto const opened = open();

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::store_corrupt);
    EXPECT_THAT(opened.error().doing, HasSubstr("another program"));
    EXPECT_EQ(ask_sql("SELECT count(*) FROM sqlite_schema"), "1");
}

TEST_F(SqliteOpen, RefusesAFileThatIsNoDatabaseAndTellsWhatToDo) {
    write_file(std::string(8192, 'x'));

    auto const opened = open();

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::store_corrupt);
    EXPECT_THAT(opened.error().doing, HasSubstr("Restore a backup"));
    EXPECT_EQ(read_file(), std::string(8192, 'x'));
}

TEST_F(SqliteOpen, ChecksTheWholeFileWhenTheLastRunCouldNotCommit) {
    auto store = reopen();
    for (auto n = 1U; n < 200; ++n) ASSERT_TRUE(wait(store->accept_task(sample(n), {}, noon)));
    close(std::move(store));
    auto bytes = read_file();
    bytes.replace(bytes.size() / 2, 8192, 8192, '\x7f');
    write_file(bytes);
    std::ofstream{path() + ".failed"} << "disk I/O error";

    auto const opened = open();

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::store_corrupt);
    EXPECT_TRUE(exists(".failed"));
}

TEST_F(SqliteOpen, ForgetsAFailedCommitOnceTheFileIsFoundWell) {
    close(reopen());
    std::ofstream{path() + ".failed"} << "disk I/O error";

    auto opened = open();

    ASSERT_TRUE(opened);
    EXPECT_FALSE(exists(".failed"));
}

TEST_F(SqliteOpen, DoesNotMakeAMissingFolderButTellsToCreateIt) {
    auto const missing = folder_.file("missing/voicehook.db");

    auto const opened = store::sqlite::open(io_.get_executor(), {.path = missing}, 1min, noon);

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::unreadable);
    EXPECT_THAT(opened.error().doing, HasSubstr("create it"));
    EXPECT_FALSE(std::filesystem::exists(folder_.file("missing")));
}

TEST_F(SqliteOpen, RefusesAFolderInPlaceOfTheFile) {
    std::filesystem::create_directory(path());

    auto const opened = open();

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::unreadable);
}

TEST_F(SqliteOpen, ReleasesEveryLeaseOfTheDeadRunWhoeverHeldIt) {
    auto first = reopen();
    ASSERT_TRUE(wait(first->accept_task(submitting_sample(1), {}, noon)));
    ASSERT_TRUE(wait(first->accept_task(submitting_sample(2), {.owner = other}, noon)));
    ASSERT_TRUE(
        wait(first->record_submission(id_of(2), 1, accepted_as(provider_id_of(2), noon), deliver_nothing(), noon)));
    ASSERT_TRUE(wait(first->accept_task(submitting_sample(3), {}, noon)));
    ASSERT_TRUE(wait(first->record_callback(id_of(3), callback_of(provider_id_of(3), core::reported_status::completed),
                                            deliver_to({results}), noon)));
    ASSERT_EQ(wait(first->claim_queries(claim_at(noon)))->items.size(), 1U);
    ASSERT_EQ(wait(first->claim_deliveries(results, claim_at(noon)))->items.size(), 1U);
    first.reset();

    auto second = reopen(noon + 10s);

    EXPECT_EQ(wait(second->find_task(id_of(1).value()))->state, (core::task_state{core::unknown{noon + 70s}}));
    EXPECT_EQ(wait(second->claim_queries(claim_at(noon + 10s)))->items.size(), 1U);
    auto const deliveries = wait(second->claim_deliveries(results, claim_at(noon + 10s)));
    ASSERT_EQ(deliveries->items.size(), 1U);
    EXPECT_EQ(deliveries->items[0].attempts, 2U);
    close(std::move(second));
}

/// What version 1 wrote: its tables as they were, with a row in each. Never to be changed.
constexpr auto version_1 = R"(
    CREATE TABLE task (
        id TEXT NOT NULL PRIMARY KEY, caller TEXT NOT NULL, created_at INTEGER NOT NULL, model TEXT NOT NULL,
        fingerprint TEXT NOT NULL, callback_url TEXT, trace_parent TEXT NOT NULL, request_id TEXT NOT NULL,
        answer_by INTEGER NOT NULL, idempotency_key TEXT, deadline INTEGER NOT NULL, stage TEXT NOT NULL, due_kind TEXT,
        due_at INTEGER, ended_as TEXT, ended_at INTEGER, provider_id TEXT, unknown_since INTEGER, accepted_at INTEGER,
        submissions INTEGER NOT NULL, queries INTEGER NOT NULL, lease_token INTEGER NOT NULL, leased_by TEXT,
        notes INTEGER NOT NULL, status TEXT NOT NULL, shown TEXT NOT NULL, progress INTEGER NOT NULL,
        refused_status INTEGER, refused_code TEXT, source TEXT, quarrel TEXT NOT NULL, last_problem TEXT NOT NULL,
        refused_json BLOB, submit_body BLOB NOT NULL, provider_body BLOB NOT NULL) STRICT;
    CREATE UNIQUE INDEX task_provider ON task (provider_id) WHERE provider_id IS NOT NULL;
    CREATE UNIQUE INDEX task_key ON task (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;
    CREATE INDEX task_due ON task (due_kind, due_at, id) WHERE due_at IS NOT NULL;
    CREATE INDEX task_ended ON task (ended_at, id) WHERE ended_at IS NOT NULL;
    CREATE INDEX task_leased ON task (leased_by) WHERE leased_by IS NOT NULL;
    CREATE INDEX task_created ON task (created_at, id);
    CREATE INDEX task_caller ON task (caller, created_at, id);
    CREATE INDEX task_stage ON task (stage, created_at, id);
    CREATE TABLE event (
        seq INTEGER NOT NULL PRIMARY KEY, task TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
        detail TEXT NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE INDEX event_task ON event (task, seq);
    CREATE TABLE delivery (
        seq INTEGER NOT NULL PRIMARY KEY, id TEXT NOT NULL UNIQUE, task TEXT NOT NULL, caller TEXT NOT NULL,
        sink TEXT NOT NULL, destination TEXT, content_type TEXT NOT NULL, created_at INTEGER NOT NULL,
        state TEXT NOT NULL, due_at INTEGER NOT NULL, tried_for INTEGER NOT NULL, attempts INTEGER NOT NULL,
        lease_token INTEGER NOT NULL, leased_by TEXT, cause TEXT, last_answer TEXT NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE INDEX delivery_task ON delivery (task, seq);
    CREATE INDEX delivery_due ON delivery (sink, due_at, id) WHERE state IN ('pending', 'delivering');
    CREATE INDEX delivery_oldest ON delivery (sink, created_at) WHERE state IN ('pending', 'delivering');
    CREATE INDEX delivery_leased ON delivery (leased_by) WHERE leased_by IS NOT NULL;
    CREATE TABLE sink_pause (
        sink TEXT NOT NULL PRIMARY KEY, reason TEXT NOT NULL, who TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
    CREATE TABLE counter (
        kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, value INTEGER NOT NULL,
        PRIMARY KEY (kind, subject, detail)) STRICT, WITHOUT ROWID;
    CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    INSERT INTO meta VALUES ('probe', 0);
    INSERT INTO task VALUES (
        'task-019d4e2b-1000-7000-8000-000000000001', 'tts', 1775131200000, 'qwen-voice-design', 'f', NULL, '', 'r',
        1775131210000, 'key', 1775131800000, 'ended', NULL, NULL, 'failed', 1775131201000, 'task-unified-1', NULL,
        1775131200500, 1, 0, 1, NULL, 1, 'failed', 'failed', 0, NULL, NULL, 'callback', 'none', '', NULL,
        x'7b7d', x'7b2261223a317d');
    INSERT INTO event VALUES (1, 'task-019d4e2b-1000-7000-8000-000000000001', 1775131201000, 'ended', 'failed', x'');
    INSERT INTO delivery VALUES (
        1, 'msg_1', 'task-019d4e2b-1000-7000-8000-000000000001', 'tts', 'results', NULL, 'application/json',
        1775131201000, 'parked', 1775131201000, 0, 3, 3, NULL, 'timeout', 'timeout', x'00ff');
    INSERT INTO sink_pause VALUES ('results', 'HTTP 410', 'the sink', 1775131201000);
    INSERT INTO counter VALUES ('accepted', '', '', 1), ('stage', 'ended', '', 1), ('result', 'callback', '', 1),
        ('delivery_created', '', '', 1), ('delivery_state', 'results', 'parked', 1),
        ('delivery_parked', 'results', 'timeout', 1);
    PRAGMA application_id = 0x766f686b;
    PRAGMA user_version = 1;
)";

TEST_F(SqliteOpen, BringsAFileOfVersion1UpToDateWithAllThatIsInIt) {
    run_sql(version_1);

    auto store = reopen();

    auto const history = wait(store->read_history(task_id{"task-019d4e2b-1000-7000-8000-000000000001"}));
    ASSERT_TRUE(history);
    EXPECT_EQ(history->item.provider_body, R"({"a":1})");
    EXPECT_EQ(std::get<core::ended>(history->item.state).what, core::terminal::failed);
    EXPECT_EQ(history->timeline.size(), 1U);
    EXPECT_EQ(history->deliveries.at(0).body, (std::string{"\0\xff", 2}));
    EXPECT_EQ(wait(store->list_deliveries({}))->items.size(), 1U);
    EXPECT_EQ(wait(store->summary(noon))->sinks.at(results).paused, "HTTP 410");
    close(std::move(store));
    EXPECT_EQ(ask_sql("PRAGMA user_version"), std::to_string(store::sqlite::schema_version()));
}

TEST_F(SqliteOpen, RetiresWhatMayGoOfAFileOfVersion1AndKeepsWhatWaits) {
    run_sql(version_1);
    run_sql(R"(
        INSERT INTO task SELECT 'task-waiting', caller, created_at, model, fingerprint, callback_url, trace_parent,
            request_id, answer_by, NULL, deadline, stage, due_kind, due_at, ended_as, ended_at, 'waiting',
            unknown_since, accepted_at, submissions, queries, lease_token, leased_by, notes, status, shown, progress,
            refused_status, refused_code, source, quarrel, last_problem, refused_json, submit_body, provider_body
        FROM task;
        INSERT INTO delivery VALUES (
            2, 'msg_2', 'task-waiting', 'tts', 'results', NULL, 'application/json', 1775131201000, 'pending',
            1775131201000, 0, 0, 0, NULL, NULL, '', x'00');
        INSERT INTO task SELECT 'task-disputed', caller, created_at, model, fingerprint, callback_url, trace_parent,
            request_id, answer_by, NULL, deadline, stage, due_kind, due_at, ended_as, ended_at, 'disputed',
            unknown_since, accepted_at, submissions, queries, lease_token, leased_by, notes, status, shown, progress,
            refused_status, refused_code, source, 'disputed', last_problem, refused_json, submit_body, provider_body
        FROM task WHERE id <> 'task-waiting';
    )");

    auto store = reopen();
    auto const gone = wait(store->retire(noon + 1h, 100, noon + 1h));

    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->tasks, 1U);
    EXPECT_EQ(gone->discarded, 1U);
    EXPECT_TRUE(wait(store->find_task("task-waiting")));
    EXPECT_TRUE(wait(store->find_task("task-disputed")));
    wait(store->close());
}

TEST_F(SqliteOpen, ForgetsTheProcessBefore) {
    auto store = reopen();
    ASSERT_TRUE(wait(store->beat({me, "here:1", "1", noon}, {}, {.now = noon})));
    close(std::move(store));

    store = reopen();

    EXPECT_TRUE(wait(store->summary(noon))->replicas.empty());
    close(std::move(store));
}

TEST_F(SqliteOpen, GivesAMigratedFileTheTablesOfANewOne) {
    auto const tables =
        "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' "
        "ORDER BY name)";
    auto const columns =
        "SELECT group_concat(t.name || '.' || c.name || ' ' || c.type || c.'notnull') FROM sqlite_schema t, "
        "pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY 1";
    close(reopen());
    auto const fresh = ask_sql(tables) + ask_sql(columns);
    std::filesystem::remove(path());

    run_sql(version_1);
    close(reopen());

    EXPECT_EQ(ask_sql(tables) + ask_sql(columns), fresh);
}

}  // namespace
}  // namespace voicehook::contract
