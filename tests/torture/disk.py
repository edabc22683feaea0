"""Sick disks: a sync that fails, slow syncs, no room, a file system that turns read-only, a damaged store. No wrong 2xx."""
from __future__ import annotations

import shutil
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from support.simulator import Simulator

from . import shims
from .illness import ILLNESSES, failing_sync, remarks
from .report import Report, say
from .stage import Stage


class Ward:
    """Runs illnesses, and counts how they ended."""

    def __init__(self, stage: Stage, provider: Simulator, report: Report) -> None:
        self._stage, self._provider, self._report = stage, provider, report
        self._lock = threading.Lock()
        self.runs: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def treat(self, name: str, number: int) -> None:
        folder = self._stage.folder / f"{name.replace(' ', '-')}-{number}"
        try:
            complaints = ILLNESSES[name](self._stage, self._provider, folder, number)
        except (AssertionError, SystemError, RuntimeError) as stuck:
            complaints = [str(stuck)[-300:]]
        for complaint in complaints:
            self._report.complain(f"{name}, run {number}: {complaint}")
        if not complaints:
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(self._stage.folder / f"{folder.name}-service", ignore_errors=True)
        with self._lock:
            self.runs[name] += 1
            self.wrong[name] += bool(complaints)
            if self.runs.total() % 10 == 0:
                say(f"{self.runs.total()} runs, {self.wrong.total()} with a complaint")


def control(stage: Stage, provider: Simulator, report: Report) -> None:
    """A service that does not notice its failed syncs, which must be found."""
    hiding = ["-E", f"LD_PRELOAD={shims.compiled('hide_errors', stage.folder)}"]
    found = failing_sync(stage, provider, stage.folder / "control", 1, hiding)
    report.tell("control, failed syncs hidden from the service: complaints", len(found), len(found) > 0)


def add_arguments(words: Any) -> None:
    words.add_argument("--runs", type=int, default=50, metavar="N", help="runs of each illness (default 50)")
    words.add_argument("--workers", type=int, default=2, metavar="N", help="runs at once (default 2)")
    words.add_argument("--only", choices=ILLNESSES, metavar="ILLNESS", help=f"one of: {', '.join(ILLNESSES)}")


def run(options: Any) -> Report:
    """Each illness so many times, in turn."""
    report = Report("sick disks")
    stage = Stage("disk")
    try:
        provider = stage.provider("--fault", "callback=never", work="1h")
        ward = Ward(stage, provider, report)
        names = [options.only] if options.only else list(ILLNESSES)
        cases = [(name, number) for number in range(options.runs) for name in names]
        with ThreadPoolExecutor(options.workers) as pool:
            list(pool.map(lambda case: ward.treat(*case), cases))
        for name in names:
            report.tell(name, f"{ward.runs[name]} runs, {ward.wrong[name]} with a wrong 2xx or another complaint",
                        ward.wrong[name] == 0)
        control(stage, provider, report)
        for remark, count in remarks.items():
            report.tell(f"  {remark}", count)
    finally:
        stage.close(keep_folder=not report.good)
        if not report.good:
            say(f"what is left of the failed runs: {stage.folder}")
    return report
