"""Sick networks: silence and resets towards the provider and a sink, dead DNS, clocks that jump. Everybody else is as fast as
before, and nothing is lost or paid for twice."""
from __future__ import annotations

import math
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Callable, Iterator

from support.service import Service
from support.simulator import Simulator
from support.sink import Sink
from support.wait import until

from . import shims
from .report import Report, quantile, say
from .stage import Stage, counts, start_under
from .steady_load import SteadyLoad, Timed
from .wire import MODES, Wire

SILENT_DNS = "127.77.0.1"
MOST = 1.25
#: Differences below this are the machine's, not the service's. A single pair tells too little to judge its times.
GRACE, GRACE_OF_ONE_PAIR = 0.001, math.inf
JUMPS = {"+1 h": 3600, "-1 h": -3600, "+1 day": 86400, "-1 day": -86400}


@dataclass
class Scenario:
    """A fault that can be switched on and off."""

    name: str
    on: Callable[[], None]
    off: Callable[[], None]


class Field:
    """A service between a provider and two sinks; the provider and the second sink are behind wires."""

    def __init__(self, stage: Stage, name: str, options: Any, prefix: list[str], sick_host: str = "localhost") -> None:
        self.provider: Simulator = stage.provider("--fault", "callback=never", name=f"{name}-provider", work="1h")
        self.healthy, self.sick = stage.keep(Sink()), stage.keep(Sink())
        self.to_provider, self.to_sink = stage.keep(Wire(self.provider.port)), stage.keep(Wire(self.sick.port))
        sinks = [{"name": "healthy", "type": "http", "url": f"http://127.0.0.1:{self.healthy.port}", "timeout": "2s"},
                 {"name": "sick", "type": "http", "url": f"http://{sick_host}:{self.to_sink.port}", "timeout": "2s"}]
        self.service: Service = stage.service(
            name, f"https://localhost:{self.to_provider.port}", sinks,
            {"provider": {"submit_timeout": "2s"}, "submission": {"wait": "3s", "deadline": "10m", "replay_after": "1s"}})
        assert start_under(self.service, prefix), self.service.program.tail()
        self.load = SteadyLoad(self.service, self.healthy, options.rate, options.seconds)

    def wires(self) -> Iterator[Scenario]:
        for who, wire in (("provider", self.to_provider), ("sink", self.to_sink)):
            for mode in MODES[1:]:
                yield Scenario(f"{who}: {mode}", partial(wire.turn, mode), partial(wire.turn, "pass"))

    def settle(self) -> None:
        """Until nothing of the last fault is left: what waits for the provider or for a sink would disturb what follows."""
        until(lambda: all(counts(self.service)[what] == 0 for what in ("queued", "submitting", "unknown", "waiting")),
              "all has been submitted and delivered", within=90, every=0.2)

    def complaints(self) -> list[str]:
        """Nothing lost, nothing paid for twice, the same bytes for both sinks."""
        self.settle()
        wrong = []
        paid = sorted(task.idempotency_key for task in self.provider.tasks())
        if paid != sorted(self.load.accepted):
            wrong.append(f"{len(paid)} paid creates for {len(self.load.accepted)} tasks")
        told = self.service.summary(audit=True)
        if not told["conservation"]["ok"]:
            wrong.append(f"conservation: {told['conservation']['violations']}")
        for sink in (self.healthy, self.sick):
            bodies: dict[str, set[bytes]] = {}
            for item in sink.received:
                bodies.setdefault(item.json()["data"]["id"], set()).add(item.body)
            if len(bodies) != told["tasks"]["ended"]["count"] or any(len(copies) > 1 for copies in bodies.values()):
                wrong.append(f"{len(bodies)} results at a sink of {told['tasks']['ended']['count']}, or copies that differ")
        return wrong


@dataclass
class Measured:
    """The p99s of the pairs."""

    well: dict[str, list[float]] = field(default_factory=dict)
    ill: dict[str, list[float]] = field(default_factory=dict)

    @staticmethod
    def add(into: dict[str, list[float]], timed: Timed) -> None:
        for what in ("callbacks", "submissions", "deliveries"):
            into.setdefault(what, []).append(quantile(getattr(timed, what), 0.99))

    def verdict(self, what: str) -> tuple[str, bool]:
        """The median p99 with and without the fault, and the median of the pairs' ratios."""
        well, ill = median(self.well[what]), median(self.ill[what])
        ratio = median(after / before for before, after in zip(self.well[what], self.ill[what]) if before > 0)
        grace = GRACE if len(self.well[what]) > 1 else GRACE_OF_ONE_PAIR
        return f"{well * 1000:.1f} → {ill * 1000:.1f} ms (×{ratio:.2f})", ratio <= MOST or ill - well <= grace


def compare(field_: Field, scenario: Scenario, pairs: int, report: Report) -> None:
    """The same load without and with the fault, in turn."""
    measured = Measured()
    for number in range(pairs):
        for ill in ((False, True) if number % 2 == 0 else (True, False)):
            tasks = field_.load.prepare()
            if ill:
                scenario.on()
            timed = field_.load.run(tasks)
            scenario.off()
            field_.settle()
            measured.add(measured.ill if ill else measured.well, timed)
            for complaint in timed.wrong[:3]:
                report.complain(f"{scenario.name}, {'with' if ill else 'without'} the fault: {complaint}")
    found = {what: measured.verdict(what) for what in ("callbacks", "submissions", "deliveries")}
    say(f"{scenario.name}: " + ", ".join(f"{what} {text}" for what, (text, _) in found.items()))
    report.tell(scenario.name, "  ".join(text for text, _ in found.values()), all(good for _, good in found.values()))


