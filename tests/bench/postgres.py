"""The same work on SQLite, on PostgreSQL, and by two replicas on PostgreSQL, round by round."""
from __future__ import annotations

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor

from support.service import ANN, Service
from support.simulator import API_KEY
from support.wait import until

from .field import Callbacks, Field, callback_path, submit_body
from .load import write_requests
from .machine import Used
from .plan import Plan
from .postgres_stock import Server, add_copies
from .scenarios import CallbackRuns, Figures, Say, delivered, medians, pause_sink, resume_sink
from .stock import Copy, Template


class Contestant:
    """A store, the services on it, and tasks in flight for each of them."""

    def __init__(self, name: str, field: Field, services: list[Service], stocks: list[Callbacks], plan: Plan) -> None:
        self.name, self.services, self.stocks, self._plan = name, services, stocks, plan
        share = dataclasses.replace(plan, connections=plan.connections // len(services))
        self._runs = [CallbackRuns(field, service, stock, share) for service, stock in zip(services, stocks)]

    @property
    def pids(self) -> list[int]:
        return [service.program.process.pid for service in self.services]

    def callbacks(self, server: Server, count: int) -> Figures:
        """Durable callbacks over kept connections, shared out among the services; every answer is checked and counted."""
        each = count // len(self.services)
        meter = Meter(self.pids, server)
        with ThreadPoolExecutor(len(self._runs)) as pool:
            runs = list(pool.map(lambda run: run.ours(each), self._runs))
        found = meter.read(each * len(runs))
        seconds = max(each / run["per_second"] for run in runs)
        others = found.pop("machine_seconds") - sum(run["client_busy"] * each / run["per_second"] for run in runs)
        return {**{name: max(run[name] for run in runs) for name in ("p50_us", "p99_us", "max_us", "server_busy")},
                **{name: sum(run[name] for run in runs) / len(runs) for name in ("rows_per_commit", "commit_ms")},
                **found, "per_second": each * len(runs) / seconds, "other_cores": max(0.0, others / seconds)}

    def deliveries(self, server: Server) -> Figures:
        """Most of the backlog that the last run left goes out to a sink that answers at once."""
        before = self._delivered()
        goal = before + self._plan.postgres_callbacks * 0.9
        resume_sink(self.services[0])
        until(lambda: self._delivered() > before, "the first delivery")
        first, meter, began = self._delivered(), Meter(self.pids, server), time.monotonic()
        until(lambda: self._delivered() >= goal, f"{self.name} delivers", 120, 0.1)
        count, seconds = self._delivered() - first, time.monotonic() - began
        found = meter.read(count)
        pause_sink(self.services[0])
        del found["machine_seconds"]
        return {**found, "per_second": count / seconds}

    def check(self) -> None:
        for service in self.services:
            summary = service.summary()
            assert summary["conservation"]["ok"], summary["conservation"]

    def close(self) -> None:
        for service in self.services:
            service.close()

    def _delivered(self) -> float:
        return sum(delivered(service) for service in self.services)


class Meter:
    """CPU since it was made."""

    def __init__(self, pids: list[int], server: Server) -> None:
        self._server, self._server_before = server, server.cpu()
        self._before = {pid: Used.by(pid) for pid in pids}

    def read(self, count: float) -> Figures:
        """For each of `count`: voicehook, its network threads, its other threads (the store's), PostgreSQL's processes for its
        connections, and PostgreSQL's others. `machine_seconds` is what nobody of these used, in all."""
        after = {pid: Used.by(pid) for pid in self._before}
        server = self._server.cpu().since(self._server_before)
        ours = sum(used.since(self._before[pid]) for pid, used in after.items())
        network = sum(used.threads[pid] - self._before[pid].threads[pid] for pid, used in after.items())
        machine = max(used.machine for used in after.values()) - min(used.machine for used in self._before.values())
        return {"cpu_us": 1e6 * ours / count, "main_us": 1e6 * network / count, "store_us": 1e6 * (ours - network) / count,
                "backends_us": 1e6 * server.backends / count, "server_us": 1e6 * server.others / count,
                "machine_seconds": machine - ours - server.backends - server.others}


class Stores:
    """Makes services on new databases of one PostgreSQL server, filled with copies of a task."""

    def __init__(self, field: Field, in_flight: Template, body: bytes, plan: Plan) -> None:
        self.field, self._in_flight, self._body, self._plan = field, in_flight, body, plan
        self.server = Server(field.folder / "postgres", field.files)

    def on_sqlite(self) -> Contestant:
        service = self.field.new_service("sqlite")
        copies = self.field.fill(service, self._in_flight, self._plan.postgres_stock)
        service.start(60)
        pause_sink(service)
        return self._contestant("sqlite", [service], copies)

    def on_postgres(self, name: str, replicas: int) -> Contestant:
        """Tasks in flight; each replica has a part of its own."""
        services = self._services(name, replicas)
        self._one_task(services[0])
        copies = add_copies(self.server, name, self._in_flight, self._plan.postgres_stock)
        for service in services:
            service.start(60)
        pause_sink(services[0])
        return self._contestant(name, services, copies)

    def with_backlog(self, name: str, count: int) -> Service:
        """Ended tasks, each with a delivery that waits while the sink is paused."""
        service = self._services(name, 1)[0]
        self._one_task(service, ended=True)
        add_copies(self.server, name, self._in_flight, count)
        return service.start(60)

    def empty(self, name: str, replicas: int) -> list[Service]:
        return self._services(name, replicas)

    def _services(self, name: str, count: int) -> list[Service]:
        url = self.server.create_database(name)
        return [self.field.new_service(f"{name}{number}", url) for number in range(count)]

    def _contestant(self, name: str, services: list[Service], copies: list[Copy]) -> Contestant:
        share = len(copies) // len(services)
        stocks = [Callbacks(copies[number * share:(number + 1) * share], self._in_flight, self._body)
                  for number in range(len(services))]
        return Contestant(name, self.field, services, stocks, self._plan)

    def _one_task(self, service: Service, ended: bool = False) -> None:
        """Starts, has one task through the API, and stops."""
        service.start()
        pause_sink(service)
        answer = service.client(ANN).post("/v1/audios/generations", submit_body())
        assert answer.status == 200, answer
        if ended:
            body = self._body.replace(self._in_flight.provider_id.encode(), answer.json()["provider_task_id"].encode())
            told = service.public.post(callback_path(answer.json()["id"]).decode(), body)
            assert told.json() == {"status": "accepted"}, told
        self.field.stop(service)


def throughput(contestants: list[Contestant], server: Server, plan: Plan, say: Say) -> dict[str, Figures]:
    found: dict[str, list[Figures]] = {}
    for contestant in contestants:
        contestant.callbacks(server, plan.postgres_warm_up)
    for number in range(plan.rounds):
        say(f"callbacks, then their deliveries, on each store in turn: round {number + 1}")
        for contestant in contestants:
            found.setdefault(f"pg_callbacks.{contestant.name}", []).append(
                contestant.callbacks(server, plan.postgres_callbacks))
        for contestant in contestants:
            found.setdefault(f"pg_deliveries.{contestant.name}", []).append(contestant.deliveries(server))
    return {name: medians(runs) for name, runs in found.items()}


def submissions(field: Field, contestants: list[Contestant], plan: Plan) -> dict[str, Figures]:
    """Through each and directly to the simulator."""
    provider = field.provider
    requests = write_requests(field.folder / "submit.bin", [(b"/v1/audios/generations", submit_body())])
    ports = {each.name: (each.pids[0], each.services[0].api_port, ANN.key) for each in contestants}
    ports["simulator"] = (provider.program.process.pid, provider.port, API_KEY)
    found: dict[str, Figures] = {}
    for scenario, connections in (("pg_submit_one_by_one", 1), ("pg_submit_32", 32)):
        runs: dict[str, list[Figures]] = {name: [] for name in ports}
        for _ in range(plan.rounds):
            for name, (pid, port, key) in ports.items():
                runs[name].append(field.load.run(
                    pid, port, requests, "--again", "--seconds", plan.submit_seconds / 2, "--connections", connections,
                    "--field", f"Authorization: Bearer {key}").figures())
        middle = {name: medians(some) for name, some in runs.items()}
        for contestant in contestants:
            figures = middle[contestant.name]
            found[f"{scenario}.{contestant.name}"] = {**figures, "added_us": figures["p50_us"] - middle["simulator"]["p50_us"]}
    return found
