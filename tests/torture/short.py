"""A little of everything, for CI: the same harnesses and planted faults, but times are shown and not judged."""
from __future__ import annotations

import subprocess
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

from . import crash, disk, jobs, network, power, replicas, sinks
from .disk_image import Image
from .report import Report, say

SHORT: list[tuple[Any, dict[str, Any]]] = [
    (power, {"store": "sqlite", "cuts": 12, "control_cuts": 6}),
    (power, {"store": "postgres", "cuts": 4, "control_cuts": 2}),
    (crash, {"points": 24, "workers": 2}),
    (disk, {"runs": 1, "workers": 2, "only": None}),
    (network, {"pairs": 1, "seconds": 1.0, "rate": 100, "only": "provider and sink"}),
    (sinks, {"sinks": 20, "pairs": 1, "seconds": 2.0, "rate": 10, "stock": 5000, "outage": 12.0, "away": 5.0, "only": ""}),
    (jobs, {"store": "sqlite", "tasks": 800, "kills": 3, "silent": 0, "interval": 2.0}),
    (replicas, {"callbacks": 1000, "restarts": 1, "rate": 60, "seconds": 6.0, "only": "burst,rolling,outage,control"}),
]


NEED_MOUNTS = (power, disk)
NEED_TRACING = (crash, disk)


def _can_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            Image.made(Path(folder) / "disk.img", Path(folder) / "disk", 16).unmount()
        except (RuntimeError, OSError):
            return False
    return True


def _can_trace() -> bool:
    return subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


def add_arguments(_: Any) -> None:
    """None."""


def run(_: Any) -> Report:
    """One after the other; the tables come together at the end."""
    report = Report("a little of everything")
    mounts, traces = _can_mount(), _can_trace()
    for module, chosen in SHORT:
        name = module.__name__.rsplit(".", 1)[1]
        if module in NEED_MOUNTS and not mounts:
            report.tell(name, "left out: no file system in a file can be mounted here; it needs root and a loop device")
            continue
        if module in NEED_TRACING and not traces:
            report.tell(name, "left out: strace may not trace here")
            continue
        say(f"— {name}")
        found = module.run(Namespace(**chosen))
        found.show()
        report.tell(found.title, f"{len(found.rows)} figures, {len(found.complaints)} complaints", found.good)
        report.complaints += found.complaints
    return report
