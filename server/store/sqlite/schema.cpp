#include "store/sqlite/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace voicehook::store::sqlite {
namespace {

/// "vohk" in ASCII: tells our files from those of others.
constexpr std::int64_t our_application_id = 0x766f686b;

/// Version 1. Enums stand under their names, times are milliseconds since 1970, bodies stand last: they may be long.
constexpr auto first_tables = R"(
    CREATE TABLE task (
        id TEXT NOT NULL PRIMARY KEY,
        caller TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        model TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        callback_url TEXT,
        trace_parent TEXT NOT NULL,
        request_id TEXT NOT NULL,
        answer_by INTEGER NOT NULL,
        idempotency_key TEXT,
        deadline INTEGER NOT NULL,
        stage TEXT NOT NULL,
        due_kind TEXT,
        due_at INTEGER,
        ended_as TEXT,
        ended_at INTEGER,
        provider_id TEXT,
        unknown_since INTEGER,
        accepted_at INTEGER,
        submissions INTEGER NOT NULL,
        queries INTEGER NOT NULL,
        lease_token INTEGER NOT NULL,
        leased_by TEXT,
        notes INTEGER NOT NULL,
        status TEXT NOT NULL,
        shown TEXT NOT NULL,
        progress INTEGER NOT NULL,
        refused_status INTEGER,
        refused_code TEXT,
        source TEXT,
        quarrel TEXT NOT NULL,
        last_problem TEXT NOT NULL,
        refused_json BLOB,
        submit_body BLOB NOT NULL,
        provider_body BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX task_provider ON task (provider_id) WHERE provider_id IS NOT NULL;
    CREATE UNIQUE INDEX task_key ON task (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;
    CREATE INDEX task_due ON task (due_kind, due_at, id) WHERE due_at IS NOT NULL;
    CREATE INDEX task_ended ON task (ended_at, id) WHERE ended_at IS NOT NULL;
    CREATE INDEX task_leased ON task (leased_by) WHERE leased_by IS NOT NULL;
    CREATE INDEX task_created ON task (created_at, id);
    CREATE INDEX task_caller ON task (caller, created_at, id);
    CREATE INDEX task_stage ON task (stage, created_at, id);

    CREATE TABLE event (
        seq INTEGER NOT NULL PRIMARY KEY,
        task TEXT NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        detail TEXT NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX event_task ON event (task, seq);

    CREATE TABLE delivery (
        seq INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        task TEXT NOT NULL,
        caller TEXT NOT NULL,
        sink TEXT NOT NULL,
        destination TEXT,
        content_type TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        state TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        tried_for INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        lease_token INTEGER NOT NULL,
        leased_by TEXT,
        cause TEXT,
        last_answer TEXT NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX delivery_task ON delivery (task, seq);
    CREATE INDEX delivery_due ON delivery (sink, due_at, id) WHERE state IN ('pending', 'delivering');
    CREATE INDEX delivery_oldest ON delivery (sink, created_at) WHERE state IN ('pending', 'delivering');
    CREATE INDEX delivery_leased ON delivery (leased_by) WHERE leased_by IS NOT NULL;

    CREATE TABLE sink_pause (
        sink TEXT NOT NULL PRIMARY KEY,
        reason TEXT NOT NULL,
        who TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE counter (
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL,
        value INTEGER NOT NULL,
        PRIMARY KEY (kind, subject, detail)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE meta (
        key TEXT NOT NULL PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT;
    INSERT INTO meta (key, value) VALUES ('probe', 0);
)";

/// Version 2: operators list deliveries by state.
constexpr auto delivery_lists = R"(
    CREATE INDEX delivery_state ON delivery (state, created_at, id);
)";

/// Version 3: lists and audits that read no more than they show, and what may be deleted as a list of its own, so that
/// retention need not look for it among the tasks that may not.
constexpr auto narrow_lists = R"(
    CREATE INDEX task_shown ON task (shown, created_at, id);
    CREATE INDEX task_caller_shown ON task (caller, shown, created_at, id);
    CREATE INDEX task_source ON task (source) WHERE source IS NOT NULL;
    CREATE INDEX task_disputed ON task (quarrel) WHERE quarrel IN ('settling', 'disputed');
    CREATE INDEX delivery_sink ON delivery (sink, state, created_at, id);
    CREATE INDEX delivery_parked ON delivery (sink, cause, state) WHERE state = 'parked';
    DROP INDEX delivery_oldest;

    CREATE TABLE retirable (
        ended_at INTEGER NOT NULL,
        task TEXT NOT NULL,
        PRIMARY KEY (ended_at, task)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO retirable (ended_at, task)
    SELECT ended_at, id FROM task
    WHERE ended_at IS NOT NULL AND quarrel NOT IN ('settling', 'disputed')
      AND NOT EXISTS (SELECT 1 FROM delivery
                      WHERE delivery.task = task.id AND delivery.state IN ('pending', 'delivering'));
    DROP INDEX task_ended;
)";

/// Version 4: fewer index entries per step. What is open or under way is little, and found among that little; lists of
/// deliveries of all sinks are merged from those of each.
constexpr auto fewer_indexes = R"(
    DROP INDEX task_leased;
    DROP INDEX task_source;
    DROP INDEX task_stage;
    DROP INDEX task_caller_shown;
    DROP INDEX delivery_leased;
    DROP INDEX delivery_state;
    CREATE INDEX task_stage ON task (stage, created_at, id, leased_by) WHERE stage <> 'ended';
    CREATE INDEX task_caller_shown ON task (caller, shown, created_at, id, source);
)";

/// Version 5: who works on the store.
constexpr auto replica_table = R"(
    CREATE TABLE replica (
        owner TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        version TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        present_since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
)";

/// Version 6: what operators did, replays, and what is searched for: a caller's trace, parked deliveries by cause.
constexpr auto operator_tables = R"(
    CREATE TABLE operator_action (
        seq INTEGER NOT NULL PRIMARY KEY,
        at INTEGER NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        subject TEXT NOT NULL,
        why TEXT NOT NULL
    ) STRICT;
    CREATE TABLE replay (
        id TEXT NOT NULL PRIMARY KEY,
        sink TEXT NOT NULL,
        cause TEXT,
        created_after INTEGER,
        created_before INTEGER,
        who TEXT NOT NULL,
        why TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        finished_at INTEGER,
        state TEXT NOT NULL,
        total INTEGER NOT NULL,
        replayed INTEGER NOT NULL,
        reached_at INTEGER,
        reached_id TEXT
    ) STRICT;
    CREATE INDEX replay_started ON replay (started_at, id);
    CREATE INDEX replay_running ON replay (started_at, id) WHERE state = 'running';
    CREATE INDEX replay_finished ON replay (finished_at) WHERE state <> 'running';
    CREATE INDEX task_trace ON task (substr(trace_parent, 4, 32), created_at, id) WHERE trace_parent <> '';
    DROP INDEX delivery_parked;
    CREATE INDEX delivery_parked ON delivery (sink, cause, created_at, id, state) WHERE state = 'parked';
)";

/// Version 7: what travels beside a delivery's body.
constexpr auto delivery_traits = R"(
    ALTER TABLE delivery ADD COLUMN event_type TEXT NOT NULL DEFAULT '';
    ALTER TABLE delivery ADD COLUMN encoding TEXT NOT NULL DEFAULT 'plain';
)";

/// Each leads from the version that is its place to the next one.
constexpr std::array migrations{first_tables,  delivery_lists,  narrow_lists,   fewer_indexes,
                                replica_table, operator_tables, delivery_traits};

}  // namespace

int latest_version() noexcept { return static_cast<int>(migrations.size()); }

int version_of(database& connection) { return static_cast<int>(connection.number("PRAGMA user_version")); }

file_origin origin_of(database& connection) {
    auto const objects = connection.number("SELECT count(*) FROM sqlite_schema");
    if (objects == 0) return file_origin::empty;
    if (connection.number("PRAGMA application_id") != our_application_id) return file_origin::foreign;
    return version_of(connection) > latest_version() ? file_origin::newer : file_origin::ours;
}

void migrate(database& connection) {
    if (version_of(connection) == latest_version()) return;
    connection.execute(
        "PRAGMA temp_store = FILE");  // an index of millions of rows is sorted, which memory need not hold
    for (auto version = version_of(connection); version < latest_version(); ++version) {
        connection.execute("BEGIN IMMEDIATE");
        connection.execute(migrations.at(static_cast<std::size_t>(version)));
        connection.execute(fmt::format("PRAGMA application_id = {}", our_application_id));
        connection.execute(fmt::format("PRAGMA user_version = {}", version + 1));
        connection.execute("COMMIT");
    }
    connection.execute("PRAGMA temp_store = MEMORY");
    connection.checkpoint();
}

}  // namespace voicehook::store::sqlite
