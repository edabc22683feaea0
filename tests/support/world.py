"""A provider, a sink and the service, put together, and the few things that tests do with them."""
from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping

from .certificates import Authority, ServerFiles
from .http import Client, Response
from .service import ANN, Caller, Service
from .simulator import ProviderTask, Simulator
from .sink import Received, Sink
from .tap import Tap
from .wait import until
from .webhook import make_secret, verifies

#: The example of the contract of record.
REQUEST: dict[str, Any] = {
    "model": "qwen-voice-design",
    "voice_prompt": "A calm middle-aged male news anchor with a deep, resonant voice, rich in magnetism, steady pace, "
                    "and clear articulation",
    "preview_text": "Good evening, listeners. Welcome to the evening news broadcast.",
    "preferred_name": "announcer",
}
SINK_SECRET = make_secret("results")
ENDED = ("completed", "failed", "cancelled")


class World:
    """Sinks: `results` (http, envelope, signed) and whatever `more_sinks` adds. With `tap` every submission is seen."""

    def __init__(self, folder: Path, authority: Authority, files: ServerFiles, changes: Mapping[str, Any] | None = None,
                 more_sinks: Iterable[Mapping[str, Any]] = (), simulator_options: Iterable[str] = (),
                 environment: Mapping[str, str] | None = None, start: bool = True, tap: bool = False, **simulator: Any) -> None:
        self.folder = folder
        self.authority = authority
        self.sink = Sink()
        self.provider = Simulator(folder / "provider", authority, files, *simulator_options, **simulator)
        results = {"name": "results", "type": "http", "url": self.sink.url + "/hooks", "secret": SINK_SECRET}
        self._tap = Tap(files, authority.file, self.provider.port) if tap else None
        provider_url = self._tap.url if self._tap else self.provider.url
        self.service = Service(folder / "service", authority, files, provider_url, [results, *map(dict, more_sinks)],
                               changes, environment)
        self.api = self.service.client(ANN)
        if start:
            self.service.start()

    def close(self) -> None:
        self.service.close()
        if self._tap:
            self._tap.close()
        self.provider.close()
        self.sink.close()

    @property
    def tap(self) -> Tap:
        assert self._tap, "this world has no tap"
        return self._tap

    # ---- callers ----

    def post(self, caller: Client | None = None, body: Any = None, **headers: str) -> Response:
        """POSTs a request that is right, or `body`."""
        return (caller or self.api).post("/v1/audios/generations", REQUEST if body is None else body, **headers)

    def submit(self, caller: Client | None = None, body: Any = None, **headers: str) -> str:
        """Submits and returns our id; 200 and 202 will do."""
        answer = self.post(caller, body, **headers)
        assert answer.status in (200, 202), answer
        return answer.json()["id"]

    def submit_many(self, count: int, workers: int = 8, **headers: str) -> list[str]:
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(lambda _: self.submit(**headers), range(count)))

    def task(self, task: str, caller: Client | None = None) -> dict[str, Any]:
        answer = (caller or self.api).get(f"/v1/tasks/{task}")
        assert answer.status == 200, answer
        return answer.json()

    def ended(self, task: str, within: float = 15.0) -> dict[str, Any]:
        """The task once it has ended."""

        def ask() -> dict[str, Any] | None:
            answer = self.api.get(f"/v1/tasks/{task}?wait=5s")
            assert answer.status == 200, answer
            return answer.json() if answer.json()["status"] in ENDED else None

        return until(ask, f"{task} ends", within)

    def slow_task(self) -> str:
        """A task that stays open until it is told otherwise."""
        self.provider.faults(callback="never", work_ms=120000)
        task = self.submit()
        self.provider.calm()
        return task

    def end(self, task: str, outcome: str = "completed") -> None:
        """The provider calls back now."""
        assert self.provider.send_callback(self.provider_task(task).id, outcome=outcome) == [200]

    # ---- what became of it ----

    def delivered(self, task: str, count: int = 1, within: float = 15.0) -> Received:
        """The last request that the sink got for the task, its signature checked."""
        found = self.sink.wait_for(task, count, within)
        assert all(verifies(SINK_SECRET, item.headers, item.body) for item in found), "a signature does not verify"
        return found[-1]

    def settled(self, task: str, within: float = 15.0) -> list[dict[str, Any]]:
        """The task's deliveries, once none waits any more."""

        def ask() -> list[dict[str, Any]]:
            found = self.service.deliveries(task)
            return found if found and all(item["state"] not in ("pending", "delivering") for item in found) else []

        return until(ask, f"deliveries of {task} settle", within)

    def delivered_once(self, task: str) -> Received:
        """Every sink has it for good, and the http sink got it exactly once."""
        deliveries = self.settled(task)
        assert {item["state"] for item in deliveries} == {"delivered"}, deliveries
        found = self.sink.of_task(task)
        assert len(found) == 1, f"{len(found)} deliveries of {task}"
        assert verifies(SINK_SECRET, found[0].headers, found[0].body)
        return found[0]

    def answered_callbacks(self, task: str, count: int, within: float = 15.0) -> list[dict[str, Any]]:
        """The provider's callbacks for the task, once `count` of them have an answer."""

        def ask() -> list[dict[str, Any]]:
            found = [item for item in self.provider.task_for(task).callbacks if item["answer"]]
            return found if len(found) >= count else []

        return until(ask, f"{count} callbacks of {task} are answered", within)

    def post_callback(self, path: str, body: bytes | str, **headers: str) -> Response:
        """A callback by anybody."""
        return self.service.public.post(path, body, **headers)

    def provider_task(self, task: str) -> ProviderTask:
        return self.provider.task_for(task)


def completed_body(provider_task: str, **changes: Any) -> bytes:
    """A completed task as the provider would send it."""
    return json.dumps({"id": provider_task, "model": "qwen-voice-design", "object": "audio.generation.task", "progress": 100,
                       "status": "completed", "type": "audio", "result_data": {"voice": "qwen-tts-vd-announcer-voice-1-a"},
                       **changes}).encode()


#: Makes a world for one test: `make_world(changes={...}, ...)`.
MakeWorld = Callable[..., World]
