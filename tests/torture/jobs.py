"""The big run: thousands of tasks, lost and repeated callbacks, a failing sink, kills in between. Nothing is missing. Over
PostgreSQL every second kill is the server's."""
from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Mapping

from support.postgres import Postgres
from support.service import Service
from support.simulator import Simulator
from support.sink import Answer, Received, Sink
from support.wait import until
from support.world import REQUEST

from . import shims
from .report import Report, quantile, say
from .stage import OPEN_STAGES, Stage, caller, counts

LOST, FAILING, MOST_FAILURES = 0.3, 0.2, 4
IN_FLIGHT = 32
SUBMITTERS = 4
_REQUEST = json.dumps(REQUEST).encode()
_JSON = {"Content-Type": "application/json"}


class FailingSink(Sink):
    """Answers a share of all requests with 503, but nothing more than `MOST_FAILURES` times: later waits last minutes."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__()
        self._share, self._random = share, random.Random(seed)
        self._failures: Counter[str] = Counter()

    def _next(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        with self._lock:
            fails = self._random.random() < self._share and self._failures[headers["webhook-id"]] < MOST_FAILURES
            self._failures[headers["webhook-id"]] += fails
            answer = Answer(503 if fails else 200)
            self._received.append(Received(time.time(), path, headers, body, answer))
            return answer


#: Seconds after which no submission is tried again: a service that stays away must fail the run, not hold it up.
GIVE_UP = 600.0


class Submitters:
    """Post until so many are accepted, each under its own Idempotency-Key, tried until it is answered. Every `hurried`th
    does not wait for the provider."""

    def __init__(self, service: Service, wanted: int, hurried: int = 2) -> None:
        self.accepted: dict[str, float] = {}  # our id → when the request was sent that brought it
        self._service = service
        self._hurried = hurried
        self._lock = threading.Lock()
        self._numbers = iter(range(wanted))
        self._until = time.monotonic() + GIVE_UP
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(SUBMITTERS)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        client = caller(self._service)
        connection = client.connect()
        while (number := self._next()) is not None:
            prefer = {"Prefer": "respond-async"} if number % self._hurried == self._hurried - 1 else {}
            headers = {**_JSON, "Idempotency-Key": f"job-{number}", **prefer}
            while time.monotonic() < self._until:
                at = time.time()
                try:
                    answer = client.request("POST", "/v1/audios/generations", _REQUEST, headers, connection)
                except (OSError, http.client.HTTPException):
                    connection.close()
                    connection = client.connect()
                    time.sleep(0.05)
                    continue
                if answer.status in (200, 202):
                    self.accepted[answer.json()["id"]] = at
                    break
                time.sleep(0.05)
        connection.close()

    def _next(self) -> int | None:
        with self._lock:
            return next(self._numbers, None)

    def join(self) -> None:
        """Those that nobody took by then are missing from `accepted`."""
        for thread in self._threads:
            thread.join()


def repeat_callbacks(provider: Simulator, stop: threading.Event) -> int:
    """Sends every callback that the provider sent twice more, until there are no new ones after `stop`. How many."""
    done: set[str] = set()
    with ThreadPoolExecutor(4) as pool:
        while True:
            last_look = stop.is_set()
            fresh = [task for task in provider.tasks() if task.id not in done and task.callbacks]
            done |= {task.id for task in fresh}
            list(pool.map(lambda task: _send_again(provider, task.id), fresh))
            if last_look and not fresh:
                return len(done)
            time.sleep(0.5)


def _send_again(provider: Simulator, task: str) -> None:
    try:
        provider.send_callback(task, times=2)
    except (OSError, AssertionError, http.client.HTTPException):
        pass  # the service is down just now


class BigRun:
    """All at once: load, losses, duplicates, a failing sink and kills."""

    def __init__(self, stage: Stage, tasks: int, kills: int, report: Report, name: str = "jobs",
                 environment: Mapping[str, str] | None = None, server: Postgres | None = None) -> None:
        self._tasks, self._kills, self._report, self._server = tasks, kills, report, server
        self._random = random.Random(7)
        self.provider = stage.provider("--fault", f'callback={{"kind":"never","probability":{LOST}}}', name=f"{name}-provider",
                                       work="1s")
        self.sink: FailingSink = stage.keep(FailingSink(FAILING, 7))
        results = {"name": "results", "type": "http", "url": self.sink.url, "max_in_flight": IN_FLIGHT}
        self.service = stage.service(name, self.provider.url, [results], {
            "polling": {"first_after": "5s", "interval": "2s"},
            "submission": {"wait": "5s", "deadline": "10m", "replay_after": "1s"},
            **({"store": {"url": server.create_database(name)}} if server else {})}, environment)

    def play(self) -> None:
        self.service.start()
        stop = threading.Event()
        repeated: list[int] = []
        repeating = threading.Thread(target=lambda: repeated.append(repeat_callbacks(self.provider, stop)))
        repeating.start()
        submitters = Submitters(self.service, self._tasks)
        self._kill_while_busy(submitters)
        submitters.join()
        wait_until_done(self.service, self._tasks)
        stop.set()
        repeating.join()
        self._judge(set(submitters.accepted), repeated[0])

    def _kill_while_busy(self, submitters: Submitters) -> None:
        """Evenly over the submissions, at odd moments."""
        for number in range(self._kills):
            target = self._tasks * (number + 1) // (self._kills + 1)
            until(lambda: len(submitters.accepted) >= target, f"{target} are accepted", within=600, every=0.01)
            time.sleep(self._random.uniform(0, 0.2))
            self._kill(number)
            say(f"{len(submitters.accepted)} of {self._tasks} accepted, kill {number + 1} of {self._kills}")

    def _kill(self, number: int) -> None:
        if self._server and number % 2:
            self._server.kill()
            time.sleep(self._random.uniform(0, 2))
            self._server.start()
        else:
            self.service.kill()
            self.service.start()

    def _judge(self, accepted: set[str], repeated: int) -> None:
        tell = self._report.tell
        copies: dict[str, list[Received]] = {}
        for item in self.sink.received:
            copies.setdefault(item.json()["data"]["id"], []).append(item)
        taken = {task: sum(item.answer.status == 200 for item in items) for task, items in copies.items()}
        missing = [task for task in accepted if not taken.get(task)]
        differing = [task for task, items in copies.items() if len({(one.headers["webhook-id"], one.body) for one in items}) > 1]
        again = sum(count - 1 for count in taken.values() if count > 1)
        paid = sorted(task.idempotency_key for task in self.provider.tasks())
        summary = self.service.summary(audit=True)
        tell("tasks accepted, kills", f"{len(accepted)}, {self._kills}", len(accepted) == self._tasks)
        tell("results by callback, by query", f"{summary['results']['callback']}, {summary['results']['query']}",
             summary["results"]["query"] > 0)
        tell("callbacks repeated twice", repeated)
        tell("missing at the sink", len(missing), not missing)
        tell("requests at the sink, copies with another id or bytes", f"{len(self.sink.received)}, {len(differing)}",
             not differing)
        tell(f"taken a second time (≤ {self._kills} kills × {IN_FLIGHT} in flight)", again, again <= self._kills * IN_FLIGHT)
        tell("paid creates", len(paid), paid == sorted(accepted))
        tell("conservation", "holds" if summary["conservation"]["ok"] else summary["conservation"]["violations"],
             summary["conservation"]["ok"])
        if set(taken) - accepted:
            self._report.complain(f"{len(set(taken) - accepted)} tasks delivered that nobody was told of")


def wait_until_done(service: Service, tasks: int) -> None:
    """All ended and delivered; tells how far it is."""
    began = time.monotonic()
    while left := {what: count for what in (*OPEN_STAGES, "waiting") if (count := counts(service)[what])}:
        if time.monotonic() > began + 900:
            raise AssertionError(f"of {tasks} tasks some are not done after 15 minutes: {left}")
        say(f"open: {left}")
        time.sleep(2)


def all_callbacks_lost(stage: Stage, tasks: int, interval: float, report: Report) -> None:
    """From a task's completion at the provider to its delivery, when only queries tell."""
    work = 1.1  # done just after the first query: the longest wait
    provider = stage.provider("--fault", "callback=never", name="silent-provider", work=f"{int(work * 1000)}ms")
    sink: Sink = stage.keep(Sink())
    service = stage.service("silent", provider.url, [{"name": "results", "type": "http", "url": sink.url}],
                            {"polling": {"first_after": "1s", "interval": f"{int(interval * 1000)}ms"}})
    service.start()
    submitters = Submitters(service, tasks, hurried=tasks + 1)  # the provider accepts each before it is answered
    submitters.join()
    wait_until_done(service, tasks)
    arrived: dict[str, float] = {}
    for item in sink.received:
        arrived.setdefault(item.json()["data"]["id"], item.at)
    lags = [arrived[task] - (sent + work) for task, sent in submitters.accepted.items() if task in arrived]
    report.tell(f"{tasks} tasks without any callback: delivered", len(lags), len(lags) == tasks)
    report.tell(f"  completion → delivery p50, p99 (≤ {interval + 1:g} s)",
                f"{quantile(lags, 0.5):.2f} s, {quantile(lags, 0.99):.2f} s",
                quantile(lags, 0.99) <= interval + 1)


