"""What PostgreSQL sees of voicehook: statements for each operation, idle load, dead rows and claims after many deliveries."""
from __future__ import annotations

import statistics
import time
from typing import Any, Callable

from support.service import ANN
from support.wait import until

from .field import Field, submit_body
from .load import Request, write_requests
from .plan import Plan
from .postgres import Contestant, Stores
from .postgres_stock import Server
from .scenarios import Figures, Say, pause_sink, resume_sink

#: How the text of the statement begins that claims deliveries.
_CLAIM = r"WITH due AS MATERIALIZED \(\s*SELECT .*FROM delivery"
_TABLES = ("delivery", "task", "event", "counter")


# ---- statements for each operation ----

class Counting:
    """Statements apart from BEGIN and COMMIT, for each operation; the beats of the same seconds are in it."""

    def __init__(self, field: Field, contestant: Contestant, server: Server, plan: Plan) -> None:
        self._field, self._contestant, self._server, self._plan = field, contestant, server, plan
        self._service = contestant.services[0]

    def measure(self) -> dict[str, Figures]:
        """One at a time: each after all that the one before has caused. Grouped: 64 at once, and a backlog of deliveries."""
        count, few = self._plan.postgres_counted, self._plan.postgres_counted // 10
        submit = [(b"/v1/audios/generations", submit_body())]
        found = {
            "callback_alone": self._of(few, lambda: self._one_by_one(few)),
            "callback_grouped": self._of(count, lambda: self._load(self._service.public_port, self._callbacks(count), 64)),
            "submission_alone": self._of(few, lambda: self._load(self._service.api_port, few * submit, 1)),
            "submission_grouped": self._of(count, lambda: self._load(self._service.api_port, count * submit, 64)),
            "delivery_grouped": self._of(self._server.waiting_deliveries(self._contestant.name), self._deliver),
            "callback_and_delivery_alone": self._of(few, lambda: self._one_by_one(few))}
        pause_sink(self._service)
        return {f"pg_statements.{name}": figures for name, figures in found.items()}

    def _of(self, count: int, work: Callable[[], Any]) -> Figures:
        self._server.count_statements("top")
        work()
        statements, transactions = self._server.statements(self._contestant.name)
        self._server.count_statements("none")
        return {"statements": statements / count, "transactions": transactions / count}

    def _callbacks(self, count: int) -> list[Request]:
        return self._contestant.stocks[0].take(count)

    def _load(self, port: int, requests: list[Request], connections: int) -> None:
        file = write_requests(self._field.folder / "counted.bin", requests)
        self._field.load.run(self._service.program.process.pid, port, file, "--connections", connections,
                             "--field", f"Authorization: Bearer {ANN.key}")

    def _one_by_one(self, count: int) -> None:
        for path, body in self._callbacks(count):
            told = self._service.public.post(path.decode(), body)
            assert told.json() == {"status": "accepted"}, told
            time.sleep(0.05)

    def _deliver(self) -> None:
        resume_sink(self._service)
        until(lambda: self._server.waiting_deliveries(self._contestant.name) == 0, "everything is delivered", 120, 0.1)


# ---- idle ----

def idle_load(stores: Stores, plan: Plan, say: Say) -> dict[str, Figures]:
    """Statements and transactions a minute of one and of two replicas without anything to do, and of two whose load balancer
    asks every second whether they are ready."""
    server, services = stores.server, stores.empty("idle", 2)
    found: dict[str, Figures] = {}

    def watch(name: str, each_second: Callable[[], Any]) -> None:
        say(f"idle on PostgreSQL: {name}, {plan.postgres_idle_seconds} s")
        connections = int(server.query("SELECT count(*) FROM pg_stat_activity WHERE datname = 'idle'", "postgres"))
        server.count_statements("top")
        commits, began = server.commits("idle"), time.monotonic()
        for second in range(plan.postgres_idle_seconds):
            time.sleep(max(0.0, began + second + 1 - time.monotonic()))
            each_second()
        statements, writing = server.statements("idle")
        minutes = (time.monotonic() - began) / 60
        found[f"pg_idle.{name}"] = {
            "statements_per_minute": statements / minutes, "transactions_per_minute": writing / minutes,
            "xact_commit_per_minute": (server.commits("idle") - commits) / minutes, "connections": connections}
        server.count_statements("none")

    for name, service in zip(("one", "two"), services):
        service.start()
        time.sleep(6)  # the first beats see replicas that are new
        watch(name, lambda: None)
    watch("two_checked", lambda: [service.public.get("/readyz") for service in services])
    for service in services:
        service.close()
    return found


# ---- after many deliveries ----

def many_deliveries(stores: Stores, plan: Plan, say: Say) -> dict[str, Figures]:
    """A backlog goes out, all of it; its first and its last claims are timed by the server."""
    total, window = plan.postgres_deliveries, plan.postgres_deliveries // 20
    say(f"storing {total:,} deliveries that wait")
    service = stores.with_backlog("many", total)
    server, name, found = stores.server, "many", dict[str, Figures]()
    found["pg_tables.before"] = _tables(server, name)
    say("delivering all of them")
    dead: list[float] = []

    def down_to(left: int) -> None:
        def waiting() -> bool:
            dead.append(float(server.query("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'delivery'", name)))
            return server.waiting_deliveries(name) <= left

        until(waiting, f"{left} deliveries left", 300, 0.1)

    log = server.time_statements("all")
    resume_sink(service)
    down_to(total - window)
    server.time_statements("none")
    found["pg_claim.first"] = _spread(server.timed(_CLAIM, log))
    down_to(2 * window)
    log = server.time_statements("all")
    down_to(0)
    server.time_statements("none")
    found["pg_claim.last"] = _spread(server.timed(_CLAIM, log))
    found["pg_tables.after"] = _tables(server, name) | {"delivery_dead_peak": max(dead)}
    summary = service.summary()
    assert summary["conservation"]["ok"], summary["conservation"]
    service.close()
    return found


def _spread(milliseconds: list[float]) -> Figures:
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {"claims": len(milliseconds), "p50_us": 1000 * cuts[49], "p99_us": 1000 * cuts[98],
            "max_us": 1000 * max(milliseconds)}


def _tables(server: Server, database: str) -> Figures:
    """Dead rows, sizes, and how often autovacuum was there."""
    found: Figures = {}
    for line in server.query(
            "SELECT relname, n_live_tup, n_dead_tup, pg_table_size(relid), pg_indexes_size(relid), autovacuum_count "
            f"FROM pg_stat_user_tables WHERE relname IN {_TABLES}", database).splitlines():
        table, *numbers = line.split("|")
        names = ("rows", "dead", "table_bytes", "index_bytes", "autovacuums")
        found |= {f"{table}_{what}": float(number) for what, number in zip(names, numbers)}
    return found
