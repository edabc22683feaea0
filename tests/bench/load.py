"""Runs the load generator and writes the requests that it sends."""
from __future__ import annotations

import json
import os
import struct
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Iterator

from .machine import Used

Request = tuple[bytes, bytes]


def write_requests(path: Path, requests: Iterable[Request]) -> Path:
    """A file for `voicehook-load --requests`: pairs of path and body."""
    with open(path, "wb", buffering=1 << 20) as file:
        for target, body in requests:
            file.write(struct.pack("<II", len(target), len(body)) + target + body)
    return path


@dataclass(frozen=True)
class Measured:
    """One run against one server."""

    raw: dict[str, Any]
    cpu_seconds: float
    busiest_seconds: float
    main_seconds: float
    machine_seconds: float

    @property
    def answers(self) -> int:
        return self.raw["answers"]

    def figures(self) -> dict[str, float]:
        """What tables show. `main_us`: CPU of the server's first thread, which is voicehook's network thread. `server_busy`,
        `client_busy`: the share of a core that the server's busiest thread and the load generator used. `other_cores`: what
        all other processes of the machine used."""
        seconds = self.raw["seconds"]
        others = self.machine_seconds - self.cpu_seconds - self.raw["own_cpu_seconds"]
        return {"per_second": self.raw["per_second"], "cpu_us": 1e6 * self.cpu_seconds / self.answers,
                "main_us": 1e6 * self.main_seconds / self.answers,
                "p50_us": self.raw["p50_us"], "p99_us": self.raw["p99_us"], "p999_us": self.raw["p999_us"],
                "max_us": self.raw["max_us"], "server_busy": self.busiest_seconds / seconds,
                "client_busy": self.raw["own_cpu_seconds"] / seconds, "other_cores": max(0.0, others / seconds)}


class Load:
    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self.folder = folder

    def command(self, port: int, *more: str | int | Path) -> list[str]:
        return [str(self._program), "--port", str(port), *map(str, more)]

    def run(self, pid: int, port: int, requests: Path, *more: str | int | Path, expect: int | None = 200,
            within: float = 120) -> Measured:
        """Measures; every answer must have the status `expect`."""
        before = Used.by(pid)
        done = subprocess.run(self.command(port, "--requests", requests, *more), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=within)
        after = Used.by(pid)
        if done.returncode != 0:
            raise RuntimeError(f"voicehook-load: {done.returncode} {done.stderr}{done.stdout}")
        raw = json.loads(done.stdout)
        if expect is not None and (raw["statuses"].keys() - {str(expect)} or raw["failures"]):
            raise RuntimeError(f"not every answer was {expect}: {raw['statuses']} {raw['failures']}")
        return Measured(raw, after.since(before), after.busiest_thread_since(before),
                        after.threads[pid] - before.threads[pid], after.machine - before.machine)

    @contextmanager
    def in_background(self, port: int, requests: Path, *more: str | int | Path) -> Iterator[subprocess.Popen[str]]:
        """Load while something else happens; ended at the end."""
        process = subprocess.Popen(self.command(port, "--requests", requests, *more), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)

    @contextmanager
    def idle_connections(self, port: int, count: int) -> Iterator[int]:
        """Opens connections, sends `GET /livez` once on each, and keeps them open; gives how many stand."""
        process = subprocess.Popen(self.command(port, "--hold", "--connections", count), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())["connections"]
        finally:
            process.kill()
            process.communicate(timeout=10)


def default_program(root: Path) -> Path:
    path = Path(os.environ.get("VOICEHOOK_LOAD_BIN", root / "build" / "release" / "voicehook-load"))
    if not path.is_file():
        raise SystemExit(f"bench: {path} is not there: run ./dev bench, or set VOICEHOOK_LOAD_BIN")
    return path