class ForgetfulRun(BigRun):
    """Every kill takes the tables of the shared store along."""

    def _kill(self, number: int) -> None:
        assert self._server
        self.service.kill()
        self._server.query("DROP SCHEMA voicehook CASCADE", "forgetful")
        self.service.start()


def control_over_postgres(stage: Stage, server: Postgres, report: Report) -> None:
    """A store that is forgotten at each kill, which must be found."""
    planted = Report("planted")
    ForgetfulRun(stage, 150, 2, planted, "forgetful", server=server).play()
    broken = sum(not row.holds for row in planted.rows)
    report.tell("control, a store forgotten at each kill: broken promises", broken, broken > 0)


def control(stage: Stage, report: Report) -> None:
    """A store that is forgotten at each start, which must be found."""
    forgetful = {**shims.preload(shims.compiled("forget_store", stage.folder)),
                 "TORTURE_FORGET": str(stage.folder / "forgetful" / "voicehook.db")}
    planted = Report("planted")
    BigRun(stage, 150, 2, planted, "forgetful", forgetful).play()
    broken = sum(not row.holds for row in planted.rows)
    report.tell("control, a store forgotten at each start: broken promises", broken, broken > 0)


def add_arguments(words: Any) -> None:
    words.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite", help="the store below (default sqlite)")
    words.add_argument("--tasks", type=int, default=10_000, metavar="N", help="tasks of the big run (default 10000)")
    words.add_argument("--kills", type=int, default=10, metavar="N", help="kill -9 while it runs (default 10)")
    words.add_argument("--silent", type=int, default=1000, metavar="N", help="tasks without any callback (default 1000)")
    words.add_argument("--interval", type=float, default=6, metavar="S", help="polling.interval of those, in seconds (default 6)")


def run(options: Any) -> Report:
    """The big run, then the one without callbacks."""
    if options.store == "postgres":
        return run_over_postgres(options)
    report = Report("the big run: 30 % of callbacks lost, the others threefold, the sink fails 20 %")
    stage = Stage("jobs")
    try:
        BigRun(stage, options.tasks, options.kills, report).play()
        if options.silent:
            all_callbacks_lost(stage, options.silent, options.interval, report)
        control(stage, report)
    finally:
        stage.close(keep_folder=not report.good)
    return report


def run_over_postgres(options: Any) -> Report:
    """The big run on the shared store; lost callbacks and their times are those of the embedded one."""
    report = Report("the big run over PostgreSQL: 30 % of callbacks lost, the others threefold, the sink fails 20 %")
    stage = Stage("jobs-postgres")
    try:
        server: Postgres = stage.keep(Postgres())
        BigRun(stage, options.tasks, options.kills, report, server=server).play()
        control_over_postgres(stage, server, report)
    finally:
        stage.close(keep_folder=not report.good)
    return report
