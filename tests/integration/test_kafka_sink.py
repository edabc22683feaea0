"""Results in a Kafka topic: at least once, one id and one body for ever, whatever the brokers do."""
from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

import pytest

from support.broker_deliveries import certificate_ends, change, check, delivered, delivery_of, failing, parked
from support.certificates import Authority, ServerFiles
from support.hostile_texts import hostile_texts
from support.kafka import (HANG_UP, INVALID_RECORD, LEADER_NOT_AVAILABLE, MESSAGE_TOO_LARGE, NO_ERROR, NOT_ENOUGH_REPLICAS,
                           OUT_OF_ORDER_SEQUENCE, TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC, KafkaCluster, TlsFront)
from support.ports import free_port
from support.wait import stays, until
from support.world import REQUEST, MakeWorld, World, completed_body


@pytest.fixture
def cluster() -> Iterator[KafkaCluster]:
    made = KafkaCluster()
    yield made
    made.close()


def waiting(world: World) -> int:
    """Deliveries to Kafka that are not over."""
    sink = world.service.summary()["deliveries"]["sinks"]["events"]
    return sink["pending"] + sink["delivering"]


def test_a_result_is_one_message_with_the_tasks_key_and_what_travels_beside_it(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink()])

    task = world.submit()

    delivery = delivered(world, task)
    found = cluster.of_task(task)
    assert len(found) == 1
    assert found[0].value == world.delivered(task).body, "the same bytes as the other sink got"
    assert (found[0].key, found[0].id) == (task, delivery["id"])
    assert found[0].headers["type"] == "voice_design.completed"
    assert found[0].headers["content-type"] == "application/json"
    assert found[0].headers["traceparent"].startswith("00-")
    assert f"offset {found[0].offset}" in str(world.service.history(task))


def test_a_binary_cloudevent_has_its_attributes_as_headers(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink(format="cloudevents_binary")])

    task = world.submit()

    delivery = delivered(world, task)
    message = cluster.of_task(task)[0]
    assert message.headers["ce_specversion"] == "1.0"
    assert message.headers["ce_id"] == delivery["id"]
    assert (message.headers["ce_type"], message.headers["ce_subject"]) == ("voice_design.completed", task)
    assert message.json()["id"] == task


def test_a_delivery_counts_only_after_the_brokers_report(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink(timeout="10s")])
    cluster.produce_delays(2500)

    task = world.submit()

    world.delivered(task)
    stays(lambda: delivery_of(world, task)["state"] == "delivering", "waits for the report", 1.5)
    delivered(world, task)
    assert len(cluster.of_task(task)) == 1


def test_a_storm_of_retriable_errors_passes(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink(timeout="1s")])
    cluster.produce_errors(NOT_ENOUGH_REPLICAS, 12)
    cluster.produce_errors(LEADER_NOT_AVAILABLE, 6)
    cluster.produce_errors(HANG_UP, 2)

    tasks = world.submit_many(5)

    for task in tasks:
        delivered(world, task)
    messages = cluster.read()
    assert set(tasks) == {item.key for item in messages}
    for task in tasks:
        of_task = [item for item in messages if item.key == task]
        assert len({(item.id, item.value) for item in of_task}) == 1
        attempts = [entry["detail"] for entry in world.service.history(task)["timeline"] if entry["kind"] == "delivery_attempt"
                    and "events" in entry["detail"]]
        assert len(attempts) == delivery_of(world, task)["attempts"]
        assert "offset" in attempts[-1] and not any("offset" in earlier for earlier in attempts[:-1]), attempts


def test_a_missing_topic_is_told_and_found_when_it_is_made(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    cluster.topic_error(UNKNOWN_TOPIC)
    world = make_world(more_sinks=[cluster.sink()])
    task = world.submit()
    failing(world, task, "unknown_target")

    cluster.topic_error(NO_ERROR)

    delivered(world, task)
    assert len(cluster.of_task(task)) == 1


def test_a_user_that_may_not_write_is_told_and_delivers_when_it_may(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink()])
    cluster.produce_errors(TOPIC_AUTHORIZATION_FAILED)
    task = world.submit()

    delivery = delivered(world, task)

    assert delivery["attempts"] >= 2
    assert "authorization" in str(world.service.history(task))


def test_a_message_that_is_too_large_is_parked_with_that_cause(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink(max_message="8KiB"), cluster.sink("whole")])
    task = world.slow_task()
    ours = world.provider_task(task)

    world.post_callback(ours.callback_path, completed_body(ours.id, note="x" * 20000), **{"Content-Type": "application/json"})

    assert parked(world, task)["cause"] == "too_large"
    until(lambda: delivery_of(world, task, "whole")["state"] == "delivered", "the other sink has room for it")
    assert len(cluster.of_task(task)) == 1


