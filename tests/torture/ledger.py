"""Clients that remember what they were answered with 2xx, and the comparison of that with a store."""
from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from support.http import Client, Response
from support.service import Service
from support.world import REQUEST

from .stage import all_tasks, caller, callback_path, result_body

_numbers = itertools.count(1)
_REQUEST = json.dumps(REQUEST).encode()


@dataclass
class Ledger:
    """What was answered with 2xx."""

    submitted: dict[str, str] = field(default_factory=dict)  # our id → the provider's, empty when not told
    results: dict[str, str] = field(default_factory=dict)    # our id → the voice whose callback was "accepted"
    recorded: dict[str, str] = field(default_factory=dict)   # our id → the voice of a "duplicate" or "conflict"

    def copy(self) -> "Ledger":
        return Ledger(dict(self.submitted), dict(self.results), dict(self.recorded))

    @property
    def answers(self) -> int:
        return len(self.submitted) + len(self.results) + len(self.recorded)


class Load:
    """Submits and calls back over kept TLS connections from several threads, until it is stopped."""

    def __init__(self, service: Service, threads: int = 4) -> None:
        self.ledger = Ledger()
        self.statuses: dict[int, int] = {}
        self.broken = 0  # connections that ended in an exchange
        self.waits: list[tuple[float, float]] = []  # when, and how long an answer took
        self._service = service
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> Ledger:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        return self.ledger

    def _run(self, number: int) -> None:
        lane = _Lane(self, self._service)
        for turn in itertools.count(number):
            if self._stop.is_set():
                break
            try:
                self._one_life(lane, turn)
            except (OSError, http.client.HTTPException, ValueError):
                self.broken += 1
                lane.close()
                time.sleep(0.02)
        lane.close()

    def _one_life(self, lane: "_Lane", turn: int) -> None:
        headers = {"Prefer": "respond-async"} if turn % 5 == 0 else {}
        told = lane.submit(headers)
        if told is None:
            return
        task, provider_task = told["id"], told.get("provider_task_id") or ""
        self.ledger.submitted[task] = provider_task
        if not provider_task or turn % 7 == 0:
            return  # stays open
        voice = f"voice-{next(_numbers)}"
        if lane.call_back(task, result_body(provider_task, voice)) == "accepted":
            self.ledger.results[task] = voice
        if turn % 8 == 1:
            again = f"voice-{next(_numbers)}"
            status = "failed" if turn % 16 == 1 else "completed"
            if lane.call_back(task, result_body(provider_task, again, status)) in ("duplicate", "conflict"):
                self.ledger.recorded[task] = again


class _Lane:
    """One thread's two connections."""

    def __init__(self, load: Load, service: Service) -> None:
        self._load = load
        self._api, self._public = caller(service), service.public
        self._kept: dict[Client, http.client.HTTPConnection] = {}

    def submit(self, headers: dict[str, str]) -> dict[str, Any] | None:
        answer = self._post(self._api, "/v1/audios/generations", _REQUEST, headers)
        return answer.json() if answer.status in (200, 202) else None

    def call_back(self, task: str, body: bytes) -> str:
        answer = self._post(self._public, callback_path(task), body, {})
        return answer.json()["status"] if answer.status == 200 else ""

    def _post(self, client: Client, path: str, body: bytes, headers: dict[str, str]) -> Response:
        connection = self._kept.get(client) or self._kept.setdefault(client, client.connect())
        began = time.monotonic()
        answer = client.request("POST", path, body, {"Content-Type": "application/json", **headers}, connection)
        self._load.waits.append((began, time.monotonic() - began))
        self._load.statuses[answer.status] = self._load.statuses.get(answer.status, 0) + 1
        if (answer.header("Connection") or "").lower() == "close":
            self._kept.pop(client).close()
        return answer

    def close(self) -> None:
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()


def missing(service: Service, ledger: Ledger) -> list[str]:
    """What was answered with 2xx and is not in the store of a running service: one sentence each."""
    stored = all_tasks(service)
    lost = [f"the accepted task {task} is gone" for task in ledger.submitted if task not in stored]
    for task, provider_task in ledger.submitted.items():
        if task in stored and provider_task and stored[task].get("provider_task_id") != provider_task:
            lost.append(f"{task} has forgotten its provider's id")
    for task, voice in ledger.results.items():
        found = stored.get(task, {})
        if found.get("status") != "completed" or found.get("result_data", {}).get("voice") != voice:
            lost.append(f"the accepted result of {task} is gone: {found.get('status', 'no task')}")
    for task, voice in ledger.recorded.items():
        if task in stored and not any(voice in entry.get("body", "") for entry in service.history(task)["timeline"]):
            lost.append(f"the recorded callback of {task} is gone")
    return lost
