"""Sinks in trouble: three sick ones among a hundred, whose neighbours are as fast as before; one that is away while 100,000
results wait for it, and gets each of them once when it is back; every type of sink away for a minute."""
from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.stock import Template, add_copies
from support.far_sides import FAR_SIDES, FarSide
from support.nginx import Nginx
from support.ports import free_port
from support.service import Service
from support.sink import HANG, Sink
from support.wait import until
from support.world import REQUEST

from .network import SILENT_DNS, overwrite, take_turn
from .report import Report, quantile, say
from .stage import Stage, callback_path, caller, counts, result_body, start_under
from .steady_load import SteadyLoad

MOST = 1.25
#: Of a histogram of some thousand deliveries on a busy machine, less than this is noise.
GRACE = 0.003
MOST_ATTEMPTS = 1.2
LEAST_SPEED = 0.8
MOST_GROWTH = 1.1


# ---- a crowd ---------------------------------------------------------------------------------------------------------


class Dripping:
    """A sink that answers a byte a second while it is told to, else at once."""

    def __init__(self) -> None:
        self.port = free_port()
        self.slow = False
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer:
            try:
                while self._read(peer):
                    for byte in b"HTTP/1.1 204 No Content\r\n\r\n" if self.slow else ():
                        peer.sendall(bytes([byte]))
                        if self._over.wait(1):
                            return
                    if not self.slow:
                        peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except OSError:
                return

    @staticmethod
    def _read(peer: socket.socket) -> bool:
        """One request, body and all."""
        received = b""
        while b"\r\n\r\n" not in received:
            piece = peer.recv(65536)
            if not piece:
                return False
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
        while len(body) < length:
            piece = peer.recv(65536)
            if not piece:
                return False
            body += piece
        return True

    def close(self) -> None:
        self._over.set()
        self._server.close()


