"""A steady load whose answers are timed: callbacks, submissions, and how long a healthy sink waits for its deliveries."""
from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from support.service import Service
from support.sink import Sink
from support.wait import until
from support.world import REQUEST

from .stage import callback_path, caller, result_body

_REQUEST = json.dumps(REQUEST).encode()
_JSON = {"Content-Type": "application/json"}
_numbers = itertools.count(1)


@dataclass
class Timed:
    """Seconds from a request to its answer, and to the delivery at the healthy sink."""

    callbacks: list[float] = field(default_factory=list)
    submissions: list[float] = field(default_factory=list)
    deliveries: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class SteadyLoad:
    """`rate` callbacks a second for `seconds`, and a third as many submissions that do not wait for the provider."""

    def __init__(self, service: Service, healthy: Sink, rate: int, seconds: float, threads: int = 4) -> None:
        self._service, self._healthy = service, healthy
        self._rate, self._seconds, self._threads = rate, seconds, threads
        self.accepted: set[str] = set()  # everything ever answered with 2xx

    def prepare(self) -> list[tuple[str, str]]:
        """Tasks that the provider has, each for one callback."""
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: self._submit(), range(int(self._rate * self._seconds))))

    def _submit(self) -> tuple[str, str]:
        def ask() -> tuple[str, str] | None:
            answer = caller(self._service).request("POST", "/v1/audios/generations", _REQUEST, _JSON)
            assert answer.status in (200, 202), answer
            told = answer.json()
            self.accepted.add(told["id"])
            return (told["id"], told["provider_task_id"]) if told.get("provider_task_id") else None

        return until(ask, "the provider takes a task", within=30)

    def run(self, tasks: list[tuple[str, str]]) -> Timed:
        timed = Timed()
        began = time.monotonic() + 0.05
        shares = [tasks[number::self._threads] for number in range(self._threads)]
        threads = [threading.Thread(target=self._call_back, args=(timed, share, began, number))
                   for number, share in enumerate(shares)]
        threads.append(threading.Thread(target=self._submit_steadily, args=(timed, began)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return timed

    def _call_back(self, timed: Timed, tasks: list[tuple[str, str]], began: float, number: int) -> None:
        connection = self._service.public.connect()
        sent: dict[str, float] = {}
        for turn, (task, provider_task) in enumerate(tasks):
            _sleep_until(began + (turn * self._threads + number) / self._rate)
            body = result_body(provider_task, f"voice-{next(_numbers)}")
            sent[task] = time.time()
            at = time.perf_counter()
            try:
                answer = self._service.public.request("POST", callback_path(task), body, _JSON, connection)
            except (OSError, http.client.HTTPException) as error:
                timed.wrong.append(f"callback: {error!r}")
                continue
            timed.callbacks.append(time.perf_counter() - at)
            if answer.status != 200:
                timed.wrong.append(f"callback: {answer}")
        connection.close()
        self._follow(timed, sent)

    def _follow(self, timed: Timed, sent: dict[str, float]) -> None:
        """When the healthy sink got each of them."""
        deadline = time.monotonic() + 10
        while len(got := self._arrived(sent)) < len(sent) and time.monotonic() < deadline:
            time.sleep(0.05)
        timed.deliveries += [got[task] - at for task, at in sent.items() if task in got]
        missing = [task for task in sent if task not in got]
        if missing:
            timed.wrong.append(f"{len(missing)} of {len(sent)} not at the healthy sink after ten seconds")

    def _arrived(self, sent: dict[str, float]) -> dict[str, float]:
        """When the healthy sink got each for the first time."""
        got: dict[str, float] = {}
        for item in self._healthy.received[-6 * len(sent) * self._threads:]:
            task = json.loads(item.body)["data"]["id"]
            if task in sent:
                got.setdefault(task, item.at)
        return got

    def _submit_steadily(self, timed: Timed, began: float) -> None:
        client = caller(self._service)
        connection = client.connect()
        for turn in range(int(self._rate * self._seconds / 3)):
            _sleep_until(began + turn * 3 / self._rate)
            at = time.perf_counter()
            try:
                answer = client.request("POST", "/v1/audios/generations", _REQUEST, {**_JSON, "Prefer": "respond-async"},
                                        connection)
            except (OSError, http.client.HTTPException) as error:
                timed.wrong.append(f"submission: {error!r}")
                continue
            timed.submissions.append(time.perf_counter() - at)
            if answer.status == 202:
                self.accepted.add(answer.json()["id"])
            else:
                timed.wrong.append(f"submission: {answer}")
        connection.close()


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