def dead_dns(stage: Stage, options: Any) -> tuple[Field, list[Scenario]]:
    """Names are found in a hosts file of the service's own, or asked of a name server that never answers."""
    silent = stage.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    silent.bind((SILENT_DNS, 53))
    hosts, resolver = stage.folder / "hosts", stage.folder / "resolv.conf"
    known = "127.0.0.1 localhost sick.test\n"
    hosts.write_text(known)
    resolver.write_text(f"nameserver {SILENT_DNS}\n")
    mounts = f"mount --bind {hosts} /etc/hosts && mount --bind {resolver} /etc/resolv.conf && exec \"$@\""
    found = Field(stage, "dns", options, ["unshare", "-m", "sh", "-c", mounts, "sh"], sick_host="sick.test")
    return found, [Scenario("dead DNS", lambda: overwrite(hosts, "\n"), lambda: overwrite(hosts, known))]


def jumping_clock(stage: Stage, options: Any) -> tuple[Field, list[Scenario]]:
    """The wall clock of the service jumps and jumps back; its steady clock goes on, as with a real one. libfaketime looks once
    a second: the jump falls into the measurement."""
    control = stage.folder / "clock.txt"
    control.write_text("+0\n")
    prefix = ["env", f"LD_PRELOAD={shims.FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={control}", "FAKETIME_CACHE_DURATION=1",
              "FAKETIME_DONT_FAKE_MONOTONIC=1"]
    found = Field(stage, "clock", options, prefix)
    return found, [Scenario(f"clock {name}", partial(overwrite, control, f"{jump:+d}\n"), partial(overwrite, control, "+0\n"))
                   for name, jump in JUMPS.items()]


def _clock_seen(service: Service) -> float:
    """How far the times in its log are apart: the jumps must have reached it."""
    times = sorted(line["time"] for line in service.program.log_lines() if "time" in line)
    first, last = (datetime.fromisoformat(times[place].replace("Z", "+00:00")) for place in (0, -1))
    return (last - first).total_seconds() / 3600


def overwrite(path: Path, text: str) -> None:
    """In place: the file may be mounted over another."""
    with open(path, "r+") as file:
        file.write(text)
        file.truncate()


def _wired(stage: Stage, options: Any) -> tuple[Field, list[Scenario]]:
    """Silence and resets on either side."""
    found = Field(stage, "wires", options, ["env"])
    return found, list(found.wires())


KINDS: dict[str, Callable[[Stage, Any], tuple[Field, list[Scenario]]]] = {
    "provider and sink": _wired, "DNS": dead_dns, "clock": jumping_clock}


def add_arguments(words: Any) -> None:
    words.add_argument("--pairs", type=int, default=5, metavar="N", help="comparisons without and with each fault (default 5)")
    words.add_argument("--seconds", type=float, default=3, metavar="S", help="length of one measurement (default 3)")
    words.add_argument("--rate", type=int, default=150, metavar="N", help="callbacks a second (default 150)")
    words.add_argument("--only", metavar="KIND", default="", choices=KINDS, help=f"one of: {', '.join(KINDS)}")


def run(options: Any) -> Report:
    """Each fault on a field of its kind."""
    report = Report("sick networks: p99 of callbacks, submissions, healthy deliveries")
    stage = Stage("network", Path("/dev/shm"))  # without the noise of a disk
    take_turn(os.SCHED_RR, 1)
    try:
        for kind, make in KINDS.items():
            if options.only and options.only not in kind:
                continue
            found, scenarios = make(stage, options)
            for scenario in scenarios:
                compare(found, scenario, options.pairs, report)
            if kind == "provider and sink" and options.pairs > 1:
                control(found, options, report)
            if kind == "clock":
                seen = _clock_seen(found.service)
                report.tell("clock: hours between the service's earliest and latest log line", f"{seen:.0f}", seen > 40)
            for complaint in found.complaints():
                report.complain(complaint)
            found.service.close()
            for left in Path("/dev/shm").glob(f"*faketime_*_{found.service.program.process.pid}"):
                left.unlink()
    finally:
        take_turn(os.SCHED_OTHER, 0)
        stage.close(keep_folder=not report.good)
    return report


def take_turn(policy: int, priority: int) -> None:
    """What else runs on this machine is not what is measured: this process and what it starts preempt it, where allowed."""
    try:
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except PermissionError:
        say("no right to go first: other programs will disturb the figures")


class _Hiccups:
    """A planted fault: the service stands still for a moment, again and again."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.wait(0.4):
            self._service.program.signal(signal.SIGSTOP)
            time.sleep(0.05)
            self._service.program.signal(signal.SIGCONT)

    def start(self) -> None:
        self._over.clear()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()


def control(found: Field, options: Any, report: Report) -> None:
    """Nothing must look like nothing, and a planted fault like a fault."""
    compare(found, Scenario("control: no fault", lambda: None, lambda: None), options.pairs, report)
    hiccups = _Hiccups(found.service)
    planted = Report("planted")
    compare(found, Scenario("control: hiccups of 50 ms", hiccups.start, hiccups.stop), max(1, options.pairs // 2), planted)
    report.tell("control: hiccups of 50 ms, must be found", planted.rows[0].figure, not planted.rows[0].holds)
