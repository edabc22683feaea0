"""What is measured, one function per theme; each gives figures by name."""
from __future__ import annotations

import statistics
import time
from typing import Callable

from support.http import Client
from support.program import Program
from support.service import ANN, Service
from support.simulator import API_KEY
from support.wait import until

from .field import SINK, Callbacks, Field, submit_body
from .load import write_requests
from .machine import Used, forget_pages, resident_kib
from .plan import Plan
from .stock import Template

Figures = dict[str, float]
Say = Callable[[str], None]


def medians(runs: list[Figures]) -> Figures:
    """The median of each figure; of the longest wait the worst is kept."""
    return {name: max(run[name] for run in runs) if name == "max_us" else statistics.median(run[name] for run in runs)
            for name in runs[0]}


def pause_sink(service: Service) -> None:
    answer = service.ops.post(f"/ops/v1/sinks/{SINK}/pause", {"reason": "intake is measured alone"})
    assert answer.status == 200, answer


def resume_sink(service: Service) -> None:
    answer = service.ops.post(f"/ops/v1/sinks/{SINK}/resume", {})
    assert answer.status == 200, answer


class CallbackRuns:
    """Callbacks to voicehook and the same requests to nginx, in turn."""

    def __init__(self, field: Field, service: Service, callbacks: Callbacks, plan: Plan) -> None:
        self._field, self._service, self._callbacks, self._plan = field, service, callbacks, plan
        self._file = field.folder / f"{service.folder.name}.requests.bin"

    def ours(self, count: int, *more: str | int, duplicates: int = 0) -> Figures:
        write_requests(self._file, self._callbacks.take(count * (100 - duplicates) // 100))
        before = self._service.metrics()
        run = self._field.load.run(self._service.program.process.pid, self._service.public_port, self._file,
                                   "--connections", self._plan.connections, "--duplicates", duplicates, *more)
        after = self._service.metrics()

        def grown(name: str, **labels: str) -> float:
            return after.value("voicehook_" + name, **labels) - before.value("voicehook_" + name, **labels)

        accepted, repeated = grown("callbacks_total", result="accepted"), grown("callbacks_total", result="duplicate")
        if repeated != run.raw["repeated"] or accepted + repeated != run.answers:
            raise RuntimeError(f"{run.raw}: voicehook counted {accepted} accepted and {repeated} duplicates")
        commits = grown("store_commit_seconds_count")
        return {**run.figures(), "rows_per_commit": grown("store_commit_rows_sum") / commits,
                "commit_ms": 1000 * grown("store_commit_seconds_sum") / commits}

    def nginx(self, *more: str | int) -> Figures:
        """After `ours`: the requests that it wrote, again and again."""
        return self._field.load.run(self._field.nginx.pid, self._field.nginx.port, self._file, "--connections",
                                    self._plan.connections, "--again", "--seconds", self._plan.nginx_seconds, *more).figures()

    def kept_connections(self) -> dict[str, Figures]:
        ours, nginx, repeating = [], [], []
        for _ in range(self._plan.rounds):
            ours.append(self.ours(self._plan.callbacks))
            nginx.append(self.nginx())
            repeating.append(self.ours(self._plan.callbacks, duplicates=10))
        return {"callbacks.voicehook": medians(ours), "callbacks.nginx": medians(nginx),
                "callbacks_10_duplicates.voicehook": medians(repeating)}

    def connection_each(self) -> dict[str, Figures]:
        ours, nginx = [], []
        for _ in range(self._plan.rounds):
            ours.append(self.ours(self._plan.single_callbacks, "--no-keepalive"))
            nginx.append(self.nginx("--no-keepalive"))
        return {"connection_each.voicehook": medians(ours), "connection_each.nginx": medians(nginx)}


def delivered(service: Service) -> float:
    return service.metrics().value("voicehook_deliveries_total", sink=SINK, result="delivered")


def deliveries(service: Service, plan: Plan) -> dict[str, Figures]:
    """A backlog goes out to a sink that answers at once."""
    pid = service.program.process.pid
    resume_sink(service)
    until(lambda: delivered(service) > 0, "the first delivery")
    count, used, began = delivered(service), Used.by(pid), time.monotonic()
    time.sleep(plan.delivery_seconds)
    count, after, seconds = delivered(service) - count, Used.by(pid), time.monotonic() - began
    pause_sink(service)
    return {"deliveries.voicehook": {"per_second": count / seconds, "cpu_us": 1e6 * after.since(used) / max(count, 1),
                                     "server_busy": after.busiest_thread_since(used) / seconds}}


def beside_deliveries(service: Service, runs: CallbackRuns, plan: Plan) -> dict[str, Figures]:
    """Callbacks while the backlog goes out."""
    resume_sink(service)
    count, began = delivered(service), time.monotonic()
    run = runs.ours(plan.callbacks)
    count, seconds = delivered(service) - count, time.monotonic() - began
    pause_sink(service)
    return {"callbacks_beside_deliveries.voicehook": {**run, "deliveries_per_second": count / seconds}}


def submissions(field: Field, service: Service, plan: Plan) -> dict[str, Figures]:
    """Through voicehook and directly to the simulator, one at a time and 32 at a time."""
    requests = write_requests(field.folder / "submit.bin", [(b"/v1/audios/generations", submit_body())])
    found: dict[str, Figures] = {}
    for name, connections in (("submit_one_by_one", 1), ("submit_32", 32)):
        through, direct = [], []
        for _ in range(plan.rounds):
            common = ("--again", "--seconds", plan.submit_seconds, "--connections", connections)
            through.append(field.load.run(service.program.process.pid, service.api_port, requests, *common,
                                          "--field", f"Authorization: Bearer {ANN.key}").figures())
            direct.append(field.load.run(field.provider.program.process.pid, field.provider.port, requests, *common,
                                         "--field", f"Authorization: Bearer {API_KEY}").figures())
        found[f"{name}.voicehook"], found[f"{name}.simulator"] = medians(through), medians(direct)
        found[f"{name}.added"] = {"p50_us": found[f"{name}.voicehook"]["p50_us"] - found[f"{name}.simulator"]["p50_us"]}
    return found


def idle_connections(field: Field, service: Service, plan: Plan) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for name, pid, port in (("voicehook", service.program.process.pid, service.public_port),
                            ("nginx", field.nginx.pid, field.nginx.port)):
        before = resident_kib(pid)
        with field.load.idle_connections(port, plan.idle_connections) as open_now:
            assert open_now == plan.idle_connections, f"{open_now} connections stand at {name}"
            time.sleep(0.3)
            found[f"idle_connection.{name}"] = {"kib": (resident_kib(pid) - before) / open_now}
    return found


def many_tasks(field: Field, in_flight: Template, done: Template, body: bytes, plan: Plan, say: Say) -> dict[str, Figures]:
    """Memory, file size and start-up with `plan.tasks` ended tasks, and some in flight for callbacks."""
    service = field.new_service("many").start()
    found: dict[str, Figures] = {"memory.at_start": {"kib": resident_kib(service.program.process.pid)}}
    field.stop(service)
    empty_size = service.store.stat().st_size
    say(f"storing {plan.tasks:,} ended tasks")
    field.fill(service, done, plan.tasks, step_ms=20 * 86_400_000 / plan.tasks)
    found["file.task"] = {"bytes": (service.store.stat().st_size - empty_size) / plan.tasks, "payload": done.stored_bytes}

    waiting = max(2000, plan.single_callbacks) * (plan.restarts + 2)
    callbacks = Callbacks(field.fill(service, in_flight, waiting), in_flight, body)
    service.start(60)
    pid = service.program.process.pid
    found["memory.many_tasks"] = {"kib": resident_kib(pid), "tasks": plan.tasks + waiting}
    pause_sink(service)
    one_run = max(2000, plan.single_callbacks)
    field.load.run(pid, service.public_port, write_requests(field.folder / "requests.bin", callbacks.take(one_run)))
    found["memory.after_callbacks"] = {"kib": resident_kib(pid)}
    for name, cold in (("start.warm", False), ("start.cold", True)):
        runs = [_restart(field, service, callbacks, one_run // 2, cold) for _ in range(plan.restarts)]
        found[name] = medians(runs)
    summary = service.summary()
    assert summary["conservation"]["ok"], summary["conservation"]
    service.close()
    return found


def _restart(field: Field, service: Service, callbacks: Callbacks, count: int, cold: bool) -> Figures:
    """Kills the service under load and starts it again: milliseconds until it is ready, and until its first durable 2xx."""
    requests = write_requests(field.folder / "requests.bin", callbacks.take(count))
    first, first_body = callbacks.take(1)[0]
    with field.load.in_background(service.public_port, requests, "--connections", 16):
        time.sleep(0.05)
        service.kill()
    log_size = service.store.with_name(service.store.name + "-wal").stat().st_size
    if cold:
        for path in service.folder.glob(service.store.name + "*"):
            forget_pages(path)
    began = time.monotonic()
    service.program = Program(service.command("serve"), service.folder, "voicehook")
    until(lambda: _accepts(service.public, first.decode(), first_body), "the first 2xx after a kill", 60, 0.002)
    return {"first_2xx_ms": 1000 * (time.monotonic() - began), "log_kib": log_size / 1024}


def _accepts(public: Client, path: str, body: bytes) -> bool:
    return public.post(path, body).status == 200
