"""What only a real broker shows: its logins, its limits, and that it drops what a producer sends twice."""
from __future__ import annotations

from collections import Counter
from typing import Any, Iterator

import pytest

from support.certificates import Authority
from support.kafka_broker import PASSWORD, USER, KafkaBroker, jars
from support.wait import until
from support.world import MakeWorld, World

pytestmark = pytest.mark.skipif(not jars(), reason="set VOICEHOOK_KAFKA_JARS: tests/kafka/README.md")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    folder = tmp_path_factory.mktemp("kafka")
    authority = Authority(folder / "certificates")
    made = KafkaBroker(folder / "broker", authority)
    yield made
    made.close()


def delivery_of(world: World, task: str) -> dict[str, Any]:
    return [item for item in world.service.deliveries(task) if item["sink"] == "events"][0]


def reaches(world: World, task: str, state: str, within: float = 30.0) -> dict[str, Any]:
    def ask() -> dict[str, Any] | None:
        found = delivery_of(world, task)
        return found if found["state"] == state else None

    return until(ask, f"{task} is {state}", within)


def all_reach(world: World, tasks: list[str], within: float = 60.0) -> None:
    for task in tasks:
        world.ended(task)
        reaches(world, task, "delivered", within)


def doubles(broker: KafkaBroker, topic: str, tasks: list[str]) -> int:
    """How many messages are there twice; all of one delivery are the same."""
    found = broker.read(topic)
    counts = Counter(item.id for item in found)
    assert {item.key for item in found} == set(tasks)
    assert len(counts) == len(tasks), "one id for each delivery, for ever"
    assert all(len({item.value for item in found if item.id == one}) == 1 for one in counts)
    return len(found) - len(counts)


def test_logs_in_by_scram_over_tls_and_a_wrong_password_is_told(make_world: MakeWorld, broker: KafkaBroker) -> None:
    broker.create("secured")
    secured = broker.sink(brokers=broker.secured, topic="secured", tls=True, ca_file=str(broker.authority.file),
                          mechanism="SCRAM-SHA-512", username=USER, password=PASSWORD)
    world = make_world(more_sinks=[{**secured, "password": "guess"}])
    task = world.submit()
    until(lambda: delivery_of(world, task)["cause"] == "unauthorized", "the broker refuses us", 30)

    world.service.write_config({"sinks": [world.service.settings["sinks"][0], secured]})
    world.service.reload()

    reaches(world, task, "delivered", 60)
    assert doubles(broker, "secured", [task]) == 0
    logged = world.service.program.err.read_text()
    assert "guess" not in logged and PASSWORD not in logged


def test_a_message_that_the_broker_finds_too_large_is_parked_with_that_cause(make_world: MakeWorld, broker: KafkaBroker) -> None:
    broker.create("narrow", max_message_bytes=300)
    world = make_world(more_sinks=[broker.sink(topic="narrow")])

    parked = reaches(world, world.submit(), "parked")

    assert parked["cause"] == "too_large"
    assert broker.read("narrow") == []


def test_a_topic_that_is_not_there_is_told_and_found_when_it_is_made(make_world: MakeWorld, broker: KafkaBroker) -> None:
    world = make_world(more_sinks=[broker.sink(topic="late")])
    task = world.submit()
    until(lambda: delivery_of(world, task)["cause"] == "unknown_target", "told", 30)

    broker.create("late")

    reaches(world, task, "delivered", 60)


def test_a_broker_that_dies_under_load_has_each_delivery_once(make_world: MakeWorld, broker: KafkaBroker) -> None:
    broker.create("steady")
    world = make_world(more_sinks=[broker.sink(topic="steady", timeout="20s", max_in_flight=32)])
    tasks = world.submit_many(100)
    broker.stop()
    tasks += world.submit_many(100)
    broker.start()
    tasks += world.submit_many(50)

    all_reach(world, tasks, 90)

    attempts = sum(delivery_of(world, task)["attempts"] for task in tasks)
    assert doubles(broker, "steady", tasks) <= attempts - len(tasks), "twice at most what was attempted twice"


def test_a_service_that_dies_under_load_repeats_only_what_was_under_way(make_world: MakeWorld, broker: KafkaBroker) -> None:
    broker.create("killed")
    world = make_world(more_sinks=[broker.sink(topic="killed", max_in_flight=16)], changes={"polling": {"first_after": "2s"}})
    tasks: list[str] = []
    for _ in range(3):
        tasks += world.submit_many(60, workers=16)
        world.service.kill()
        world.service.start()

    all_reach(world, tasks, 90)

    assert doubles(broker, "killed", tasks) <= 3 * 16
