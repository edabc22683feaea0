"""One scripted life that uses every flow, goes on after its service was killed, and checks what must hold at the end."""
from __future__ import annotations

import http.client
import json
import time
from typing import Any, Callable, Mapping, TypeVar

from support.service import Service
from support.sink import Sink
from support.webhook import make_secret, verifies
from support.world import REQUEST

from .stage import OPEN_STAGES, Stage, caller, counts, start_under

T = TypeVar("T")
SECRET = make_secret("results")
#: What the provider does with each of the life's tasks: a plain one, a callback before the answer, a duplicate, a lost
#: callback, a lost answer.
TASKS: dict[str, dict[str, Any]] = {
    "plain": {"work_ms": 50},
    "early": {"callback": "before_response", "submit_delay_ms": 60},
    "twice": {"callback": "twice", "work_ms": 30},
    "silent": {"callback": "never", "work_ms": 30},
    "lost_answer": {"submit_response": {"kind": "reset", "times": 1}, "callback": "never", "work_ms": 30},
}
SETTINGS: dict[str, Any] = {
    "server": {"lame_duck": "0s", "drain": "2s"},
    "provider": {"submit_timeout": "2s", "query_timeout": "2s"},
    "submission": {"wait": "2s", "deadline": "60s", "replay_after": "100ms"},
    "polling": {"first_after": "200ms", "interval": "200ms"},
    "store": {"retention": "1s"}}


class Life:
    """Five tasks from submission to retirement. The first start is `under` another program, which may kill it.
    `environment` and `faults` (of every submission) are for planted faults."""

    def __init__(self, stage: Stage, name: str, under: list[str], environment: Mapping[str, str] | None = None,
                 faults: Mapping[str, Any] | None = None) -> None:
        self._under = under
        self._environment = environment or {}
        self._faults = faults or {}
        self._folder = stage.folder / name
        self._folder.mkdir(parents=True)
        self._sink = Sink()
        self._provider = stage.provider(name=f"{name}/provider", work="50ms")
        self._service = self._make_service(stage, name)
        self._ids: dict[str, str] = {}
        self.kills = 0

    def _make_service(self, stage: Stage, name: str) -> Service:
        sinks = [{"name": "results", "type": "http", "url": self._sink.url, "secret": SECRET},
                 {"name": "archive", "type": "file", "path": str(self._folder / "results.jsonl"), "rotate_at": "1KiB"}]
        store = {"url": f"sqlite://{self._folder / 'store.db'}", **SETTINGS["store"]}
        return stage.service(f"{name}/service", self._provider.url, sinks, {**SETTINGS, "store": store},
                             self._environment)

    def close(self) -> None:
        for one in (self._service, self._provider, self._sink):
            one.close()

    def play(self, within: float = 20.0) -> list[str]:
        """The violated promises."""
        start_under(self._service, self._under)
        try:
            self._sink.script(503)
            for name, faults in TASKS.items():
                self._submit(name, faults)
            self._until(lambda: self._delivered() >= set(self._ids.values()), "all is delivered", within)
            self._until(self._all_retired, "all is retired", within)
            return self._complaints()
        except (AssertionError, SystemError) as stuck:
            return [str(stuck)]

    # ---- the script ----

    def _submit(self, name: str, faults: dict[str, Any]) -> None:
        """Until it is answered with 2xx, as a caller that believes in its Idempotency-Key would, and the provider has it."""
        self._provider.faults(**faults, **self._faults)
        self._ids[name] = self._until(lambda: self._post(name), f"{name} is accepted")
        self._until(lambda: self._provider.paid_for(self._ids[name]), f"the provider has {name}")
        self._provider.calm()

    def _post(self, name: str) -> str:
        answer = caller(self._service, timeout=5).post("/v1/audios/generations", REQUEST, idempotency_key=f"life-{name}")
        return answer.json()["id"] if answer.status in (200, 202) else ""

    def _delivered(self) -> set[str]:
        return {item.json()["data"]["id"] for item in self._sink.received if item.answer.status == 200}

    def _all_retired(self) -> bool:
        told = counts(self._service)
        return told["waiting"] == 0 and sum(told[stage] for stage in (*OPEN_STAGES, "ended")) == 0

    def _until(self, check: Callable[[], T], what: str, within: float = 20.0) -> T:
        """Waits for it, and starts the service again should it be dead."""
        deadline = time.monotonic() + within
        while True:
            if not self._service.program.running:
                self.kills += self._service.program.process.returncode == -9
                self._service.start()
            try:
                if found := check():
                    return found
            except (OSError, http.client.HTTPException, AssertionError, ValueError, LookupError):
                pass  # it may have been killed in the middle of an answer
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {within} s after {self.kills} kills; {self._stand()}")
            time.sleep(0.02)

    def _stand(self) -> str:
        try:
            return f"{counts(self._service)}, provider {self._provider.stats()}"
        except (OSError, AssertionError) as error:
            return repr(error)

    # ---- what must hold ----

    def _complaints(self) -> list[str]:
        return [*self._wrong_counts(), *self._wrong_payments(), *self._wrong_deliveries(), *self._wrong_lines()]

    def _wrong_counts(self) -> list[str]:
        told = self._until(lambda: self._service.summary(audit=True), "the summary")
        wrong = [] if told["conservation"]["ok"] else [f"conservation: {told['conservation']['violations']}"]
        if told["accepted"] != len(TASKS):
            wrong.append(f"{told['accepted']} tasks for {len(TASKS)} idempotency keys")
        return wrong

    def _wrong_payments(self) -> list[str]:
        paid = sorted(task.idempotency_key for task in self._provider.tasks())
        return [] if paid == sorted(self._ids.values()) else [f"paid creates {paid} for the tasks {self._ids}"]

    def _wrong_deliveries(self) -> list[str]:
        wrong = []
        for name, task in self._ids.items():
            copies = self._sink.of_task(task)
            if len({(item.headers["webhook-id"], item.body) for item in copies}) != 1:
                wrong.append(f"{name}: copies differ")
            if not all(verifies(SECRET, item.headers, item.body) for item in copies):
                wrong.append(f"{name}: a signature does not verify")
            taken = sum(item.answer.status == 200 for item in copies)
            if taken > 1 + self.kills:
                wrong.append(f"{name}: {taken} copies were taken with {self.kills} kills")
            if copies[0].json()["data"]["status"] != "completed":
                wrong.append(f"{name}: delivered as {copies[0].json()['data']['status']}")
        return wrong

    def _wrong_lines(self) -> list[str]:
        lines = [line for path in self._folder.glob("results.jsonl*") for line in path.read_bytes().splitlines()]
        wrong = []
        for name, task in self._ids.items():
            copies = {line for line in lines if _names(line, task)}
            if len(copies) != 1:
                wrong.append(f"{name}: {len(copies)} different lines in the file")
        return wrong


def _names(line: bytes, task: str) -> bool:
    try:
        return json.loads(line)["data"]["id"] == task
    except (ValueError, KeyError):
        return False  # half a line, from a write that was killed


