#include "store/postgres/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace voicehook::store::postgres {
namespace {

/// Version 1. Enums stand under their names, times are milliseconds since 1970; the bytes of names and keys decide
/// their order, as in the other stores. Tables whose rows change get room for that on each page and are cleaned up
/// early: a claim leaves a dead row behind.
constexpr auto first_tables = R"(
    CREATE TABLE task (
        id text COLLATE "C" NOT NULL PRIMARY KEY,
        caller text COLLATE "C" NOT NULL,
        created_at bigint NOT NULL,
        model text NOT NULL,
        fingerprint text NOT NULL,
        callback_url text,
        trace_parent text NOT NULL,
        request_id text NOT NULL,
        answer_by bigint NOT NULL,
        idempotency_key text COLLATE "C",
        deadline bigint NOT NULL,
        stage text COLLATE "C" NOT NULL,
        due_kind text COLLATE "C",
        due_at bigint,
        ended_as text COLLATE "C",
        ended_at bigint,
        provider_id text COLLATE "C",
        unknown_since bigint,
        accepted_at bigint,
        submissions bigint NOT NULL,
        queries bigint NOT NULL,
        lease_token bigint NOT NULL,
        leased_by text COLLATE "C",
        notes bigint NOT NULL,
        status text COLLATE "C" NOT NULL,
        shown text COLLATE "C" NOT NULL,
        progress bigint NOT NULL,
        refused_status bigint,
        refused_code text,
        source text COLLATE "C",
        quarrel text COLLATE "C" NOT NULL,
        last_problem text NOT NULL,
        refused_json bytea,
        submit_body bytea NOT NULL,
        provider_body bytea NOT NULL
    ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
            autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);
    CREATE UNIQUE INDEX task_provider ON task (provider_id) WHERE provider_id IS NOT NULL;
    CREATE UNIQUE INDEX task_key ON task (caller, idempotency_key) WHERE idempotency_key IS NOT NULL;
    CREATE INDEX task_due ON task (due_kind, due_at, id) WHERE due_at IS NOT NULL;
    CREATE INDEX task_open ON task (stage, created_at, id) WHERE stage <> 'ended';
    CREATE INDEX task_created ON task (created_at, id);
    CREATE INDEX task_shown ON task (shown, created_at, id);
    CREATE INDEX task_caller ON task (caller, created_at, id);
    CREATE INDEX task_caller_shown ON task (caller, shown, created_at, id);
    CREATE INDEX task_retirable ON task (ended_at, id) WHERE ended_at IS NOT NULL;
    CREATE INDEX task_disputed ON task (quarrel) WHERE quarrel IN ('settling', 'disputed');

    CREATE TABLE event (
        task text COLLATE "C" NOT NULL,
        seq bigint NOT NULL,
        at bigint NOT NULL,
        kind text COLLATE "C" NOT NULL,
        detail text NOT NULL,
        body bytea NOT NULL,
        PRIMARY KEY (task, seq)
    );

    CREATE TABLE delivery (
        id text COLLATE "C" NOT NULL PRIMARY KEY,
        seq bigint NOT NULL,
        task text COLLATE "C" NOT NULL,
        caller text COLLATE "C" NOT NULL,
        sink text COLLATE "C" NOT NULL,
        destination text,
        content_type text NOT NULL,
        created_at bigint NOT NULL,
        state text COLLATE "C" NOT NULL,
        due_at bigint NOT NULL,
        tried_for bigint NOT NULL,
        attempts bigint NOT NULL,
        lease_token bigint NOT NULL,
        leased_by text COLLATE "C",
        cause text COLLATE "C",
        last_answer text NOT NULL,
        body bytea NOT NULL
    ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500,
            autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);
    CREATE INDEX delivery_task ON delivery (task, seq);
    CREATE INDEX delivery_due ON delivery (sink, due_at, id) WHERE state IN ('pending', 'delivering');
    CREATE INDEX delivery_sink ON delivery (sink, state, created_at, id);

    CREATE TABLE sink_pause (
        sink text COLLATE "C" NOT NULL PRIMARY KEY,
        reason text NOT NULL,
        who text NOT NULL,
        at bigint NOT NULL
    );

    CREATE TABLE replica (
        owner text COLLATE "C" NOT NULL PRIMARY KEY,
        name text NOT NULL,
        version text NOT NULL,
        started_at bigint NOT NULL,
        seen_at bigint NOT NULL,
        present_since bigint NOT NULL
    ) WITH (fillfactor = 50);

