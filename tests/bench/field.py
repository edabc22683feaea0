"""Everything that runs during the benchmark: nginx, the simulator, voicehook on a store of its own."""
from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import shutil
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

from support.certificates import Authority
from support.http import Client
from support.service import ANN, CALLBACK_SECRET, Service
from support.simulator import API_KEY, Simulator
from support.wait import until
from support.webhook import make_secret
from support.world import REQUEST

from .load import Load, Request
from .nginx import Nginx
from .stock import Copy, Template, add_copies

SINK = "results"


def callback_path(task: str) -> bytes:
    mac = hmac.new(CALLBACK_SECRET.encode(), f"callback/v1:{task}".encode(), hashlib.sha256).digest()
    return f"/callbacks/v1/{task}.k1.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}".encode()


class Field:
    """The simulator never calls back and nothing is asked about: callbacks come from the load generator."""

    def __init__(self, folder: Path, program: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder / "tls")
        self.files = self.authority.server()
        self.nginx = Nginx(folder / "nginx", self.files)
        self.sink = Nginx(folder / "sink", self.files, "sink")
        self.provider = Simulator(folder / "provider", self.authority, self.files, "--quiet", "--keep-tasks", "2000000",
                                  "--fault", "callback=never", work="20ms")
        self.load = Load(program, folder)
        self.services: list[Service] = []

    def close(self) -> None:
        for service in self.services:
            service.close()
        for one in (self.provider, self.sink, self.nginx):
            one.close()

    def new_service(self, name: str, store_url: str | None = None, sink: Mapping[str, Any] | None = None) -> Service:
        """A service that is not yet started; without `store_url` its store is a file that does not exist yet, without `sink`
        it signs and delivers to nginx."""
        sink = {"name": SINK, **(sink or {"type": "http", "url": f"http://127.0.0.1:{self.sink.plain_port}/hooks",
                                          "secret": make_secret(SINK)})}
        caller = {"name": ANN.name, "key_sha256": [ANN.key_sha256], "max_in_flight": 1_000_000_000,
                  "requests_per_second": 1_000_000}
        changes: dict[str, Any] = {
            "server": {"max_connections": 20_000, "max_connections_per_address": 20_000},
            "polling": {"first_after": "24h", "interval": "1m", "give_up_after": "48h"},
            "submission": {"wait": "10s", "deadline": "10m", "replay_after": "60s"},
            "provider": {"submit_timeout": "30s"},
            "callers": [caller]}
        if store_url:
            changes["store"] = {"url": store_url}
        service = Service(self.folder / name, self.authority, self.files, self.provider.url, [sink], changes)
        self.services.append(service)
        return service

    def stop(self, service: Service) -> None:
        assert service.program.terminate() == 0, service.program.tail()

    # ---- tasks ----

    def make_templates(self) -> tuple[Template, Template, bytes]:
        """One task through the API: as it is in flight, as it is when all is done, and the callback that ended it."""
        service = self.new_service("template").start()
        answer = service.client(ANN).post("/v1/audios/generations", REQUEST)
        assert answer.status == 200, answer
        task, provider_task = answer.json()["id"], answer.json()["provider_task_id"]
        self.stop(service)
        in_flight = Template(service.store)
        service.start()
        body = until(lambda: self._ended_body(provider_task), "the simulator ends the task")
        answer = service.public.post(callback_path(task).decode(), body)
        assert answer.json() == {"status": "accepted"}, answer
        until(lambda: service.deliveries(task)[0]["state"] == "delivered", "the delivery")
        self.stop(service)
        return in_flight, Template(service.store), body

    def _ended_body(self, provider_task: str) -> bytes | None:
        answer = Client(self.provider.port, self.authority.file, API_KEY).get(f"/v1/tasks/{provider_task}")
        return answer.body if answer.json()["status"] == "completed" else None

    def fill(self, service: Service, template: Template, count: int, step_ms: float = 1.0) -> list[Copy]:
        """Adds tasks to the store of a service that does not run."""
        if not service.store.exists():
            service.start()
            self.stop(service)
        return add_copies(service.store, template, count, step_ms)


class Callbacks:
    """Hands out callbacks for tasks in flight, each once."""

    def __init__(self, copies: Sequence[Copy], template: Template, body: bytes) -> None:
        self._copies: Iterator[Copy] = iter(copies)
        self._old = template.provider_id.encode()
        self._body = body

    def take(self, count: int) -> list[Request]:
        taken = [self.request(copy) for copy in itertools.islice(self._copies, count)]
        assert len(taken) == count, "not enough tasks in flight"
        return taken

    def request(self, copy: Copy) -> Request:
        return callback_path(copy.id), self._body.replace(self._old, copy.provider_id.encode())


def fresh_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder.resolve()


def submit_body() -> bytes:
    return json.dumps(REQUEST).encode()
