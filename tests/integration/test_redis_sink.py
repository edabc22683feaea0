"""Results as entries of a Redis stream, with a real server: at least once, one id and one body for ever."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

import pytest

from support.broker_deliveries import certificate_ends, change, check, delivered, delivery_of, failing, parked, remove
from support.certificates import Authority, ServerFiles
from support.hostile_texts import hostile_texts
from support.ports import free_port
from support.redis import Redis
from support.wait import until
from support.world import MakeWorld, World, completed_body

STREAM = "voicehook:results"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    made = Redis(tmp_path / "redis")
    yield made
    made.close()


def sink(server: Redis, **more: Any) -> dict[str, Any]:
    return {"name": "events", "type": "redis", "url": server.url, "stream": STREAM, "timeout": "5s",
            "retry": {"first": "100ms", "longest": "1s"}, **more}


def test_a_result_becomes_an_entry_with_the_same_bytes_as_anywhere_else(make_world: MakeWorld, redis: Redis) -> None:
    binary = sink(redis, name="binary", stream="events", format="cloudevents_binary")
    world = make_world(more_sinks=[sink(redis), binary])

    task = world.submit()

    over_http = world.delivered_once(task)
    entry, event = redis.wait_for(STREAM, task), redis.wait_for("events", task)
    assert [name for name, _ in entry.fields] == [b"id", b"type", b"content_type", b"traceparent", b"data"]
    assert entry["data"] == over_http.body
    assert entry["type"] == b"voice_design.completed"
    assert entry["content_type"].decode() == over_http.headers["content-type"]
    assert entry["id"].decode() == delivery_of(world, task)["id"]
    assert {name: value.decode() for name, value in event.fields if name.startswith(b"ce_")} == {
        b"ce_specversion": "1.0", b"ce_id": delivery_of(world, task, "binary")["id"], b"ce_source": "voicehook",
        b"ce_type": "voice_design.completed", b"ce_subject": task, b"ce_time": json.loads(entry["data"])["timestamp"]}
    assert json.loads(event["data"]) == json.loads(entry["data"])["data"]
    attempt = next(item for item in world.service.history(task)["timeline"] if f"entry {entry.id}" in json.dumps(item))
    assert attempt
    assert redis.ask("CLIENT", "LIST").count(b"name=voicehook") == 2


def test_many_results_share_one_connection_and_the_stream_is_kept_short(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis, max_length=100)])

    tasks = world.submit_many(300, workers=16)

    for task in tasks[-20:]:
        world.settled(task, within=30)
    until(lambda: world.service.summary()["deliveries"]["sinks"]["events"]["pending"] == 0, "nothing is pending", 30)
    assert 100 <= len(redis.entries(STREAM)) < 300
    assert redis.ask("CLIENT", "LIST").count(b"name=voicehook") == 1


def test_a_server_that_is_gone_at_the_start_keeps_nobody_from_starting(make_world: MakeWorld, tmp_path: Path) -> None:
    server = Redis(tmp_path / "later", start=False)
    world = make_world(more_sinks=[sink(server)])
    task = world.submit()
    world.delivered(task)
    failed = failing(world, task, "refused")
    assert failed["state"] in ("pending", "delivering")

    server.start()

    delivered(world, task)
    assert len(server.of_task(STREAM, task)) == 1
    server.close()


def test_everything_arrives_after_an_outage_and_every_attempt_is_told(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis)])
    first = world.submit()
    delivered(world, first)
    redis.stop()
    tasks = world.submit_many(30)
    for task in tasks:
        world.ended(task)
    failing(world, tasks[0], "refused")

    redis.start()

    for task in tasks:
        delivered(world, task)
        assert {entry["id"].decode() for entry in redis.of_task(STREAM, task)} == {delivery_of(world, task)["id"]}
    assert len(redis.of_task(STREAM, first)) == 1
    delivery = delivery_of(world, tasks[0])
    attempts = [entry for entry in world.service.history(tasks[0])["timeline"] if entry["kind"].startswith("delivery") and "events" in json.dumps(entry)]
    assert delivery["attempts"] >= 2
    assert len(attempts) >= delivery["attempts"]
    assert [entry["at"] for entry in attempts] == sorted(entry["at"] for entry in attempts)


def test_nothing_is_lost_when_voicehook_is_killed_in_the_middle(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis, max_in_flight=4, deliveries_per_second=50)], changes={"polling": {"first_after": "1s"}})
    tasks = world.submit_many(60, workers=16)
    until(lambda: redis.ask("XLEN", STREAM) >= 10, "some are there")

    world.service.kill()
    world.service.start()

    for task in tasks:
        world.ended(task)
        delivered(world, task)
        found = redis.of_task(STREAM, task)
        assert found, f"{task} is lost"
        assert {(entry["id"], entry["data"]) for entry in found} == {(delivery_of(world, task)["id"].encode(), found[0]["data"])}


def test_nothing_is_lost_when_voicehook_is_asked_to_end_under_load(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis, max_in_flight=2, deliveries_per_second=30)])
    tasks = world.submit_many(60, workers=16)
    until(lambda: redis.ask("XLEN", STREAM) >= 5, "some are there")

    assert world.service.terminate() == 0
    world.service.start()

    for task in tasks:
        world.ended(task)
        delivered(world, task)
        assert len(redis.of_task(STREAM, task)) == 1, "an orderly end is no reason for a second entry"


def test_a_server_that_hangs_stalls_neither_a_reload_nor_the_end(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis, timeout="30s")], changes={"server": {"drain": "1s"}})
    delivered(world, world.submit())
    redis.freeze()
    hanging = world.submit()
    world.delivered(hanging)

    change(world, sink(redis, timeout="2s"))
    world.service.reload()

    until(lambda: world.service.metrics().value("voicehook_reloads_total", result="ok") == 1, "reloaded")
    beside = world.submit()
    world.delivered(beside)
    failing(world, beside, "timeout")
    assert world.service.terminate(within=10) == 0
    redis.thaw()
    world.service.start()
    for task in (hanging, beside):
        delivered(world, task)
        assert {entry["id"].decode() for entry in redis.of_task(STREAM, task)} == {delivery_of(world, task)["id"]}


def test_a_user_and_what_it_may(make_world: MakeWorld, tmp_path: Path) -> None:
    server = Redis(tmp_path / "users", users=[f"user voicehook on >right ~{STREAM} +xadd"])
    world = make_world(more_sinks=[sink(server, username="voicehook", password="wrong")])
    task = world.submit()
    failed = failing(world, task, "unauthorized")
    assert "check username and password" in failed["last_answer"]
    assert "wrong" not in world.service.program.err.read_text().replace("WRONGPASS", "")
    assert check(world) == (2, "reach sink events: " + failed["last_answer"])

    change(world, sink(server, username="voicehook", password="right"))
    assert check(world) == (0, "ok")
    world.service.reload()

    delivered(world, task)
    server.ask("ACL", "SETUSER", "voicehook", "resetkeys", "~elsewhere")
    other = world.submit()
    assert "+xadd" in failing(world, other, "unauthorized")["last_answer"]
    server.ask("ACL", "SETUSER", "voicehook", "resetkeys", f"~{STREAM}")
    delivered(world, other)
    server.close()


def test_a_login_that_is_missing_and_one_that_nobody_asked_for(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis, password="nobody asked")])
    task = world.submit()
    assert "has no password" in failing(world, task, "unauthorized")["last_answer"]

    redis.ask("CONFIG", "SET", "requirepass", "nobody asked")

    delivered(world, task)
    change(world, sink(redis))
    status, said = check(world)
    assert status == 2 and "set password" in said


def test_a_result_that_is_too_large_is_parked_and_the_others_go_on(make_world: MakeWorld, tmp_path: Path) -> None:
    server = Redis(tmp_path / "small", options=["--proto-max-bulk-len", "1mb"])
    world = make_world(more_sinks=[sink(server)], changes={"callbacks": {"max_body": "4MiB"}})
    large = world.slow_task()
    provider_task = world.provider_task(large)
    body = completed_body(provider_task.id, result_data={"voice": "v" * (2 * 1024 * 1024)})
    assert world.post_callback(provider_task.callback_path, body).status == 200

    found = parked(world, large)
    after = world.submit()

    assert found["cause"] == "too_large" and "proto-max-bulk-len" in found["last_answer"]
    delivered(world, after)
    assert len(server.entries(STREAM)) == 1
    server.close()


def test_a_key_that_holds_something_else(make_world: MakeWorld, redis: Redis) -> None:
    redis.ask("SET", STREAM, "taken")
    world = make_world(more_sinks=[sink(redis)])
    task = world.submit()
    assert "another for stream" in failing(world, task, "unknown_target")["last_answer"]
    status, said = check(world)
    assert status == 2 and "holds a string: use another for stream" in said

    redis.ask("DEL", STREAM)

    assert check(world) == (0, "ok")
    assert redis.ask("EXISTS", STREAM) in (0, 1)
    delivered(world, task)


def test_a_look_leaves_nothing_behind(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis)], start=False)

    assert check(world)[1] == "ok"

    assert redis.ask("DBSIZE") == 0


def test_a_database_that_is_not_there_and_one_that_is(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis, url=redis.url + "/99")])
    task = world.submit()
    assert "no such database" in failing(world, task, "unknown_target")["last_answer"]

    change(world, sink(redis, url=redis.url + "/3"))
    world.service.reload()

    delivered(world, task)
    assert redis.entries(STREAM) == []
    client = redis.client()
    client.ask("SELECT", 3)
    assert client.ask("XLEN", STREAM) == 1
    client.close()


def test_memory_that_is_full_is_waited_for(make_world: MakeWorld, redis: Redis) -> None:
    redis.ask("CONFIG", "SET", "maxmemory", "1")
    world = make_world(more_sinks=[sink(redis)])
    task = world.submit()
    assert failing(world, task, "unavailable")["last_answer"].startswith("OOM")
    assert check(world)[0] == 2

    redis.ask("CONFIG", "SET", "maxmemory", "0")

    delivered(world, task)


def test_a_server_that_became_a_replica_is_connected_to_anew(make_world: MakeWorld, redis: Redis) -> None:
    def connection() -> bytes:
        line, = [line for line in redis.ask("CLIENT", "LIST").splitlines() if b" name=voicehook " in line]
        return line.split()[0]

    world = make_world(more_sinks=[sink(redis)])
    delivered(world, world.submit())
    first = connection()
    redis.ask("REPLICAOF", "127.0.0.1", free_port())
    task = world.submit()
    assert "url must name the primary" in failing(world, task, "unavailable")["last_answer"]

    redis.ask("REPLICAOF", "NO", "ONE")

    delivered(world, task)
    assert connection() != first, "the name may lead to another server by now"


def test_tls_with_an_authority_that_is_known_and_with_one_that_is_not(make_world: MakeWorld, tmp_path: Path, authority: Authority,
                                                                     files: ServerFiles) -> None:
    server = Redis(tmp_path / "tls", authority, files, users=["user voicehook on >right ~* +xadd +type"])
    login = {"username": "voicehook", "password": "right"}
    world = make_world(more_sinks=[sink(server, **login)])
    task = world.submit()
    assert "certificate" in failing(world, task, "tls")["last_answer"]
    status, said = check(world)
    assert status == 2 and "certificate" in said

    change(world, sink(server, ca_file=str(authority.file), **login))
    assert check(world) == (0, "ok")
    world.service.reload()

    delivered(world, task)
    assert len(server.of_task(STREAM, task)) == 1
    server.close()


def test_a_server_that_knows_its_clients_by_their_certificates(make_world: MakeWorld, tmp_path: Path, authority: Authority,
                                                               files: ServerFiles) -> None:
    server = Redis(tmp_path / "mutual", authority, files, strangers="refused")
    mine = authority.server("client")
    world = make_world(more_sinks=[sink(server, ca_file=str(authority.file))])
    task = world.submit()
    until(lambda: delivery_of(world, task)["attempts"] >= 2, "it fails")
    assert check(world)[0] == 2
    assert certificate_ends(world) == 0

    shown = sink(server, ca_file=str(authority.file), client_certificate=str(mine.certificate), client_key=str(mine.key))
    change(world, shown)
    assert check(world) == (0, "ok")
    world.service.reload()

    delivered(world, task)
    tasks = world.submit_many(20)
    for other in tasks:
        world.ended(other)
        delivered(world, other)
    assert server.ask("INFO", "clients") and server.ask("CLIENT", "LIST").count(b"name=voicehook") == 1
    assert certificate_ends(world) == mine.ends()
    remove(world)
    until(lambda: certificate_ends(world) == 0, "the sink is gone, and what it showed")
    server.close()


def test_the_connection_has_figures(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis)])
    delivered(world, world.submit())
    until(lambda: world.service.metrics().value("voicehook_sink_broker_rtt_seconds", sink="events") > 0, "a round trip is told")
    assert world.service.metrics().value("voicehook_sink_connection_errors_total", sink="events") == 0
    redis.stop()

    failing(world, world.submit(), "refused")

    assert world.service.metrics().value("voicehook_sink_connection_errors_total", sink="events") >= 1
    remove(world)
    until(lambda: world.service.metrics().value("voicehook_sink_broker_rtt_seconds", sink="events") == 0, "gone with the sink")


def test_hostile_texts_arrive_as_they_are(make_world: MakeWorld, redis: Redis) -> None:
    world = make_world(more_sinks=[sink(redis, format="verbatim")], changes={"callbacks": {"max_body": "1MiB"}})
    task = world.slow_task()
    provider_task = world.provider_task(task)
    texts = [item.text for item in hostile_texts() if item.is_unicode]
    assert len(texts) >= 500
    body = completed_body(provider_task.id, result_data={"voice": "v", "texts": texts, "raw": "\0\r\n*1\r\n$8\r\nFLUSHALL\r\n"})
    assert world.post_callback(provider_task.callback_path, body).status == 200

    delivered(world, task)
    assert [entry["data"] for entry in redis.entries(STREAM)] == [body]