def test_what_the_broker_says_is_wrong_with_a_message_parks_it(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink()])
    cluster.produce_errors(INVALID_RECORD)

    task = world.submit()

    assert parked(world, task)["cause"] == "format"
    delivered(world, world.submit())


def test_a_refused_batch_parks_none_of_its_small_messages(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink(linger="1s")])
    cluster.produce_errors(MESSAGE_TOO_LARGE)

    tasks = world.submit_many(4)

    for task in tasks:
        delivered(world, task)


def test_a_producer_that_fails_for_good_is_replaced(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink()])
    delivered(world, world.submit())
    cluster.produce_errors(OUT_OF_ORDER_SEQUENCE)

    tasks = world.submit_many(10)

    for task in tasks:
        delivered(world, task)
    assert world.service.program.logged("kafka_producer_replaced")
    assert {item.key for item in cluster.read()} >= set(tasks)


def test_the_service_starts_and_is_ready_while_the_cluster_is_gone(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    cluster.down()
    world = make_world(more_sinks=[cluster.sink()])
    task = world.submit()
    world.delivered(task)
    until(lambda: delivery_of(world, task)["cause"] in ("refused", "reset", "timeout"), "failed")
    assert world.service.public.get("/readyz").status == 200

    cluster.up()

    delivered(world, task)
    assert world.service.metrics().value("voicehook_sink_connection_errors_total", sink="events") > 0


def test_everything_arrives_after_the_cluster_was_down_for_a_while(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink()])
    before = world.submit_many(20)
    cluster.down()
    meanwhile = world.submit_many(60)
    for task in meanwhile:
        world.ended(task)
    time.sleep(4)

    cluster.up()

    until(lambda: waiting(world) == 0, "nothing waits", 60)
    counts = Counter(item.key for item in cluster.read())
    assert set(counts) == {*before, *meanwhile}
    assert not world.service.summary()["deliveries"]["sinks"]["events"]["parked"]


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.12, 0.2, 0.35, 0.6])
def test_a_kill_loses_nothing_and_doubles_only_what_was_not_recorded(make_world: MakeWorld, cluster: KafkaCluster, moment: float) -> None:
    world = make_world(more_sinks=[cluster.sink(max_in_flight=16)], changes={"polling": {"first_after": "2s"}})
    cluster.delay(60)
    tasks = world.submit_many(60, workers=16)
    time.sleep(moment)

    world.service.kill()
    cluster.down()
    world.service.start()
    recorded = {task for task in tasks if state_of(world, task) == "delivered"}
    cluster.up()
    for task in tasks:
        delivered(world, task, within=60)

    messages = cluster.read()
    counts = Counter(item.id for item in messages)
    assert {item.key for item in messages} == set(tasks)
    assert len(counts) == len(tasks), "one id for each delivery, for ever"
    assert all(len({item.value for item in messages if item.id == one}) == 1 for one in counts)
    doubles = {item.key for item in messages if counts[item.id] > 1}
    assert not doubles & recorded, "what had been recorded as delivered never comes again"
    assert len(messages) - len(counts) <= 16, "at most what was under way comes twice"


def state_of(world: World, task: str) -> str | None:
    """None: the task has not ended."""
    return next((item["state"] for item in world.service.deliveries(task) if item["sink"] == "events"), None)


def test_a_stop_under_load_gives_every_delivery_back(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink()], changes={"server": {"drain": "1s"}, "polling": {"first_after": "2s"}})
    cluster.delay(400)
    tasks = world.submit_many(80, workers=16)

    code = world.service.terminate()
    world.service.start()

    assert code == 0
    for task in tasks:
        delivered(world, task, within=60)
    assert {item.key for item in cluster.read()} == set(tasks)


def test_a_stop_while_the_brokers_hang_ends_in_time(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink(timeout="60s")], changes={"server": {"drain": "1s"}})
    delivered(world, world.submit())
    cluster.delay(30000)
    task = world.submit()
    until(lambda: delivery_of(world, task)["state"] == "delivering", "under way")
    begin = time.monotonic()

    code = world.service.terminate()

    assert code == 0
    assert time.monotonic() - begin < 10


def test_a_reload_replaces_the_sink_while_its_brokers_hang(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink(timeout="4s")])
    delivered(world, world.submit())
    cluster.delay(20000)
    stuck = world.submit_many(10)
    until(lambda: delivery_of(world, stuck[0])["state"] == "delivering", "under way")
    better = KafkaCluster()
    sinks = world.service.settings["sinks"]

    world.service.write_config({"sinks": [sinks[0], better.sink()]})
    world.service.reload()
    until(lambda: world.service.program.logged("reloaded"), "reloaded")
    task = world.submit()

    until(lambda: better.of_task(task), "the new brokers get it")
    assert world.service.public.get("/readyz").status == 200
    until(lambda: waiting(world) == 0, "the stuck ones come too", 40)
    assert {item.key for item in better.read()} >= set(stuck)
    better.close()


