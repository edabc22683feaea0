"""What every type of sink keeps: at least once, one id and one body for ever, attempts told in their order."""
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterator

import pytest

from support import broker_deliveries
from support.far_sides import DEDUPING, FAR_SIDES, FarSide
from support.wait import until
from support.world import MakeWorld, World

TASKS = 30


@pytest.fixture(params=FAR_SIDES)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def far_side(kind: str, tmp_path: Path) -> Iterator[FarSide]:
    made = FAR_SIDES[kind](tmp_path)
    yield made
    made.close()


@pytest.fixture
def world(make_world: MakeWorld, far_side: FarSide, kind: str) -> World:
    waits = {"retry": {"first": "100ms", "longest": "1s"}} | ({} if kind == "file" else {"timeout": "3s"})
    return make_world(more_sinks=[{"name": "far", "max_in_flight": 8, **waits, **far_side.settings}])


def delivery_of(world: World, task: str) -> dict[str, Any]:
    return broker_deliveries.delivery_of(world, task, "far")


def all_delivered(world: World, tasks: list[str], within: float = 60.0) -> None:
    def waiting() -> int:
        told = world.service.summary()["deliveries"]["sinks"]["far"]
        return told["pending"] + told["delivering"]

    for task in tasks:
        world.ended(task)
    until(lambda: waiting() == 0, "nothing waits for the far side", within, every=0.1)
    assert {delivery_of(world, task)["state"] for task in tasks} == {"delivered"}


def copies_by_task(far_side: FarSide) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for copy in far_side.received():
        found.setdefault(json.loads(copy.body)["data"]["id"], []).append(copy)
    return found


def check_copies(world: World, far_side: FarSide, tasks: list[str]) -> dict[str, list[Any]]:
    """Each task is there, under its delivery's id, with the very bytes that every other sink of the format gets."""
    copies = copies_by_task(far_side)
    assert set(copies) == set(tasks)
    for task in tasks:
        expected = world.sink.wait_for(task)[0].body
        assert {copy.body for copy in copies[task]} == {expected}
        assert {copy.id for copy in copies[task]} <= {delivery_of(world, task)["id"], None}
    return copies


def test_each_result_arrives_once_under_its_id_with_its_bytes(world: World, far_side: FarSide) -> None:
    tasks = world.submit_many(TASKS)

    all_delivered(world, tasks)

    copies = check_copies(world, far_side, tasks)
    assert {len(found) for found in copies.values()} == {1}
    world.service.check_conservation()


def test_a_process_that_dies_in_the_middle_loses_nothing_and_repeats_only_what_was_under_way(world: World, far_side: FarSide,
                                                                                             kind: str) -> None:
    world.service.ops.post("/ops/v1/sinks/far/pause", {"reason": "to have a stock"})
    tasks = world.submit_many(TASKS * 3)
    for task in tasks:
        world.ended(task)
    world.service.ops.post("/ops/v1/sinks/far/resume")
    until(lambda: far_side.received(), "the first arrives", every=0.01)

    world.service.kill()
    world.service.start()

    all_delivered(world, tasks)
    copies = check_copies(world, far_side, tasks)
    repeated = sum(len(found) - 1 for found in copies.values())
    assert repeated <= (0 if kind in DEDUPING else 64), f"{repeated} second copies: more than can have been under way"
    world.service.check_conservation()


def test_while_it_is_away_attempts_are_told_in_order_and_afterwards_everything_arrives(world: World, far_side: FarSide) -> None:
    before = world.submit()
    all_delivered(world, [before])
    far_side.leave()

    tasks = world.submit_many(10)
    until(lambda: any(delivery_of(world, task)["attempts"] >= 2 for task in tasks), "one has failed twice", 60, every=0.2)
    far_side.come_back()

    all_delivered(world, tasks, within=90)
    check_copies(world, far_side, [before, *tasks])
    for task in tasks:
        attempts = [entry["detail"] for entry in world.service.history(task)["timeline"]
                    if entry["kind"] == "delivery_attempt" and entry["detail"].startswith("far: ")]
        numbers = [int(re.match(r"far: attempt (\d+), ", detail)[1]) for detail in attempts]  # type: ignore[index]
        assert numbers == list(range(1, delivery_of(world, task)["attempts"] + 1)), attempts
    world.service.check_conservation()


@pytest.mark.parametrize("kind", ["kafka", "redis", "nats"], indirect=True)
def test_a_broker_that_is_gone_at_the_start_is_shown_as_down_and_found_without_a_delivery(make_world: MakeWorld, far_side: FarSide,
                                                                                         kind: str) -> None:
    far_side.leave()
    world = make_world(more_sinks=[{"name": "far", "timeout": "2s", **far_side.settings}])

    def health() -> dict[str, Any]:
        return world.service.summary()["deliveries"]["sinks"]["far"]["health"]

    down = until(lambda: (found := health())["breaker"] != "closed" and found, "it is shown as down", 20)
    task = world.submit()

    assert down["problem"], kind
    assert world.service.metrics().value("voicehook_sink_breaker_open", sink="far") == 1
    world.delivered(task)
    assert world.service.public.get("/readyz").status == 200
    far_side.come_back()
    until(lambda: health()["breaker"] == "closed", "it is found again", 60, every=0.2)
    all_delivered(world, [task])
    assert len(world.service.program.logged("sink_down")) == 1
