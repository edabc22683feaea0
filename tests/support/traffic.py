"""Steady traffic through a load balancer: callers that submit, a provider that calls back, and what became of it."""
from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Callable

from .http import Response
from .replicas import Replicas
from .simulator import ProviderTask
from .sink import Received, Sink
from .wait import until
from .world import REQUEST

_BODY = json.dumps(REQUEST).encode()
_runs = itertools.count(1)
#: How long a submission is tried that nobody takes.
GIVE_UP = 120.0


class Traffic:
    """`rate` submissions a second, each under its own Idempotency-Key; the provider makes as many callbacks of them.

    A connection is kept and used again. When it is found closed before an answer began, the request goes once more over a
    new one, as HTTP clients do (`renewed`). Everything else than 2xx is in `refused`, and is tried again with the same key
    until it is accepted, as a caller does that means it."""

    def __init__(self, world: Replicas, rate: float, threads: int = 4) -> None:
        self.accepted: dict[str, float] = {}  # our id → when it was told
        self.refused: list[tuple[float, str]] = []
        self.renewed = 0
        self._world, self._rate = world, rate
        self._run_name = f"run-{next(_runs)}"
        self._stop = threading.Event()
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._run, args=(number, threads), daemon=True) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> set[str]:
        """No more submissions; what was accepted."""
        self._stop.set()
        for thread in self._threads:
            thread.join(GIVE_UP + 60)
        return set(self.accepted)

    @property
    def per_second(self) -> float:
        """How many were accepted a second so far; fewer than wanted when the machine is too busy."""
        return len(self.accepted) / (time.monotonic() - self._began)

    def wait_for(self, count: int, within: float = 60.0) -> None:
        until(lambda: len(self.accepted) >= count, f"{count} submissions are accepted", within)

    def _run(self, number: int, threads: int) -> None:
        lane = _Lane(self._world)
        for turn in itertools.count(number, threads):
            due = self._began + turn / self._rate
            if self._stop.wait(max(0.0, due - time.monotonic())):
                break
            self._submit(lane, f"{self._run_name}-{turn}")
        self.renewed += lane.renewed
        lane.close()

    def _submit(self, lane: "_Lane", key: str) -> None:
        give_up = time.monotonic() + GIVE_UP
        while time.monotonic() < give_up:
            try:
                answer = lane.post(key)
                if answer.status in (200, 202):
                    self.accepted[answer.json()["id"]] = time.monotonic()
                    return
                self.refused.append((time.monotonic(), repr(answer)))
            except (OSError, http.client.HTTPException) as error:
                self.refused.append((time.monotonic(), repr(error)))
            time.sleep(0.1)
        self.refused.append((time.monotonic(), f"given up after {GIVE_UP:g} s"))


class _Lane:
    """One caller's connection."""

    def __init__(self, world: Replicas) -> None:
        self.renewed = 0
        self._client = world.client(timeout=15)
        self._connection: http.client.HTTPConnection | None = None

    def post(self, key: str) -> Response:
        if self._connection:
            try:
                return self._exchange(self._connection, key)
            except (http.client.RemoteDisconnected, ConnectionError):
                self.renewed += 1
        self._connection = self._client.connect()
        return self._exchange(self._connection, key)

    def _exchange(self, connection: http.client.HTTPConnection, key: str) -> Response:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "Prefer": "respond-async"}
        try:
            answer = self._client.request("POST", "/v1/audios/generations", _BODY, headers, connection)
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if (answer.header("Connection") or "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


@dataclass
class Verdict:
    """What became of accepted tasks. `wrong` is empty when every promise was kept."""

    accepted: int
    wrong: list[str] = field(default_factory=list)
    lost: int = 0  # accepted and never delivered
    delivered_again: int = 0  # copies that the sink took after the first one: allowed, "at least once"
    given_up: int = 0  # callbacks that the provider gave up
    by_query: int = 0


class _Taken:
    """What the sink took, by task; grows as the sink receives."""

    def __init__(self, sink: Sink) -> None:
        self.by_task: dict[str, list[Received]] = defaultdict(list)
        self._sink = sink
        self._seen = 0

    def look(self) -> dict[str, list[Received]]:
        fresh = self._sink.received[self._seen:]
        self._seen += len(fresh)
        for item in fresh:
            if item.answer.status == 200:
                self.by_task[item.json()["data"]["id"]].append(item)
        return self.by_task


def wait_until_delivered(world: Replicas, accepted: set[str], within: float,
                         tell: Callable[[int], None] = lambda _: None) -> float:
    """Until the sink has each of them; how long that took."""
    began = time.monotonic()
    taken = _Taken(world.sink)
    while missing := accepted - taken.look().keys():
        if time.monotonic() > began + within:
            raise AssertionError(f"{len(missing)} of {len(accepted)} not delivered within {within} s: {sorted(missing)[:3]}")
        tell(len(missing))
        time.sleep(0.1)
    return time.monotonic() - began


def judge(world: Replicas, accepted: set[str]) -> Verdict:
    """Compares what callers and the provider were told with the provider's book, the sink's and the store's."""
    verdict = Verdict(len(accepted))
    summary = world.service.summary(audit=True)
    verdict.wrong += _wrong_deliveries(accepted, taken := _Taken(world.sink).look())
    verdict.lost = len(accepted - taken.keys())
    verdict.wrong += _wrong_at_the_provider(accepted, world.provider.tasks(), summary)
    if not summary["conservation"]["ok"]:
        verdict.wrong.append(f"conservation: {summary['conservation']['violations']}")
    verdict.delivered_again = sum(len(copies) - 1 for copies in taken.values())
    verdict.given_up = world.provider.stats()["callbacks"]["given_up"]
    verdict.by_query = summary["results"]["query"]
    return verdict


def _wrong_deliveries(accepted: set[str], taken: dict[str, list[Received]]) -> list[str]:
    wrong = [f"the copies delivered of {task} differ" for task, copies in taken.items()
             if len({(item.headers["webhook-id"], item.body) for item in copies}) > 1]
    if missing := accepted - taken.keys():
        wrong.append(f"{len(missing)} accepted tasks are lost: {sorted(missing)[:3]}")
    return wrong


def _wrong_at_the_provider(accepted: set[str], tasks: list[ProviderTask], summary: dict[str, Any]) -> list[str]:
    wrong = []
    paid = Counter(task.idempotency_key for task in tasks)
    if unpaid := accepted - paid.keys():
        wrong.append(f"{len(unpaid)} accepted tasks never reached the provider")
    if twice := [key for key, count in paid.items() if count > 1]:
        wrong.append(f"{len(twice)} tasks were paid for twice: {twice[:3]}")
    if summary["accepted"] != len(paid):
        wrong.append(f"{summary['accepted']} tasks in the store, {len(paid)} at the provider")
    firsts = Counter(task.idempotency_key for task in tasks for item in task.callbacks
                     if '"accepted"' in str(item.get("answer_body")))
    if again := [key for key, count in firsts.items() if count > 1]:
        wrong.append(f"{len(again)} tasks had two callbacks answered as the first: {again[:3]}")
    if summary["results"]["callback"] < len(firsts):
        wrong.append(f"{len(firsts)} callbacks were answered as the first, "
                     f"but {summary['results']['callback']} results came by callback: a 2xx was wrong")
    return wrong
