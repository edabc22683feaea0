"""The HTTP sink and the life of the service: killed, stopped and reloaded under load, nothing is lost and nothing changes."""
from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path
from typing import Iterator

import pytest

from support.certificates import Authority, ServerFiles
from support.nginx import ReverseProxy
from support.nginx import executable as nginx_executable
from support.sink import HANG, Received, Sink
from support.wait import until
from support.world import MakeWorld

pytestmark = pytest.mark.skipif(not nginx_executable(), reason="no nginx")
IN_FLIGHT = 4


@pytest.fixture
def other() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


def _by_id(received: list[Received]) -> dict[str, list[Received]]:
    found: dict[str, list[Received]] = defaultdict(list)
    for item in received:
        found[item.headers["webhook-id"]].append(item)
    return found


@pytest.mark.parametrize("moment", [1, 15, 40])
def test_a_kill_loses_nothing_and_repeats_only_what_was_under_way(make_world: MakeWorld, other: Sink, authority: Authority,
                                                                 files: ServerFiles, tmp_path: Path, moment: int) -> None:
    nginx = ReverseProxy(tmp_path / "nginx", files, other.port)
    world = make_world(more_sinks=[{"name": "other", "type": "http", "url": nginx.url, "ca_file": str(authority.file),
                                    "max_in_flight": IN_FLIGHT}])
    world.service.ops.post("/ops/v1/sinks/other/pause", {"reason": "until all have ended"})
    tasks = world.submit_many(60, workers=16)
    for task in tasks:
        world.ended(task)
    world.service.ops.post("/ops/v1/sinks/other/resume")
    until(lambda: len(other.received) >= moment, f"{moment} deliveries", every=0.001)

    world.service.kill()
    world.service.start()

    other.wait_for_all(tasks)
    until(lambda: world.service.summary()["deliveries"]["sinks"]["other"]["pending"] == 0, "nothing is pending")
    found = _by_id(other.received)
    assert len(found) == 60
    assert all(len({item.body for item in same}) == 1 for same in found.values())
    assert sum(len(same) - 1 for same in found.values()) <= IN_FLIGHT, "delivered and not yet recorded"
    nginx.close()


def test_a_stop_ends_in_time_while_the_sink_hangs_and_gives_its_deliveries_back(make_world: MakeWorld, other: Sink) -> None:
    world = make_world(changes={"server": {"drain": "1s"}},
                       more_sinks=[{"name": "other", "type": "http", "url": other.url, "timeout": "30s", "max_in_flight": IN_FLIGHT}])
    other.always(HANG)
    tasks = world.submit_many(8)
    until(lambda: len(other.received) == IN_FLIGHT, "as many as may wait there")

    begin = time.monotonic()
    code = world.service.terminate()

    assert code == 0
    assert time.monotonic() - begin < 5
    cut_off = [line for line in world.service.program.logged("delivery_attempted") if line["sink"] == "other"]
    assert {line["answer"].rsplit(": ", 1)[-1] for line in cut_off} == {"cancelled"}
    other.always(200)
    world.service.start()
    other.wait_for_all(tasks)
    assert all(len({(item.headers["webhook-id"], item.body) for item in other.of_task(task)}) == 1 for task in tasks)


def test_a_reload_leads_what_hangs_elsewhere(make_world: MakeWorld, other: Sink) -> None:
    hanging = Sink()
    hanging.always(HANG)
    sink = {"name": "other", "type": "http", "url": hanging.url, "timeout": "1s", "retry": {"first": "100ms", "longest": "1s"}}
    world = make_world(more_sinks=[sink])
    first = world.submit()
    hanging.wait_for(first)

    world.service.write_config({"sinks": [world.service.settings["sinks"][0], {**sink, "url": other.url}]})
    world.service.reload()
    until(lambda: world.service.program.logged("reloaded"), "reloaded")
    second = world.submit()

    other.wait_for(second)
    other.wait_for(first)
    assert {item.headers["webhook-id"] for item in other.of_task(first)} == {item.headers["webhook-id"] for item in hanging.of_task(first)}
    hanging.close()
