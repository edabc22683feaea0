"""The provider simulator as a process, and its control endpoint."""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .certificates import Authority, ServerFiles
from .http import Client
from .ports import free_port
from .program import Program, binary
from .wait import until

API_KEY = "sk-evo-test-0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class ProviderTask:
    """A task as the provider knows it."""

    raw: dict[str, Any]

    @property
    def id(self) -> str:
        return self.raw["id"]

    @property
    def idempotency_key(self) -> str:
        return self.raw["idempotency_key"]

    @property
    def callback_url(self) -> str:
        return self.raw["callback_url"]

    @property
    def callback_path(self) -> str:
        return "/" + self.callback_url.split("/", 3)[3]

    @property
    def request(self) -> dict[str, Any]:
        body = self.raw["request_body"]
        return json.loads(body) if isinstance(body, str) else body

    @property
    def callbacks(self) -> list[dict[str, Any]]:
        return self.raw["callbacks"]


class Simulator:
    """Runs `evolink-sim`; `faults` and `stats` speak to its control endpoint."""

    def __init__(self, folder: Path, authority: Authority, files: ServerFiles, *more: str, work: str = "100ms",
                 retry: str = "50ms,100ms,200ms", seed: int = 7) -> None:
        self._folder = folder
        self.port = free_port()
        self.control_port = free_port()
        self._command: list[str | Path] = [
            binary("EVOLINK_SIM_BIN", "evolink-sim"), "--listen", f"127.0.0.1:{self.port}",
            "--control", f"127.0.0.1:{self.control_port}", "--certificate", files.certificate, "--key", files.key,
            "--callback-ca", authority.file, "--allow-loopback", "--seed", str(seed), "--api-key", API_KEY,
            "--work", work, "--callback-retry", retry, *more]
        self.url = f"https://localhost:{self.port}"
        self._control = Client(self.control_port)
        self.program = self._run()

    def _run(self) -> Program:
        program = Program(self._command, self._folder, "evolink-sim")
        program.wait_for_output("ready")
        return program

    def restart(self) -> None:
        """A new process, which knows nothing of earlier tasks."""
        self.program.kill()
        self.program.out.write_text("")
        self.program = self._run()

    def faults(self, **values: Any) -> None:
        """Switches faults on: a text, a number, or {"kind":…,"times":…,"probability":…}."""
        answer = self._control.request("PUT", "/control/faults", json.dumps(values), {"Content-Type": "application/json"})
        assert answer.status == 200, f"{values}: {answer}"

    def fault_used(self, name: str) -> None:
        """Waits until a fault that was switched on for a number of times has been applied that often."""
        until(lambda: name not in self._control.get("/control/faults").json(), f"the fault {name} is used")

    def calm(self) -> None:
        """No faults any more."""
        assert self._control.request("DELETE", "/control/faults").status in (200, 204)

    def credits(self, remaining: int | None) -> None:
        """The account has so many from now on; None: no limit, and no balance is told."""
        answer = self._control.request("PUT", "/control/credits", json.dumps({"remaining": remaining}), {"Content-Type": "application/json"})
        assert answer.status == 200, answer

    def stats(self) -> dict[str, Any]:
        return self._control.get("/control/stats").json()

    @property
    def creates(self) -> int:
        return self.stats()["creates"]

    def tasks(self) -> list[ProviderTask]:
        return [ProviderTask(item) for item in self._control.get("/control/tasks").json()]

    def paid_for(self, task: str) -> list[ProviderTask]:
        """Every paid create made for a task of ours: its id is the Idempotency-Key."""
        return [item for item in self.tasks() if item.idempotency_key == task]

    def task_for(self, task: str) -> ProviderTask:
        """The provider's task for ours, which must be one."""
        found = until(lambda: self.paid_for(task), f"the provider has {task}")
        assert len(found) == 1, f"{len(found)} paid creates for {task}"
        return found[0]

    def send_callback(self, provider_task: str, **what: Any) -> list[int]:
        """Sends callbacks now: outcome=…, body=…, times=…; the statuses of their answers."""
        answer = self._control.post(f"/control/tasks/{provider_task}/callback", what)
        assert answer.status == 200, answer
        return answer.json()["answers"]

    def close(self) -> None:
        self.program.kill()
