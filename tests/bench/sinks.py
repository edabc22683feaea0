"""How fast a backlog goes out to each type of sink, and what a delivery costs."""
from __future__ import annotations

import time
from typing import Any, Mapping

from support import nats
from support.kafka import KafkaCluster
from support.redis import Redis
from support.webhook import make_secret

from .field import Callbacks, Field
from .load import write_requests
from .machine import Used
from .plan import Plan
from .scenarios import Figures, Say, delivered, medians, pause_sink, resume_sink
from .stock import Template

#: Of every sink, and the connections to nginx beside them.
IN_FLIGHT = 64
_LOOK_EVERY = 0.2


class _Contestant:
    """A service whose only sink is of one type, with tasks in flight for every round."""

    def __init__(self, field: Field, kind: str, sink: Mapping[str, Any], in_flight: Template, body: bytes, plan: Plan) -> None:
        self._field, self._plan = field, plan
        self.service = field.new_service(f"sinks-{kind.replace(' ', '-')}", sink={**sink, "max_in_flight": IN_FLIGHT})
        first = plan.sink_deliveries // 10
        self._callbacks = Callbacks(field.fill(self.service, in_flight, plan.rounds * plan.sink_deliveries + first), in_flight, body)
        self._file = field.folder / f"{self.service.folder.name}.requests.bin"
        self.service.start(60)
        pause_sink(self.service)
        self.drain(first)  # connections are made, a topic is known

    def drain(self, count: int) -> Figures:
        """A backlog is made while the sink is paused; then it goes out."""
        pid = self.service.program.process.pid
        write_requests(self._file, self._callbacks.take(count))
        self._field.load.run(pid, self.service.public_port, self._file, "--connections", self._plan.connections)
        before, began, used = delivered(self.service), time.monotonic(), Used.by(pid)
        resume_sink(self.service)
        done, seconds, after = 0.0, 0.0, used
        # Looking costs the service something, so it is seldom; what counts is the last look before all was out.
        while (now := delivered(self.service) - before) < count:
            done, seconds, after = now, time.monotonic() - began, Used.by(pid)
            assert seconds < 120, f"{done} of {count} are out after {seconds} s"
            time.sleep(_LOOK_EVERY)
        pause_sink(self.service)
        done = max(done, 1)
        return {"per_second": done / max(seconds, 1e-9), "cpu_us": 1e6 * after.since(used) / done,
                "main_us": 1e6 * (after.threads[pid] - used.threads[pid]) / done,
                "server_busy": after.busiest_thread_since(used) / max(seconds, 1e-9)}

    def nginx(self, *more: str | int) -> Figures:
        """The same callbacks again and again, to nginx: what this machine does with a request and an answer."""
        nginx = self._field.nginx
        port = nginx.plain_port if "--plain" in more else nginx.port
        return self._field.load.run(nginx.pid, port, self._file, "--connections", IN_FLIGHT, "--again", "--seconds",
                                    self._plan.nginx_seconds, *more).figures()

    def close(self) -> None:
        conservation = self.service.summary()["conservation"]
        assert conservation["ok"], conservation
        self.service.close()


class _Brokers:
    """One of each kind on this machine; NATS only where there is a server."""

    def __init__(self, field: Field) -> None:
        self.kafka = KafkaCluster()
        self.redis = Redis(field.folder / "redis")
        self.nats = nats.Nats(field.folder / "nats") if nats.executable() else None
        if self.nats:
            self.nats.make_stream("RESULTS", "results")

    def close(self) -> None:
        for one in (self.kafka, self.redis, self.nats):
            if one:
                one.close()


def _sinks(field: Field, brokers: _Brokers) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        "http": {"type": "http", "url": f"http://127.0.0.1:{field.sink.plain_port}/hooks", "secret": make_secret("results")},
        "http over TLS": {"type": "http", "url": f"https://localhost:{field.sink.port}/hooks", "secret": make_secret("results"),
                          "ca_file": str(field.authority.file)},
        "file": {"type": "file", "path": str(field.folder / "results.jsonl")},
        "kafka": {"type": "kafka", "brokers": brokers.kafka.brokers, "topic": "results"},
        "redis": {"type": "redis", "url": brokers.redis.url, "stream": "results"}}
    if brokers.nats:
        found["nats"] = {"type": "nats", "servers": [brokers.nats.url], "subject": "results"}
    return found


def measure(field: Field, in_flight: Template, body: bytes, plan: Plan, say: Say) -> dict[str, Figures]:
    brokers = _Brokers(field)
    try:
        say(f"storing {plan.rounds * plan.sink_deliveries:,} tasks for each type of sink")
        contestants = {kind: _Contestant(field, kind, sink, in_flight, body, plan) for kind, sink in _sinks(field, brokers).items()}
        say("a backlog to each type of sink in turn, and nginx")
        runs: dict[str, list[Figures]] = {}
        for _ in range(plan.rounds):
            for kind, contestant in contestants.items():
                runs.setdefault(f"sink.{kind}", []).append(contestant.drain(plan.sink_deliveries))
            some = contestants["http"]
            runs.setdefault("sink_nginx.plain", []).append(some.nginx("--plain"))
            runs.setdefault("sink_nginx.TLS", []).append(some.nginx())
        for contestant in contestants.values():
            contestant.close()
        return {name: medians(found) for name, found in runs.items()}
    finally:
        brokers.close()


def section(found: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Lines for the page of results."""
    kinds = [name.removeprefix("sink.") for name in found if name.startswith("sink.")]
    if not kinds:
        return []
    nginx = found["sink_nginx.plain"]
    lines = ["", f"{f'deliveries, {IN_FLIGHT} in flight':34}{'/s':>9}{'CPU µs':>9}{'busy':>7}{'/s of nginx':>14}{'CPU of nginx':>14}"]
    for kind in kinds:
        figures = found[f"sink.{kind}"]
        beside = found["sink_nginx.TLS"] if "TLS" in kind else nginx
        lines.append(f"{kind:34}{figures['per_second']:9,.0f}{figures['cpu_us']:9.1f}{figures['server_busy']:7.2f}"
                     f"{figures['per_second'] / beside['per_second']:14.2f}{figures['cpu_us'] / beside['cpu_us']:14.1f}"
                     f"  network {figures['main_us']:.0f} µs")
    for name in ("plain", "TLS"):
        figures = found[f"sink_nginx.{name}"]
        lines.append(f"{f'    nginx, return 200, {name}':34}{figures['per_second']:9,.0f}{figures['cpu_us']:9.1f}{figures['server_busy']:7.2f}")
    return lines
