"""A stage for one torture: a folder, certificates, a provider, and services made for load."""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Mapping

from support import program
from support.certificates import Authority
from support.http import Client
from support.service import ANN, CALLBACK_SECRET, Service
from support.simulator import Simulator
from support.wait import until

CALLER = {"name": ANN.name, "key_sha256": [ANN.key_sha256], "max_in_flight": 1_000_000_000, "requests_per_second": 1_000_000}
NOWHERE = "https://localhost:1"
OPEN_STAGES = ("queued", "submitting", "unknown", "in_flight")


class Stage:
    """Everything that was started here ends with it; the folder stays when something was found."""

    def __init__(self, name: str, parent: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"torture-{name}-", dir=parent))
        # Valid on both sides of today, for clocks that jump.
        self.authority = Authority(self.folder / "tls", days=9, under=["faketime", "-f", "-3d"])
        self.files = self.authority.server()
        self._closing: list[Any] = []

    def keep(self, closable: Any) -> Any:
        """Closes it at the end."""
        self._closing.append(closable)
        return closable

    def provider(self, *options: str, name: str = "provider", **more: Any) -> Simulator:
        return self.keep(Simulator(self.folder / name, self.authority, self.files, "--quiet", *options, **more))

    def service(self, name: str, provider_url: str, sinks: list[dict[str, Any]], changes: Mapping[str, Any] | None = None,
                environment: Mapping[str, str] | None = None) -> Service:
        """A service without quotas, not yet started."""
        wanted: dict[str, Any] = {"callers": [CALLER], "polling": {"first_after": "1h"}, "provider": {"submit_timeout": "10s"},
                                  "submission": {"wait": "10s", "deadline": "10m", "replay_after": "60s"}}
        for section, values in (changes or {}).items():
            wanted[section] = {**wanted[section], **values} if isinstance(wanted.get(section), dict) else values
        return self.keep(Service(self.folder / name, self.authority, self.files, provider_url, sinks, wanted, environment))

    def close(self, keep_folder: bool = False) -> None:
        for one in reversed(self._closing):
            one.close()
        if not keep_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def start_under(service: Service, prefix: list[str], within: float = 30.0) -> bool:
    """Starts the service as a child of another program, strace for example. Whether it became ready; it may also die."""
    # setpriv: should the other program die, the service dies with it.
    command = [*prefix, "setpriv", "--pdeathsig", "KILL", "--", *map(str, service.command("serve"))]
    service.program = program.Program(command, service.folder, "voicehook")

    def ready_or_dead() -> bool:
        return not service.program.running or service.public.get("/readyz").status == 200

    until(ready_or_dead, "ready or dead", within)
    return service.program.running


def kill_under(service: Service) -> None:
    """SIGKILL to a service that was started under another program; both are gone when this returns."""
    parent = service.program.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children")
    for child in children.read_text().split() if service.program.running else []:
        os.kill(int(child), signal.SIGKILL)
    service.program.wait(10)


@contextmanager
def standing_still(service: Service) -> Iterator[None]:
    """Stops the service meanwhile, and not in the middle of a system call."""
    process = service.program.process.pid
    service.program.signal(signal.SIGSTOP)
    try:
        until(lambda: is_stopped(process), "every thread stands still", every=0.001)
        yield
    finally:
        service.program.signal(signal.SIGCONT)


def is_stopped(process: int) -> bool:
    """Every thread, and none in the middle of a system call."""
    states = [path.read_text().rsplit(")", 1)[1].split()[0] for path in Path(f"/proc/{process}/task").glob("*/stat")]
    return set(states) <= {"T", "t"}


def caller(service: Service, timeout: float = 30.0) -> Client:
    """A client that records nothing, for loads."""
    return Client(service.api_port, service.authority.file, ANN.key, timeout)


def callback_path(task: str) -> str:
    """Where the provider calls back for a task of ours."""
    mac = hmac.new(CALLBACK_SECRET.encode(), f"callback/v1:{task}".encode(), hashlib.sha256).digest()
    return f"/callbacks/v1/{task}.k1.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def result_body(provider_task: str, voice: str, status: str = "completed", **more: Any) -> bytes:
    """A callback's body whose voice can be told from every other."""
    return json.dumps({"id": provider_task, "model": "qwen-voice-design", "object": "audio.generation.task", "progress": 100,
                       "status": status, "type": "audio", "result_data": {"voice": voice}, **more}).encode()


def all_tasks(service: Service) -> dict[str, dict[str, Any]]:
    """Every task of the caller as the API tells it, by id."""
    client = caller(service)
    connection = client.connect()
    found: dict[str, dict[str, Any]] = {}
    cursor = ""
    while True:
        answer = client.request("GET", f"/v1/tasks?limit=200{cursor}", connection=connection)
        assert answer.status == 200, answer
        page = answer.json()
        found.update((item["id"], item) for item in page["data"])
        if not page.get("next_cursor"):
            connection.close()
            return found
        cursor = f"&cursor={page['next_cursor']}"


def counts(service: Service) -> dict[str, int]:
    """Tasks by stage, and deliveries that wait (`waiting`)."""
    summary = service.summary()
    sinks = summary["deliveries"]["sinks"].values()
    return {**{stage: told["count"] for stage, told in summary["tasks"].items()}, "accepted": summary["accepted"],
            "waiting": sum(sink["pending"] + sink["delivering"] for sink in sinks)}


def kill_everything() -> None:
    for one in program.started:
        one.kill()
