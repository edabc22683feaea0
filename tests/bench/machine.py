"""What the figures depend on: the machine, its disk, and what a process has used."""
from __future__ import annotations

import os
import platform
import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")


def describe(folder: Path) -> dict[str, Any]:
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return {"cpu": cpu[1] if cpu else platform.processor(), "cores": len(os.sched_getaffinity(0)),
            "kernel": platform.release(), "file_system": _file_system(folder), "load_before": os.getloadavg()[0],
            "fdatasync_p50_us": round(fdatasync_us(folder), 1)}


def _file_system(folder: Path) -> str:
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, name = line.split()[:3]
        if (str(folder.resolve()) + "/").startswith(place.rstrip("/") + "/") and len(place) > len(best):
            best, kind = place, name
    return kind


def fdatasync_us(folder: Path, times: int = 300) -> float:
    """The median of appending 4 KiB and syncing, as a commit does."""
    path = folder / "fdatasync.probe"
    took: list[float] = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    path.unlink()
    return statistics.median(took) * 1e6


@dataclass(frozen=True)
class Used:
    """CPU seconds of a process, and of its threads by id."""

    total: float
    threads: dict[int, float]
    machine: float  # of all processes together

    @staticmethod
    def by(pid: int) -> "Used":
        threads = {int(item.name): cpu_seconds(item / "stat") for item in Path(f"/proc/{pid}/task").iterdir()}
        return Used(cpu_seconds(Path(f"/proc/{pid}/stat")), threads, machine_cpu_seconds())

    def since(self, before: "Used") -> float:
        return self.total - before.total

    def busiest_thread_since(self, before: "Used") -> float:
        """CPU seconds of the thread that used most."""
        return max(seconds - before.threads.get(thread, 0.0) for thread, seconds in self.threads.items())


def cpu_seconds(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def reaped_cpu_seconds(pid: int) -> float:
    """Of the children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICKS


def machine_cpu_seconds() -> float:
    user, nice, system, _, _, interrupts, soft = map(int, Path("/proc/stat").read_text().split(maxsplit=8)[1:8])
    return (user + nice + system + interrupts + soft) / _TICKS


def resident_kib(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])


def forget_pages(path: Path) -> None:
    """Drops a file from the page cache: what is read next comes from the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
