"""Builds a copy of the sources and looks for the mistake in it: by simulation first, then by tests."""
from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from table import Mutant

SIMULATION = "voicehook-simulate"
#: The simulation over PostgreSQL finds at once what it can find: nothing there happens at the same time.
LONGEST_OVER_POSTGRES = 8.0
#: These need a server beside them.
OVER_POSTGRES = ("store_contract_test", "postgres_store_test")
#: Past this the program hangs, which is a finding too.
GRACE = 60.0


class BuildFailed(Exception):
    """The copy does not compile, or the sound version of it does not hold."""


@dataclass(frozen=True)
class Finding:
    killer: str
    seconds: float


class Build:
    def __init__(self, source: Path, folder: Path, jobs: int) -> None:
        self.folder = folder
        self._beside_postgres = [str(source / "tests" / "support" / "with_postgres")]
        self.jobs = jobs
        if not (folder / "build.ninja").is_file():
            self._run(["cmake", "-S", str(source), "-B", str(folder), "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19",
                       "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -g0"])

    def make(self, *targets: str) -> None:
        self._run(["cmake", "--build", str(self.folder), "--parallel", str(self.jobs), "--target", *targets])

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise BuildFailed(f"{' '.join(command[:4])} … failed:\n{(done.stdout + done.stderr)[-3000:]}")

    def simulate(self, seconds: float, store: str = "memory") -> str:
        """The invariant that broke, or nothing."""
        if store == "postgres":
            seconds = min(seconds, LONGEST_OVER_POSTGRES)
        command = [*(self._beside_postgres if store == "postgres" else []), str(self.folder / SIMULATION), "--store", store,
                   "--seconds", str(seconds), "--threads", str(self.jobs)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + GRACE)
        except subprocess.TimeoutExpired:
            return "simulation: does not end"
        if done.returncode == 0:
            return ""
        broken = re.search(r"^VIOLATED: (.*)$", done.stdout, re.MULTILINE)
        seed = re.search(r"--seed (\d+)", done.stdout)
        if broken:
            return f"simulation: {broken[1]} (seed {seed[1] if seed else '?'})"
        return f"simulation: exit {done.returncode}"

    def test(self, program: str) -> str:
        """The first test that failed, or nothing."""
        command = [*(self._beside_postgres if program in OVER_POSTGRES else []), str(self.folder / "tests" / program),
                   "--gtest_fail_fast"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=GRACE)
        except subprocess.TimeoutExpired:
            return f"{program}: does not end"
        if done.returncode == 0:
            return ""
        failed = re.search(r"^\[  FAILED  \] (\S+)", done.stdout, re.MULTILINE)
        return f"{program}: {failed[1] if failed else f'exit {done.returncode}'}"


def sound(build: Build, mutants: Iterable[Mutant], seconds: float) -> None:
    """Without a mistake nothing may be found, or a finding would say nothing."""
    build.make(SIMULATION)
    for store in sorted({mutant.store for mutant in mutants}):
        broken = build.simulate(seconds, store)
        if broken:
            raise BuildFailed(f"the sources without a mistake: {broken}")


def hunt(build: Build, mutant: Mutant, seconds: float) -> Finding:
    began = time.monotonic()
    build.make(SIMULATION)
    killer = build.simulate(seconds, mutant.store)
    for program in () if killer else mutant.tests:
        build.make(program)
        killer = build.test(program)
        if killer:
            break
    return Finding(killer, time.monotonic() - began)
