"""The service as a process: its configuration, its three listeners, its life and death."""
from __future__ import annotations

import hashlib
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from . import toml
from .certificates import Authority, ServerFiles
from .http import Client, Response
from .metrics import Metrics
from .openapi import recorder
from .ports import free_port
from .program import Program, binary, run
from .wait import until
from .webhook import make_secret

OPS_TOKEN = "operator-token-of-the-tests"
CALLBACK_SECRET = "callback-secret-of-the-tests-0123456789abcdef"


@dataclass(frozen=True)
class Caller:
    name: str
    key: str
    webhook_secret: str

    @property
    def key_sha256(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()


def _caller(name: str) -> Caller:
    return Caller(name, f"vh-{name}-{hashlib.sha256(name.encode()).hexdigest()[:32]}", make_secret(name))


ANN = _caller("ann")
BOB = _caller("bob")
#: May have two open tasks.
TIGHT = _caller("tight")
#: May ask twice a second.
SLOW = _caller("slow")


def caller_tables() -> list[dict[str, Any]]:
    def table(caller: Caller, max_in_flight: int, requests_per_second: int) -> dict[str, Any]:
        return {"name": caller.name, "key_sha256": [caller.key_sha256], "webhook_secret": caller.webhook_secret,
                "max_in_flight": max_in_flight, "requests_per_second": requests_per_second}

    return [table(ANN, 1000, 1000), table(BOB, 1000, 1000), table(TIGHT, 2, 1000), table(SLOW, 1000, 2)]


class Service:
    """Runs `voicehook serve`. The configuration is `settings`, changed by `changes`, in `config`."""

    def __init__(self, folder: Path, authority: Authority, files: ServerFiles, provider_url: str,
                 sinks: list[dict[str, Any]], changes: Mapping[str, Any] | None = None,
                 environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = authority
        self._environment = dict(environment or {})
        self.public_port, self.api_port, self.ops_port = free_port(), free_port(), free_port()
        self.config = folder / "voicehook.toml"
        self.store = folder / "voicehook.db"
        tls = {"certificate": str(files.certificate), "key": str(files.key)}
        self.settings: dict[str, Any] = toml.merged({
            "server": {"lame_duck": "200ms", "drain": "10s"},
            "public": {"listen": f"127.0.0.1:{self.public_port}", "base_url": f"https://127.0.0.1:{self.public_port}",
                       "tls": tls, "allow_internal_base_url": True},
            "api": {"listen": f"127.0.0.1:{self.api_port}", "tls": tls},
            "ops": {"listen": f"127.0.0.1:{self.ops_port}", "tls": tls, "token": OPS_TOKEN},
            "provider": {"base_url": provider_url, "api_key": "sk-evo-test-0123456789abcdef0123456789abcdef",
                         "ca_file": str(authority.file), "submit_timeout": "2s", "query_timeout": "2s"},
            "callbacks": {"secrets": [{"id": "k1", "key": CALLBACK_SECRET}]},
            "submission": {"wait": "3s", "deadline": "60s", "replay_after": "1s"},
            "polling": {"first_after": "20s", "interval": "1s", "give_up_after": "1h"},
            "store": {"url": f"sqlite://{self.store}"},
            "callers": caller_tables(),
            "sinks": sinks,
        }, changes or {})
        self.write_config()
        self.public = Client(self.public_port, authority.file)
        self.ops = Client(self.ops_port, authority.file, OPS_TOKEN, observer=recorder.record_operations)
        self.program: Program

    def write_config(self, changes: Mapping[str, Any] | None = None) -> None:
        """Writes the file anew, with `changes` made for good."""
        self.settings = toml.merged(self.settings, changes or {})
        self.config.write_text(toml.render(self.settings))

    def command(self, *words: str) -> list[str | Path]:
        return [binary("VOICEHOOK_BIN", "voicehook"), *words, "--config", self.config]

    def client(self, caller: Caller | None = ANN, timeout: float = 30.0) -> Client:
        return Client(self.api_port, self.authority.file, caller.key if caller else None, timeout, recorder.record)

    # ---- life ----

    def start(self, within: float = 15.0) -> "Service":
        """Starts and waits until it is ready."""
        self.launch()
        return self.wait_ready(within)

    def launch(self) -> None:
        """Starts and does not wait."""
        self.program = Program(self.command("serve"), self.folder, "voicehook", self._environment)

    def wait_ready(self, within: float = 15.0) -> "Service":
        until(self._ready_or_dead, "ready", within)
        return self

    def _ready_or_dead(self) -> bool:
        if not self.program.running:
            raise SystemError(f"voicehook ended with {self.program.process.returncode}: {self.program.tail()}")
        return self.public.get("/readyz").status == 200

    def start_refused(self, within: float = 10.0) -> tuple[int, str]:
        """Starts what must not start: exit code and what it says on standard error."""
        done = run(self.command("serve"), self.folder, self._environment, within)
        return done.returncode, done.stderr

    def kill(self) -> None:
        self.program.kill()

    def terminate(self, within: float = 20.0) -> int:
        return self.program.terminate(within)

    def reload(self) -> None:
        self.program.signal(signal.SIGHUP)

    def close(self) -> None:
        if hasattr(self, "program"):
            self.program.kill()

    # ---- operators ----

    def summary(self, audit: bool = False) -> dict[str, Any]:
        answer = self.ops.get("/ops/v1/summary" + ("?audit=deep" if audit else ""))
        assert answer.status == 200, answer
        return answer.json()

    def history(self, task: str) -> dict[str, Any]:
        answer = self.ops.get(f"/ops/v1/tasks/{task}")
        assert answer.status == 200, answer
        return answer.json()

    def timeline(self, task: str) -> list[str]:
        """The kinds of what happened to the task, in order."""
        return [entry["kind"] for entry in self.history(task)["timeline"]]

    def deliveries(self, task: str) -> list[dict[str, Any]]:
        return self.history(task)["deliveries"]

    def resolve(self, task: str, action: str, **more: Any) -> Response:
        return self.ops.post(f"/ops/v1/tasks/{task}/resolve", {"action": action, "reason": "a test wants it", **more})

    def back_up(self, within: float = 30.0) -> dict[str, Any]:
        """Has a backup made; what became of it, once it is done."""
        answer = self.ops.post("/ops/v1/backups", {})
        assert answer.status == 202, answer

        def ask() -> dict[str, Any] | None:
            shown = self.ops.get("/ops/v1/backups").json()
            return shown["last"] if shown["running"] is None else None

        return until(ask, "the backup is done", within)

    def metrics(self) -> Metrics:
        answer = self.ops.get("/metrics")
        assert answer.status == 200, answer
        return Metrics(answer.body.decode())

    def check_conservation(self) -> None:
        """Nothing was lost, nothing was made up: counters and rows agree."""
        found = self.summary(audit=True)["conservation"]
        assert found == {"ok": True, "violations": []}