class Crowd:
    """A service with many sinks: one nginx is all the healthy ones, three can be made sick."""

    def __init__(self, stage: Stage, options: Any) -> None:
        provider = stage.provider("--fault", "callback=never", work="1h")
        port = free_port()
        stage.keep(Nginx(stage.folder / "healthy", f"    access_log off;\n    server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }}", port))
        self.hanging, self.dripping = stage.keep(Sink()), stage.keep(Dripping())
        silent = stage.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        silent.bind((SILENT_DNS, 53))
        self.hosts, resolver = stage.folder / "hosts", stage.folder / "resolv.conf"
        self.known = "127.0.0.1 localhost lost.test\n"
        self.hosts.write_text(self.known)
        resolver.write_text(f"nameserver {SILENT_DNS}\n")

        urls = {"hanging": self.hanging.url, "dripping": f"http://127.0.0.1:{self.dripping.port}", "lost": f"http://lost.test:{port}/lost"}
        urls.update((f"healthy-{number}", f"http://127.0.0.1:{port}/{number}") for number in range(options.sinks - len(urls)))
        self.sick = {"hanging", "dripping", "lost"}
        sinks = [{"name": name, "type": "http", "url": url, "timeout": "2s"} for name, url in urls.items()]
        self.service: Service = stage.service("crowd", provider.url, sinks)
        mounts = f"mount --bind {self.hosts} /etc/hosts && mount --bind {resolver} /etc/resolv.conf && exec \"$@\""
        assert start_under(self.service, ["unshare", "-m", "sh", "-c", mounts, "sh"]), self.service.program.tail()
        self.load = SteadyLoad(self.service, self.hanging, options.rate, options.seconds)
        self._rate = options.rate

    def turn(self, ill: bool) -> None:
        self.hanging.always(HANG if ill else 204)
        self.dripping.slow = ill
        overwrite(self.hosts, "\n" if ill else self.known)

    def run(self, tasks: list[tuple[str, str]]) -> None:
        """Ends the tasks at a steady pace."""
        connection = self.service.public.connect()
        began = time.monotonic()
        for turn, (task, provider_task) in enumerate(tasks):
            time.sleep(max(0.0, began + turn / self._rate - time.monotonic()))
            answer = self.service.public.request("POST", callback_path(task), result_body(provider_task, task),
                                                 {"Content-Type": "application/json"}, connection)
            assert answer.status == 200, answer
        connection.close()

    def lags(self, tasks: set[str], expected: int, within: float = 10.0) -> list[float]:
        """Seconds from each task's end to its delivery at each healthy sink, by the service's own log, which may lag behind
        its store."""
        limit = time.monotonic() + within
        while len(found := self._lags_so_far(tasks)) < expected and time.monotonic() < limit:
            time.sleep(0.1)
        return found

    def _lags_so_far(self, tasks: set[str]) -> list[float]:
        ended: dict[str, float] = {}
        got: dict[str, list[float]] = defaultdict(list)
        for line in self.service.program.log_lines():
            if line.get("task") not in tasks:
                continue
            if line["event"] == "task_ended":
                ended[line["task"]] = _moment(line["time"])
            elif line["event"] == "delivery_attempted" and line["sink"] not in self.sick and line["result"] == "delivered":
                got[line["task"]].append(_moment(line["time"]))
        assert set(ended) == tasks, f"{len(tasks - set(ended))} tasks did not end"
        return [at - ended[task] for task, times in got.items() for at in times]

    def settle(self, within: float = 120) -> None:
        until(lambda: counts(self.service)["waiting"] == 0, "everything is delivered", within=within, every=0.5)

    def healthy_settled(self, options: Any) -> None:
        def waiting() -> int:
            sinks = self.service.summary()["deliveries"]["sinks"]
            return sum(told["pending"] + told["delivering"] for name, told in sinks.items() if name not in self.sick)

        until(lambda: waiting() == 0, "the healthy sinks have everything", within=30 + options.seconds, every=0.1)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def crowd(stage: Stage, options: Any, report: Report) -> None:
    """The same load with all sinks well and with three sick, in turn."""
    field = Crowd(stage, options)
    p99: dict[bool, list[float]] = {False: [], True: []}
    for number in range(options.pairs):
        for ill in ((False, True) if number % 2 == 0 else (True, False)):
            tasks = field.load.prepare()
            field.turn(ill)
            field.run(tasks)
            field.healthy_settled(options)
            expected = len(tasks) * (options.sinks - len(field.sick))
            lags = field.lags({task for task, _ in tasks}, expected)
            if len(lags) != expected:
                report.complain(f"{len(lags)} deliveries at healthy sinks of {expected}")
            p99[ill].append(quantile(lags, 0.99))
            say(f"{'three sick' if ill else 'all well'}: p99 {p99[ill][-1] * 1000:.0f} ms over {len(lags)} deliveries")
            field.turn(False)
            field.settle()
    ratio = median(ill / max(well, 0.001) for well, ill in zip(p99[False], p99[True]))
    grace = GRACE if options.pairs > 1 else 1e9
    holds = ratio <= MOST or median(p99[True]) - median(p99[False]) <= grace
    report.tell(f"{options.sinks} sinks, three sick: p99 from end to delivery at the others",
                f"{median(p99[False]) * 1000:.0f} → {median(p99[True]) * 1000:.0f} ms (×{ratio:.2f})", holds)
    told = field.service.summary(audit=True)["conservation"]
    if not told["ok"]:
        report.complain(f"conservation: {told['violations']}")


# ---- an outage -------------------------------------------------------------------------------------------------------