    CREATE TABLE counter (
        kind text COLLATE "C" NOT NULL,
        subject text COLLATE "C" NOT NULL,
        detail text COLLATE "C" NOT NULL,
        slot bigint NOT NULL,
        value bigint NOT NULL,
        PRIMARY KEY (kind, subject, detail, slot)
    ) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
            autovacuum_vacuum_cost_delay = 0);

    CREATE TABLE commit_mark (
        session bigint NOT NULL PRIMARY KEY,
        mark bigint NOT NULL,
        at bigint NOT NULL
    ) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
            autovacuum_vacuum_cost_delay = 0);
)";

/// Version 2: what operators did, replays, and what is searched for: a caller's trace, parked deliveries by cause.
constexpr auto operator_tables = R"(
    CREATE TABLE operator_action (
        seq bigint NOT NULL PRIMARY KEY,
        at bigint NOT NULL,
        who text NOT NULL,
        what text COLLATE "C" NOT NULL,
        subject text NOT NULL,
        why text NOT NULL
    );
    CREATE TABLE replay (
        id text COLLATE "C" NOT NULL PRIMARY KEY,
        sink text COLLATE "C" NOT NULL,
        cause text COLLATE "C",
        created_after bigint,
        created_before bigint,
        who text NOT NULL,
        why text NOT NULL,
        started_at bigint NOT NULL,
        updated_at bigint NOT NULL,
        finished_at bigint,
        state text COLLATE "C" NOT NULL,
        total bigint NOT NULL,
        replayed bigint NOT NULL,
        reached_at bigint,
        reached_id text COLLATE "C"
    ) WITH (fillfactor = 50);
    CREATE INDEX replay_started ON replay (started_at, id);
    CREATE INDEX task_trace ON task (substr(trace_parent, 4, 32), created_at, id) WHERE trace_parent <> '';
    CREATE INDEX delivery_parked ON delivery (sink, cause, created_at, id) WHERE state = 'parked';
)";

/// Version 3: what travels beside a delivery's body. A program that does not know of it writes plain ones.
constexpr auto delivery_traits = R"(
    ALTER TABLE delivery ADD COLUMN event_type text NOT NULL DEFAULT '',
                         ADD COLUMN encoding text COLLATE "C" NOT NULL DEFAULT 'plain';
)";

struct step {
    std::string_view script;
    int oldest_program;  ///< that can work on what the script leaves
};

/// Each leads from the version that is its place to the next one.
constexpr std::array steps{step{first_tables, 1}, step{operator_tables, 1}, step{delivery_traits, 1}};

/// One transaction, and one program at a time: IF NOT EXISTS alone does not keep two from creating the same. A schema
/// that somebody made for us is taken as it is: IF NOT EXISTS would ask for the right to make it.
constexpr auto bookkeeping = R"(
    SELECT pg_advisory_xact_lock(1986356331);
    DO $$ BEGIN IF to_regnamespace('voicehook') IS NULL THEN CREATE SCHEMA voicehook; END IF; END $$;
    CREATE TABLE IF NOT EXISTS voicehook.meta (key text COLLATE "C" NOT NULL PRIMARY KEY, value bigint NOT NULL);
    INSERT INTO voicehook.meta (key, value) VALUES ('version', 0), ('oldest_program', 0) ON CONFLICT DO NOTHING;
)";

int number_under(connection& database, std::string_view key) {
    auto found = database.run({"SELECT value FROM meta WHERE key = $1", parameters::of(key)});
    return found.next() ? found.count<int>() : 0;
}

/// Whether there was a step to take. Programs that run go on reading `meta` meanwhile, as they do when they connect.
bool take_step(connection& database) {
    database.execute("BEGIN");
    database.execute("LOCK TABLE meta IN EXCLUSIVE MODE");
    auto const version = number_under(database, "version");
    auto const there = version >= latest_version();
    if (!there) {
        auto const& next = steps.at(static_cast<std::size_t>(version));
        database.execute(std::string{next.script});
        database.execute(fmt::format("UPDATE meta SET value = {} WHERE key = 'version'", version + 1));
        database.execute(fmt::format("UPDATE meta SET value = {} WHERE key = 'oldest_program'", next.oldest_program));
    }
    database.execute("COMMIT");
    return !there;
}

}  // namespace

int latest_version() noexcept { return static_cast<int>(steps.size()); }

int version_of(connection& database) {
    auto found = database.run({"SELECT 1::bigint WHERE to_regclass('voicehook.meta') IS NOT NULL"});
    return found.next() ? number_under(database, "version") : 0;
}

int oldest_program_for(connection& database) { return number_under(database, "oldest_program"); }

void migrate(connection& database) {
    if (version_of(database) >= latest_version()) return;
    database.execute("SET lock_timeout = 0");  // somebody else may be at it: wait, and find it done
    database.execute(bookkeeping);
    while (take_step(database)) continue;
    database.execute("SET lock_timeout = '500ms'");
}

}  // namespace voicehook::store::postgres