def check_with(world: World, cluster: KafkaCluster, **changes: Any) -> tuple[int, str]:
    change(world, {**cluster.sink(), **changes})
    return check(world, secret="hunter2")


def test_everything_goes_over_tls_with_a_certificate_of_our_own(make_world: MakeWorld, cluster: KafkaCluster, authority: Authority,
                                                              files: ServerFiles) -> None:
    front = TlsFront(cluster, files, client_ca=authority.file)
    trust = {"brokers": front.brokers, "tls": True, "ca_file": str(authority.file)}
    ours = {"client_certificate": str(files.certificate), "client_key": str(files.key)}
    world = make_world(more_sinks=[cluster.sink(**trust, **ours)])

    task = world.submit()

    delivered(world, task)
    assert len(cluster.of_task(task)) == 1
    assert certificate_ends(world) == files.ends()
    assert check_with(world, cluster, **trust, **ours)[1] == "ok"
    assert "TLS failed" in check_with(world, cluster, **trust)[1], "without a certificate"
    front.close()


def test_brokers_that_nobody_vouches_for_get_nothing(make_world: MakeWorld, cluster: KafkaCluster, authority: Authority,
                                                    files: ServerFiles, tmp_path: Path) -> None:
    front = TlsFront(cluster, files)
    elsewhere = TlsFront(cluster, authority.server("elsewhere", "subjectAltName=DNS:elsewhere.example"))
    stranger = Authority(tmp_path / "stranger", "stranger")
    world = make_world(more_sinks=[cluster.sink(brokers=front.brokers, tls=True, ca_file=str(stranger.file))])
    task = world.submit()

    failing(world, task, "tls")
    unknown = check_with(world, cluster, brokers=front.brokers, tls=True, ca_file=str(stranger.file))
    wrong_name = check_with(world, cluster, brokers=elsewhere.brokers, tls=True, ca_file=str(authority.file))
    no_tls = check_with(world, cluster, brokers=front.brokers)
    no_login = check_with(world, cluster, username="voicehook", password="hunter2")

    assert "TLS failed: check tls, ca_file" in unknown[1] and "verif" in unknown[1], unknown
    assert "TLS failed" in wrong_name[1], wrong_name
    assert "whether they want tls or a login" in no_tls[1], no_tls
    assert no_login[0] != 0 and "topic results: " in no_login[1], no_login
    assert cluster.read() == []
    front.close()
    elsewhere.close()


def test_check_tries_the_brokers_and_says_what_to_change(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink()], start=False)

    good = check_with(world, cluster)
    cluster.topic_error(UNKNOWN_TOPIC)
    missing = check_with(world, cluster)
    elsewhere = check_with(world, cluster, brokers=[f"127.0.0.1:{free_port()}"])
    unknown = check_with(world, cluster, properties=[{"name": "compresion.codec", "value": "zstd"}])
    mistaken = check_with(world, cluster, properties=[{"name": "compression.codec", "value": "zip"}])
    owned = check_with(world, cluster, properties=[{"name": "acks", "value": "0"}])

    assert good[1] == "ok"
    assert "create the topic or change topic" in missing[1] and missing[0] != 0
    assert "check brokers" in elsewhere[1] and "refused" in elsewhere[1], elsewhere
    assert "properties[0]" in unknown[1] and "compresion.codec" in unknown[1], unknown
    assert "properties[0]" in mistaken[1] and "compression.codec" in mistaken[1], mistaken
    assert "properties[0].name" in owned[1] and "every replica" in owned[1], owned
    cluster.topic_error(NO_ERROR)
    assert cluster.read() == []


def test_hostile_texts_stay_inside_the_value(make_world: MakeWorld, cluster: KafkaCluster) -> None:
    world = make_world(more_sinks=[cluster.sink(format="cloudevents_binary", max_in_flight=64)])
    texts = [item.text for item in hostile_texts() if item.is_unicode][::4]

    tasks = [answer.json()["id"] for text in texts
             if (answer := world.post(body={**REQUEST, "metadata": text, "preview_text": text or "x"})).status in (200, 202)]

    assert len(tasks) > 50
    until(lambda: waiting(world) == 0, "nothing waits", 60)
    messages = {item.key: item for item in cluster.read()}
    assert set(messages) == set(tasks)
    names = {"webhook-id", "type", "content-type", "traceparent", "voicehook-task-traceparent", "ce_specversion", "ce_id",
             "ce_source", "ce_type", "ce_subject", "ce_time"}
    for task, message in messages.items():
        assert set(message.headers) == names
        assert all(value.isprintable() for value in message.headers.values())
        assert message.json()["id"] == task
