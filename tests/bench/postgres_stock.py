"""Fills a PostgreSQL store with copies of the one task that it holds, by SQL, and says what its server has done."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from support.certificates import ServerFiles
from support.postgres import ROLE, Postgres

from .machine import cpu_seconds, reaped_cpu_seconds
from .stock import PAST, Copy, Template

#: What Debian ships and the tests' server does not have by itself. Its port, its socket and its data folder are its own;
#: connections over TCP are TLS, as with Debian's `ssl = on` and libpq's `sslmode=prefer`. Statements are counted only when
#: that is measured.
SETTINGS = {"max_connections": 100, "shared_buffers": "128MB", "max_wal_size": "1GB", "min_wal_size": "80MB",
            "shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "none",
            "log_parameter_max_length": 0}
_TABLES = ("task", "event", "delivery")
#: A slot that no connection has: the counters of what is filled in.
_SLOT = 1000


class Server(Postgres):
    """A server whose syncs go to the disk to measure."""

    def __init__(self, folder: Path, files: ServerFiles) -> None:
        folder.mkdir()
        super().__init__(folder, fsync=True, tls=files, settings=SETTINGS)
        self.query("CREATE EXTENSION pg_stat_statements", "postgres")

    def count_statements(self, what: str) -> None:
        """`top` counts from zero, `none` stops."""
        self.configure(**{"pg_stat_statements.track": what})
        if what == "top":
            self.query("SELECT pg_stat_statements_reset()", "postgres")

    def statements(self, database: str) -> tuple[int, int]:
        """Counted since `count_statements`, those of voicehook: statements other than BEGIN and COMMIT, and transactions that
        write, each of which asks for its number first."""
        found = self.query(
            "SELECT coalesce(sum(calls) FILTER (WHERE query !~ '^(BEGIN|COMMIT)'), 0), "
            "coalesce(sum(calls) FILTER (WHERE query ~ 'pg_current_xact_id'), 0) FROM pg_stat_statements "
            f"WHERE dbid = (SELECT oid FROM pg_database WHERE datname = '{database}') AND userid = '{ROLE}'::regrole",
            "postgres")
        calls, numbered = found.split("|")
        return int(calls), int(numbered)

    def commits(self, database: str) -> int:
        """All transactions of the database, those of autovacuum included."""
        return int(self.query(f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{database}'", "postgres"))

    def waiting_deliveries(self, database: str) -> int:
        """Asked of the database, so that no statement of voicehook's is needed."""
        return int(self.query("SELECT coalesce(sum(value), 0) FROM voicehook.counter "
                              "WHERE kind = 'delivery_state' AND detail IN ('pending', 'delivering')", database))

    def cpu(self) -> "ServerCpu":
        return ServerCpu.of(self.processes())

    def time_statements(self, what: str) -> int:
        """`all` writes how long each statement takes to the log, `none` stops. Returns where the log has its end."""
        end = self.program.err.stat().st_size
        self.configure(log_min_duration_statement=0 if what == "all" else -1)
        return end

    def timed(self, beginning: str, since: int) -> list[float]:
        """How long, in milliseconds, each statement took whose text matches the expression: planned, bound, executed."""
        with open(self.program.err, "rb") as log:
            log.seek(since)
            entries = re.split(r"(?m)^(?=\d{4}-\d\d-\d\d \d\d:)", log.read().decode(errors="replace"))
        head = re.compile(r".*LOG:  duration: ([\d.]+) ms  (bind|execute) \S+:\s+(.*)", re.DOTALL)
        took: list[float] = []
        bound = 0.0
        for entry in entries:
            found = head.match(entry)
            if not found or not re.match(beginning, found[3], re.DOTALL):
                continue
            if found[2] == "bind":
                bound = float(found[1])
            else:
                took.append(bound + float(found[1]))
                bound = 0.0
        return took


@dataclass(frozen=True)
class ServerCpu:
    """CPU seconds of PostgreSQL: of the processes for voicehook's connections, and of all others (log writer, checkpoints,
    autovacuum, those that have ended)."""

    backends: float
    others: float

    @staticmethod
    def of(processes: list[int]) -> "ServerCpu":
        backends, others = 0.0, reaped_cpu_seconds(processes[0])
        for process in processes:
            try:
                title = Path(f"/proc/{process}/cmdline").read_bytes()
                used = cpu_seconds(Path(f"/proc/{process}/stat"))
            except FileNotFoundError:
                continue
            if title.startswith(b"postgres: voicehook "):
                backends += used
            else:
                others += used
        return ServerCpu(backends, others)

    def since(self, before: "ServerCpu") -> "ServerCpu":
        return ServerCpu(self.backends - before.backends, max(0.0, self.others - before.others))


def add_copies(server: Server, database: str, template: Template, count: int, step_ms: float = 1.0) -> list[Copy]:
    """Adds `count` copies of the only task in a database that nobody uses, counters included, and has the server count and
    write out what it got. `template` gives the ids. Returns the copies, oldest first."""
    copies = template.copies(count, step_ms)
    listed = server.folder / "copies"
    listed.write_text("".join(f"{copy.id}\t{copy.provider_id}\t{age}\n" for copy, age in copies))
    listed.chmod(0o644)
    steps = ["SET search_path = voicehook", "SET synchronous_commit = off",
             "CREATE TEMP TABLE made (id text, provider_id text, age bigint)", f"COPY made FROM '{listed}'",
             "CREATE TEMP TABLE old AS SELECT id, provider_id FROM task",
             *(_insertion(server, database, table) for table in _TABLES),
             f"INSERT INTO counter SELECT kind, subject, detail, {_SLOT}, {count} * sum(value) FROM counter "
             "GROUP BY kind, subject, detail HAVING sum(value) <> 0"]
    server.query("; ".join(steps), database, within=600)
    listed.unlink()
    server.query("VACUUM (ANALYZE)", database, within=600)
    server.query("CHECKPOINT", database, within=600)
    return [copy for copy, _ in copies]


def _insertion(server: Server, database: str, table: str) -> str:
    """The only task's rows of a table, once under each new id."""
    told = server.query("SELECT column_name, data_type FROM information_schema.columns "
                        f"WHERE table_schema = 'voicehook' AND table_name = '{table}' ORDER BY ordinal_position", database)
    columns = dict(line.split("|") for line in told.splitlines())
    values = ", ".join(_value(table, name, kind) for name, kind in columns.items())
    own = "id" if table == "task" else "task"
    return (f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} "
            f"FROM {table} AS one JOIN old ON old.id = one.{own} CROSS JOIN made")


def _value(table: str, name: str, kind: str) -> str:
    renamed = "replace(replace({}, old.id, made.id), coalesce(old.provider_id, ''), coalesce(made.provider_id, ''))"
    if kind == "bytea":
        return f"convert_to({renamed.format(f'convert_from(one.{name}, ' + chr(39) + 'UTF8' + chr(39) + ')')}, 'UTF8')"
    if name in PAST:
        return f"one.{name} - made.age"
    if table == "delivery" and name == "due_at":
        return "one.due_at - made.age"
    if table == "delivery" and name == "id":
        return "'msg_' || left(md5(made.id || one.id), 22)"
    if name in ("id", "task", "provider_id"):
        return f"made.{'provider_id' if name == 'provider_id' else 'id'}"
    return f"one.{name}"
