"""Sinks that answer for ever, with garbage, or with the way into the internal network: each attempt ends in time."""
from __future__ import annotations

from typing import Any, Iterator

import pytest

from support.hostile_sink import BEHAVIOURS, CAUSES, HostileSink
from support.sink import Answer, Sink
from support.wait import until
from support.world import MakeWorld, World

TIMEOUT = 1.0


@pytest.fixture
def hostile() -> Iterator[dict[str, HostileSink]]:
    sinks = {name: HostileSink(name) for name in BEHAVIOURS}
    yield sinks
    for sink in sinks.values():
        sink.close()


def _sink(name: str, url: str) -> dict[str, Any]:
    return {"name": name, "type": "http", "url": url, "timeout": f"{int(TIMEOUT * 1000)}ms",
            "retry": {"park_at_once": ["timeout", "refused", "reset", "dns", "tls", "status_3xx", "status_5xx", "protocol",
                                       "too_large"]}}


def _resident_kib(world: World) -> int:
    status = open(f"/proc/{world.service.program.process.pid}/status").read()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def test_every_attempt_ends_in_time_with_the_right_cause_and_little_memory(
        make_world: MakeWorld, hostile: dict[str, HostileSink]) -> None:
    world = make_world(more_sinks=[_sink(name, sink.url) for name, sink in hostile.items()])
    world.settled(world.submit())
    before = _resident_kib(world)

    tasks = world.submit_many(10)

    for task in tasks:
        found = {item["sink"]: item for item in world.settled(task, within=40)}
        causes = {name: found[name]["cause"] if found[name]["state"] == "parked" else None for name in hostile}
        assert causes == CAUSES
        assert {item["attempts"] for item in found.values()} == {1}
    took = {(line["sink"], line["task"]): line["took_ms"] for line in world.service.program.logged("delivery_attempted")
            if line["sink"] in hostile}
    assert len(took) == len(hostile) * len(tasks) + len(hostile)
    assert all(value < TIMEOUT * 1000 + 500 for value in took.values()), took
    assert _resident_kib(world) - before < 24 * 1024
    # What it did not read waits in the buffers of two sockets.
    assert {name: sink.sent for name, sink in hostile.items() if sink.sent > 12 << 20} == {}


def test_a_redirect_into_this_machine_is_never_followed(make_world: MakeWorld) -> None:
    inside, sink = Sink(), Sink()
    world = make_world(more_sinks=[_sink("redirecting", sink.url)])
    for status in (301, 302, 303, 307, 308):
        sink.script(Answer(status, {"Location": f"http://127.0.0.1:{inside.port}/secret"}))

        task = world.submit()

        parked = {item["sink"]: item for item in world.settled(task)}["redirecting"]
        assert (parked["state"], parked["cause"], parked["last_answer"]) == ("parked", "status_3xx", f"HTTP {status}")
    assert inside.received == []
    inside.close()
    sink.close()


def test_tls_that_is_none_or_never_comes(make_world: MakeWorld) -> None:
    garbage, silent = HostileSink("garbage", read_request=False), HostileSink("silent", read_request=False)
    sinks = {"garbage": (garbage, "tls"), "silent": (silent, "timeout"), "plain": (HostileSink("another_protocol"), "tls")}
    world = make_world(more_sinks=[_sink(name, sink.url.replace("http:", "https:")) for name, (sink, _) in sinks.items()])

    task = world.submit()

    found = {item["sink"]: item for item in world.settled(task)}
    # Who waits for a request that never comes in clear is silent, too.
    expected = {"garbage": "tls", "silent": "timeout", "plain": "timeout"}
    assert {name: found[name]["cause"] for name in sinks} == expected
    for sink, _ in sinks.values():
        sink.close()


def test_a_sink_that_is_well_is_not_delayed_by_them(make_world: MakeWorld, hostile: dict[str, HostileSink]) -> None:
    world = make_world(more_sinks=[_sink(name, sink.url) for name, sink in hostile.items()])

    tasks = world.submit_many(20)

    for task in tasks:
        world.delivered(task)
    until(lambda: world.service.summary()["deliveries"]["sinks"]["results"]["pending"] == 0, "nothing is pending")
