"""The operations API over a small and a large store, and what it costs the intake meanwhile."""
from __future__ import annotations

import statistics
import threading
import time
from http.client import HTTPConnection
from typing import Callable, Mapping

from support.http import Client
from support.service import Service

from .field import Callbacks, Field
from .load import write_requests
from .machine import resident_kib
from .plan import Plan
from .stock import Copy, Template

Figures = dict[str, float]
Say = Callable[[str], None]
SMALL = 1_000
_WARM_UP = 10


def measure(field: Field, in_flight: Template, done: Template, body: bytes, plan: Plan, say: Say) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    stores = {}
    for name, tasks in (("small", SMALL), ("large", plan.tasks)):
        service = field.new_service(f"operations-{name}")
        say(f"storing {tasks:,} ended tasks")
        ended = field.fill(service, done, tasks, step_ms=20 * 86_400_000 / tasks)
        stores[name] = service, tasks, ended, field.fill(service, in_flight, 6 * plan.single_callbacks)
    for name, (service, tasks, ended, waiting) in stores.items():
        service.start(60)
        say(f"the operations API over {tasks:,} tasks")
        found |= {f"ops_{name}.{route}": figures for route, figures in _routes(service, ended[len(ended) // 2], plan).items()}
        found[f"ops_{name}.memory"] = {"kib": resident_kib(service.program.process.pid), "tasks": tasks}
        if name == "large":
            say("callbacks alone, and while operators look")
            found |= _intake_meanwhile(field, service, Callbacks(waiting, in_flight, body), ended[0], plan)
        assert service.summary()["conservation"]["ok"]
        field.stop(service)
    return found


def _paths(task: Copy) -> Mapping[str, str]:
    return {"summary": "/ops/v1/summary", "tasks, newest": "/ops/v1/tasks", "tasks, one stage": "/ops/v1/tasks?stage=in_flight",
            "tasks, one status": "/ops/v1/tasks?status=completed&caller=ann", "task by the provider's id": f"/ops/v1/tasks?q={task.provider_id}",
            "tasks, deep page": f"/ops/v1/tasks?created_before={_age(task)}", "one task": f"/ops/v1/tasks/{task.id}",
            "deliveries": "/ops/v1/deliveries?state=delivered", "parked": "/ops/v1/deliveries?state=parked",
            "actions": "/ops/v1/actions", "history": "/ops/v1/history?window=1h", "metrics": "/metrics", "page": "/ops/"}


def _age(task: Copy) -> int:
    """When a task was made, in seconds since 1970: its id tells."""
    return int(task.id.removeprefix("task-").replace("-", "")[:12], 16) // 1000


def _routes(service: Service, task: Copy, plan: Plan) -> dict[str, Figures]:
    connection = service.ops.connect()
    try:
        return {name: _latency(service.ops, connection, path, plan.ops_requests) for name, path in _paths(task).items()}
    finally:
        connection.close()


def _latency(client: Client, connection: HTTPConnection, path: str, count: int) -> Figures:
    times = []
    for number in range(_WARM_UP + count):
        began = time.perf_counter()
        answer = client.request("GET", path, connection=connection)
        took = time.perf_counter() - began
        assert answer.status == 200, f"{path}: {answer}"
        if number >= _WARM_UP:
            times.append(took)
    cuts = statistics.quantiles(times, n=20)
    return {"p50_us": 1e6 * statistics.median(times), "p95_us": 1e6 * cuts[18]}


class _Operators:
    """Somebody who asks for everything, one thing after another, all the time."""

    def __init__(self, service: Service, task: Copy) -> None:
        self._service, self._paths = service, list(_paths(task).values())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.asked = 0

    def __enter__(self) -> "_Operators":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        connection = self._service.ops.connect()
        while not self._stop.wait(0.02):
            path = self._paths[self.asked % len(self._paths)]
            assert self._service.ops.request("GET", path, connection=connection).status == 200
            self.asked += 1
        connection.close()


def _intake_meanwhile(field: Field, service: Service, callbacks: Callbacks, task: Copy, plan: Plan) -> dict[str, Figures]:
    """Callbacks at a steady rate, with and without operators, in turn."""
    file, pid = field.folder / "operations.bin", service.program.process.pid
    alone, beside = [], []
    for _ in range(plan.rounds):
        for runs, operators in ((alone, False), (beside, True)):
            write_requests(file, callbacks.take(plan.single_callbacks))
            if operators:
                with _Operators(service, task):
                    runs.append(field.load.run(pid, service.public_port, file, "--connections", 8).figures())
            else:
                runs.append(field.load.run(pid, service.public_port, file, "--connections", 8).figures())
    return {f"ops_intake.{name}": {key: statistics.median(run[key] for run in runs) for key in ("per_second", "p50_us", "p99_us")}
            for name, runs in (("alone", alone), ("beside", beside))}


def section(found: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Lines for the page of results."""
    routes = [name.removeprefix("ops_large.") for name in found if name.startswith("ops_large.") and "p95_us" in found[name]]
    if not routes:
        return []
    small, large = found["ops_small.memory"], found["ops_large.memory"]
    head = f"{large['tasks']:,.0f} tasks"
    lines = ["", f"{'operations API, ms':34}{f'{SMALL:,} tasks':>20}{head:>20}", f"{'':34}{'p50':>10}{'p95':>10}{'p50':>10}{'p95':>10}"]
    for route in routes:
        cells = [found[f"ops_{size}.{route}"][cut] / 1000 for size in ("small", "large") for cut in ("p50_us", "p95_us")]
        lines.append(f"{route:34}" + "".join(f"{cell:10.2f}" for cell in cells))
    lines.append(f"{'resident memory, KiB':34}{small['kib']:20,.0f}{large['kib']:20,.0f}")
    alone, beside = found["ops_intake.alone"], found["ops_intake.beside"]
    for title, run in (("callbacks, nobody looks", alone), ("  while operators ask 30 times a second", beside)):
        lines.append(f"{title:40}{run['per_second']:10,.0f}/s  p50 {run['p50_us'] / 1000:.2f} ms, p99 {run['p99_us'] / 1000:.2f} ms")
    return lines