class Outage:
    """A service with one sink behind nginx, and a stock of results that wait for it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.port = free_port()
        self.nginx = stage.keep(Nginx(stage.folder / "sink", self._answering("204"), self.port))
        self._provider = stage.provider("--fault", "callback=never", work="1h")
        self._sinks = [{"name": "results", "type": "http", "url": f"http://127.0.0.1:{self.port}/hooks", "timeout": "5s"}]

    def _answering(self, what: str) -> str:
        return f"    access_log off;\n    server {{ listen 127.0.0.1:{self.port}; location / {{ return {what}; }} }}"

    def service(self, name: str, waiting: int) -> Service:
        """A service that does not run yet, with so many results that wait."""
        made = self._stage.service(name, self._provider.url, self._sinks).start()
        assert made.ops.post("/ops/v1/sinks/results/pause", {"reason": "to make a stock"}).status == 200
        answer = caller(made).post("/v1/audios/generations", REQUEST)
        assert answer.status == 200, answer
        task, provider_task = answer.json()["id"], answer.json()["provider_task_id"]
        assert made.public.post(callback_path(task), result_body(provider_task, "calm")).status == 200
        until(lambda: made.summary()["tasks"]["ended"]["count"] == 1, "ended")
        assert made.terminate() == 0
        add_copies(made.store, Template(made.store), waiting - 1, step_ms=1)
        return made

    def away(self, away: bool) -> None:
        self.nginx.close()
        if not away:
            self.nginx.start()


def _delivered(service: Service) -> float:
    return service.metrics().value("voicehook_deliveries_total", sink="results", result="delivered")


def _attempts(service: Service) -> float:
    metrics = service.metrics()
    return sum(metrics.value("voicehook_deliveries_total", sink="results", result=result) for result in ("delivered", "retried", "parked"))


def _resident_kib(service: Service) -> int:
    status = Path(f"/proc/{service.program.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]


def _drain(service: Service, stock: int) -> float:
    """Deliveries per second, from the first to the last but a few."""
    first = until(lambda: _delivered(service) > 0 and time.monotonic(), "the first delivery", within=60, every=0.02)
    before = _delivered(service)
    until(lambda: _delivered(service) >= 0.99 * stock, "the stock is delivered", within=600, every=0.05)
    return (_delivered(service) - before) / (time.monotonic() - first)


def outage(stage: Stage, options: Any, report: Report) -> None:
    """How fast a stock drains, and how fast and at what price after the sink was away for a while."""
    field = Outage(stage)
    say(f"a stock of {options.stock:,} results, the sink well")
    well = field.service("well", options.stock).start(60)
    assert well.ops.post("/ops/v1/sinks/results/resume", {}).status == 200
    speed_when_well = _drain(well, options.stock)
    until(lambda: counts(well)["waiting"] == 0, "all is delivered", within=120)
    well.close()

    field.away(True)
    ill = field.service("ill", options.stock).start(60)
    assert ill.ops.post("/ops/v1/sinks/results/resume", {}).status == 200
    say(f"the sink is away for {options.outage:.0f} s")
    sizes = []
    over = time.monotonic() + options.outage
    time.sleep(min(10.0, options.outage / 4))
    while time.monotonic() < over:
        sizes.append(_resident_kib(ill))
        time.sleep(min(1.0, options.outage / 20))
    attempts_while_away = _attempts(ill)
    field.away(False)
    say(f"it is back, after {attempts_while_away:.0f} attempts")
    speed = _drain(ill, options.stock)
    until(lambda: counts(ill)["waiting"] == 0, "all is delivered", within=300)

    attempts = _attempts(ill)
    report.tell(f"sink away {options.outage:.0f} s, {options.stock:,} results wait: attempts per result",
                f"{attempts / options.stock:.4f} ({attempts_while_away:.0f} while it was away)", attempts / options.stock <= MOST_ATTEMPTS)
    report.tell("memory while it was away", f"{min(sizes) / 1024:.1f}–{max(sizes) / 1024:.1f} MiB", max(sizes) <= MOST_GROWTH * min(sizes))
    judged = options.stock >= 50_000
    report.tell("drained after it, of the speed without an outage", f"{speed:,.0f}/s of {speed_when_well:,.0f}/s ({speed / speed_when_well:.0%})",
                speed >= LEAST_SPEED * speed_when_well or not judged)
    told = ill.summary(audit=True)
    if not told["conservation"]["ok"] or told["deliveries"]["sinks"]["results"]["delivered"] != options.stock:
        report.complain(f"not everything is delivered: {json.dumps(told['deliveries']['sinks']['results'])}")
    ill.close()


# ---- every type of sink away ---------------------------------------------------------------------------------------------


def _copies(side: FarSide) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    for copy in side.received():
        found[json.loads(copy.body)["data"]["id"]].append(copy.body)
    return found


def away(stage: Stage, options: Any, report: Report) -> None:
    """All of them are away for the same while, and results go on ending."""
    sides = {kind: stage.keep(make(stage.folder / kind)) for kind, make in FAR_SIDES.items()}
    provider = stage.provider(work="20ms")
    service = stage.service("away", provider.url, [{"name": kind, **side.settings} for kind, side in sides.items()]).start()
    client = caller(service)
    tasks: list[str] = []

    def submit() -> None:
        answer = client.post("/v1/audios/generations", REQUEST)
        assert answer.status in (200, 202), answer
        tasks.append(answer.json()["id"])

    submit()
    until(lambda: counts(service)["waiting"] == 0 and counts(service)["ended"] == 1, "the first is everywhere", within=30)
    for side in sides.values():
        side.leave()
    say(f"{', '.join(sides)} are away for {options.away:.0f} s")
    over = time.monotonic() + options.away
    while time.monotonic() < over:
        submit()
        time.sleep(0.2)
    for side in sides.values():
        side.come_back()
    began = time.monotonic()
    until(lambda: counts(service)["waiting"] == 0 and counts(service)["ended"] == len(tasks), "all are everywhere", within=240, every=0.2)
    metrics = service.metrics()
    for kind, side in sides.items():
        copies = _copies(side)
        attempts = sum(metrics.value("voicehook_deliveries_total", sink=kind, result=result) for result in ("delivered", "retried"))
        missing = len(set(tasks) - set(copies))
        other = sum(len(set(bodies)) > 1 for bodies in copies.values())
        again = sum(len(bodies) - 1 for bodies in copies.values())
        report.tell(f"{kind} away {options.away:.0f} s, {len(tasks)} results", f"{missing} missing, {other} that differ, {again} second copies, "
                    f"{attempts:.0f} attempts", missing == other == 0 and attempts <= MOST_ATTEMPTS * len(tasks) + 20)
    say(f"all was delivered {time.monotonic() - began:.0f} s after their return")
    if not service.summary(audit=True)["conservation"]["ok"]:
        report.complain("conservation")
    service.close()


PARTS = {"crowd": crowd, "outage": outage, "away": away}


def add_arguments(words: Any) -> None:
    words.add_argument("--sinks", type=int, default=100, metavar="N", help="sinks in the crowd (default 100)")
    words.add_argument("--pairs", type=int, default=5, metavar="N", help="comparisons without and with sick ones (default 5)")
    words.add_argument("--seconds", type=float, default=5, metavar="S", help="length of one measurement (default 5)")
    words.add_argument("--rate", type=int, default=10, metavar="N", help="ended tasks a second, each for every sink (default 10)")
    words.add_argument("--stock", type=int, default=100_000, metavar="N", help="results that wait during the outage (default 100,000)")
    words.add_argument("--outage", type=float, default=300, metavar="S", help="how long the sink is away (default 300)")
    words.add_argument("--away", type=float, default=60, metavar="S", help="how long each type of sink is away (default 60)")
    words.add_argument("--only", metavar="PART", default="", choices=PARTS, help=f"one of: {', '.join(PARTS)}")


def run(options: Any) -> Report:
    report = Report("sinks in trouble")
    take_turn(os.SCHED_RR, 1)
    for name, part in PARTS.items():
        if options.only and options.only != name:
            continue
        stage = Stage(f"sinks-{name}", Path("/dev/shm"))
        try:
            part(stage, options, report)
        finally:
            stage.close(keep_folder=not report.good)
    take_turn(os.SCHED_OTHER, 0)
    return report
