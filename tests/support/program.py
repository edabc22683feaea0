"""A program under test as a process: started, watched, stopped, killed."""
from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Mapping, Sequence

from .wait import until

#: Every program that was started, for the report of a failed test and for cleaning up.
started: list["Program"] = []


def binary(variable: str, name: str) -> Path:
    """The program to test: from the environment, else the release build."""
    chosen = os.environ.get(variable)
    path = Path(chosen) if chosen else Path(__file__).resolve().parents[2] / "build" / "release" / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: ./dev build, or set {variable}")
    return path


class Program:
    """One process. Standard output and error go to files, so that nothing is lost when it dies."""

    def __init__(self, command: Sequence[str | Path], folder: Path, name: str,
                 environment: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.out = folder / f"{name}.out"
        self.err = folder / f"{name}.err"
        # setpriv: should this test run die, its programs die with it.
        with open(self.out, "ab") as out, open(self.err, "ab") as err:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)], cwd=folder, stdin=subprocess.DEVNULL, stdout=out,
                stderr=err, env={**os.environ, **(environment or {})})
        started.append(self)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, within: float = 20.0) -> int:
        """The exit code; a signal's number is negative."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {within} s") from None

    def kill(self) -> None:
        """SIGKILL, and gone when this returns."""
        if self.running:
            self.process.kill()
        self.process.wait(10)

    def terminate(self, within: float = 20.0) -> int:
        """SIGTERM and the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(within)

    def log_lines(self) -> list[dict[str, Any]]:
        """The JSON lines of standard error."""
        return _json_lines(self.err)

    def logged(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.log_lines() if line.get("event") == event]

    def output_lines(self) -> list[dict[str, Any]]:
        """The JSON lines of standard output."""
        return _json_lines(self.out)

    def wait_for_output(self, event: str, within: float = 10.0) -> dict[str, Any]:
        def find() -> dict[str, Any] | None:
            found = [line for line in self.output_lines() if line.get("event") == event]
            if not found and not self.running:
                raise SystemError(f"{self.name} ended with {self.process.returncode}: {self.tail()}")
            return found[-1] if found else None

        return until(find, f"{self.name} says {event}", within)

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.err.read_text(errors="replace").splitlines()[-lines:])


def _json_lines(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in path.read_text(errors="replace").splitlines():
        try:
            item = json.loads(line)
        except ValueError:
            continue
        if isinstance(item, dict):
            found.append(item)
    return found


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None,
        within: float = 15.0) -> subprocess.CompletedProcess[str]:
    """Runs a command that is to end by itself."""
    return subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=within, env={**os.environ, **(environment or {})})
