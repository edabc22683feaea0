"""Crashes at every point: one scripted life, killed at its Nth write, sync, rename or send, for every N there is."""
from __future__ import annotations

import random
import re
import shutil
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import shims
from .life_cycle import Life
from .report import Report, say
from .stage import Stage

#: Everything that leaves a trace outside of the process.
CALLS = ("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "renameat2", "rename", "unlink", "sendmsg", "sendto", "writev")
TRACE = ["strace", "-f", "-qqq"]  # --seccomp-bpf is faster, but injects nothing


def tracing(log: Path) -> list[str]:
    """Writes down what a run does."""
    return [*TRACE, "-o", str(log), "-e", f"trace={','.join(CALLS)}", "-e", "signal=none"]


def killing(call: str, number: int) -> list[str]:
    """SIGKILL when a thread enters its Nth such call: the call is not made."""
    return [*TRACE, "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]


def points_in(log: Path) -> dict[str, int]:
    """How often the busiest thread makes each call: strace counts by thread."""
    made: Counter[tuple[str, str]] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        if found := re.match(r"(\d+) +(\w+)\(", line):
            made[found[2], found[1]] += 1
    most: dict[str, int] = {}
    for (call, _), count in made.items():
        most[call] = max(most.get(call, 0), count)
    return most


class Crashes:
    """Lives, each killed at another point."""

    def __init__(self, stage: Stage, report: Report, wanted: int) -> None:
        self._stage = stage
        self._report = report
        self._total = wanted
        self._lock = threading.Lock()
        self.reached: Counter[str] = Counter()
        self.missed = 0

    def play(self, call: str, number: int) -> None:
        name = f"{call}-{number}"
        life = Life(self._stage, name, killing(call, number))
        try:
            complaints = life.play()
        finally:
            life.close()
        for complaint in complaints:
            self._report.complain(f"killed at {call} {number}: {complaint}")
        if not complaints:
            shutil.rmtree(self._stage.folder / name, ignore_errors=True)
        self._count(call, life.kills)

    def _count(self, call: str, kills: int) -> None:
        with self._lock:
            if kills:
                self.reached[call] += 1
            else:
                self.missed += 1  # this run made fewer such calls
            done = self.reached.total() + self.missed
            if done % 20 == 0:
                say(f"{done} of {self._total} points")


def measure(stage: Stage, report: Report) -> dict[str, int]:
    """The points of an undisturbed life."""
    log = stage.folder / "calls.log"
    life = Life(stage, "undisturbed", tracing(log))
    try:
        for complaint in life.play():
            report.complain(f"undisturbed: {complaint}")
    finally:
        life.close()
    return points_in(log)


def control(stage: Stage, report: Report) -> None:
    """Two planted faults, which must be found."""
    forgetful = {**shims.preload(shims.compiled("forget_store", stage.folder)),
                 "TORTURE_FORGET": str(stage.folder / "forgetful" / "store.db")}
    planted: dict[str, dict[str, Any]] = {
        "forgetful": {"under": killing("fdatasync", 20), "environment": forgetful},
        "paid_twice": {"under": killing("fdatasync", 24), "faults": {"idempotency": "ignored"}}}
    for name, fault in planted.items():
        life = Life(stage, name, **fault)
        try:
            found = life.play(within=8)
        finally:
            life.close()
        report.tell(f"control, {name}: complaints", len(found), len(found) > 0)


def add_arguments(words: Any) -> None:
    words.add_argument("--points", type=int, default=0, metavar="N", help="a sample of N points (default: all of them)")
    words.add_argument("--workers", type=int, default=2, metavar="N", help="lives at once (default 2)")


def run(options: Any) -> Report:
    """Every point once, in any order."""
    report = Report("crash at every point")
    stage = Stage("crash")
    try:
        found = measure(stage, report)
        points = [(call, number) for call, most in found.items() for number in range(1, most + 1)]
        say(f"{len(points)} points: {found}")
        random.Random(4).shuffle(points)
        points = points[:options.points or len(points)]
        crashes = Crashes(stage, report, len(points))
        with ThreadPoolExecutor(options.workers) as pool:
            list(pool.map(lambda point: crashes.play(*point), points))
        report.tell("killed lives that went on to their end", crashes.reached.total(), crashes.reached.total() > 0)
        for call, count in sorted(crashes.reached.items()):
            report.tell(f"  of them at {call}", count)
        report.tell("points that their run did not reach", crashes.missed)
        control(stage, report)
        report.tell("violations", len(report.complaints), not report.complaints)
    finally:
        stage.close(keep_folder=not report.good)
        if not report.good:
            say(f"what is left of the failed lives: {stage.folder}")
    return report
