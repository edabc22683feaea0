"""A caller's own URL: only to hosts that the operator allows, at POST and at delivery."""
from __future__ import annotations

from typing import Any, Iterator

import pytest

from support.certificates import Authority, ServerFiles
from support.sink import HANG, Sink
from support.wait import until
from support.world import REQUEST, MakeWorld, World


@pytest.fixture
def own(files: ServerFiles) -> Iterator[Sink]:
    sink = Sink(tls=files)
    yield sink
    sink.close()


def _settings(authority: Authority, **more: Any) -> dict[str, Any]:
    return {"callback_url": {"allow_internal": True, "ca_file": str(authority.file), "timeout": "1s", **more}}


def _delivery(world: World, task: str) -> dict[str, Any]:
    return [item for item in world.service.deliveries(task) if item["sink"] == "callback_url"][0]


def test_a_host_that_is_not_on_the_list_is_refused_at_once(make_world: MakeWorld, authority: Authority, own: Sink) -> None:
    world = make_world(changes=_settings(authority, allowed_hosts=["localhost", "*.partner.example"]))

    task = world.submit(body={**REQUEST, "callback_url": own.url + "/mine"})
    refused = world.post(body={**REQUEST, "callback_url": f"https://127.0.0.1:{own.port}/mine"})

    own.wait_for(task)
    assert refused.status == 400
    assert refused.json()["errors"] == [
        {"field": "callback_url", "message": "expected a host that the operator of this service allows, not 127.0.0.1"}]


def test_a_host_that_left_the_list_is_not_delivered_to_any_more(make_world: MakeWorld, authority: Authority, own: Sink) -> None:
    world = make_world(changes=_settings(authority))
    own.always(HANG)
    task = world.submit(body={**REQUEST, "callback_url": own.url + "/mine"})
    until(lambda: _delivery(world, task)["cause"] == "timeout", "it is attempted")
    world.service.write_config({"callback_url": {"allowed_hosts": ["hooks.example.com"]}})

    world.service.reload()

    until(lambda: world.service.program.logged("reloaded"), "reloaded")
    own.always(200)
    until(lambda: _delivery(world, task)["state"] == "parked", "parked")
    parked = _delivery(world, task)
    assert parked["cause"] == "forbidden"
    assert parked["last_answer"] == "callback_url.allowed_hosts does not allow localhost"
    refused = world.post(body={**REQUEST, "callback_url": own.url + "/mine"})
    assert refused.status == 400 and "not localhost" in refused.json()["errors"][0]["message"]


def test_a_host_that_hangs_takes_no_place_of_another(make_world: MakeWorld, authority: Authority, files: ServerFiles,
                                                     own: Sink) -> None:
    hanging = Sink(tls=files)
    hanging.always(HANG)
    world = make_world(changes=_settings(authority, timeout="10s", max_in_flight=6, max_per_host=2))
    stuck = [world.submit(body={**REQUEST, "callback_url": hanging.url + "/mine"}) for _ in range(12)]
    until(lambda: len(hanging.received) == 2, "two wait there")

    tasks = [world.submit(body={**REQUEST, "callback_url": f"https://127.0.0.1:{own.port}/mine"}) for _ in range(10)]

    own.wait_for_all(tasks, within=8)
    assert len(hanging.received) == 2
    assert all(_delivery(world, task)["state"] != "delivered" for task in stuck)
    hanging.close()


def test_a_list_of_what_is_no_host_is_refused(make_world: MakeWorld) -> None:
    world = make_world(start=False, changes={"callback_url": {"allowed_hosts": ["hooks.example.com", "https://b.example"]}})

    code, says = world.service.start_refused()

    assert code == 2
    assert "callback_url.allowed_hosts: entry 1: expected a host without a port" in says
