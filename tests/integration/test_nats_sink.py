"""Results as messages of a JetStream stream, with a real server: one message per delivery, whatever happens meanwhile."""
from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

import pytest

from support.broker_deliveries import certificate_ends, change, check, delivered, delivery_of, failing, parked
from support.certificates import Authority, ServerFiles
from support.hostile_texts import hostile_texts
from support.nats import Nats, executable
from support.nats_users import Operator
from support.wait import until
from support.world import MakeWorld, World, completed_body

pytestmark = pytest.mark.skipif(not executable(), reason="no nats-server")
STREAM, SUBJECT = "RESULTS", "voicehook.results"


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Nats]:
    made = Nats(tmp_path / "nats")
    made.make_stream(STREAM, SUBJECT)
    yield made
    made.close()


def sink(server: Nats, **more: Any) -> dict[str, Any]:
    return {"name": "events", "type": "nats", "servers": [server.url], "subject": SUBJECT, "timeout": "5s",
            "retry": {"first": "100ms", "longest": "1s"}, **more}


def one_of_each(world: World, server: Nats, tasks: list[str], stream: str = STREAM) -> None:
    """Every delivery is in the stream exactly once, under its id and with the bytes that the other sink got."""
    ids = {task: delivered(world, task)["id"] for task in tasks}
    messages = server.messages(stream)
    assert Counter(message.headers["Nats-Msg-Id"] for message in messages) == Counter(ids.values())
    by_id = {message.headers["Nats-Msg-Id"]: message.data for message in messages}
    for task in tasks:
        assert by_id[ids[task]] == world.sink.of_task(task)[0].body


def test_a_result_becomes_a_message_with_the_same_bytes_as_anywhere_else(make_world: MakeWorld, nats: Nats) -> None:
    nats.make_stream("EVENTS", "voicehook.events.>")
    binary = sink(nats, name="binary", subject="voicehook.events.{caller}.{status}", format="cloudevents_binary")
    world = make_world(more_sinks=[sink(nats), binary])

    task = world.submit()

    over_http = world.delivered_once(task)
    delivery, event_delivery = delivered(world, task), delivered(world, task, "binary")
    message, = nats.messages(STREAM)
    event, = nats.messages("EVENTS")
    assert message.data == over_http.body
    assert (message.subject, event.subject) == (SUBJECT, "voicehook.events.ann.completed")
    assert set(message.headers) == {"Nats-Msg-Id", "Content-Type", "Voicehook-Type", "traceparent"}
    assert message.headers["Nats-Msg-Id"] == delivery["id"]
    assert message.headers["Content-Type"] == over_http.headers["content-type"]
    assert message.headers["Voicehook-Type"] == "voice_design.completed"
    assert {name: value for name, value in event.headers.items() if name.startswith("ce-")} == {
        "ce-specversion": "1.0", "ce-id": event_delivery["id"], "ce-source": "voicehook", "ce-type": "voice_design.completed",
        "ce-subject": task, "ce-time": json.loads(message.data)["timestamp"]}
    assert json.loads(event.data) == json.loads(message.data)["data"]
    assert "message 1 of RESULTS" in json.dumps(world.service.history(task)["timeline"])


def test_many_results_share_one_connection(make_world: MakeWorld, nats: Nats) -> None:
    world = make_world(more_sinks=[sink(nats)])

    tasks = world.submit_many(200, workers=16)

    for task in tasks:
        world.ended(task)
    one_of_each(world, nats, tasks)


def test_a_server_that_is_gone_at_the_start_keeps_nobody_from_starting(make_world: MakeWorld, tmp_path: Path) -> None:
    server = Nats(tmp_path / "later", start=False)
    world = make_world(more_sinks=[sink(server)])
    task = world.submit()
    world.delivered(task)
    assert failing(world, task, "refused")["state"] in ("pending", "delivering")

    server.start()
    server.make_stream(STREAM, SUBJECT)

    one_of_each(world, server, [task])
    server.close()


def test_everything_arrives_once_after_an_outage_and_every_attempt_is_told(make_world: MakeWorld, nats: Nats) -> None:
    world = make_world(more_sinks=[sink(nats)])
    first = world.submit()
    delivered(world, first)
    nats.stop()
    tasks = world.submit_many(30)
    for task in tasks:
        world.ended(task)
    failing(world, tasks[0], "refused")

    nats.start()

    one_of_each(world, nats, [first, *tasks])
    delivery = delivery_of(world, tasks[0])
    attempts = [entry for entry in world.service.history(tasks[0])["timeline"] if entry["kind"].startswith("delivery") and "events" in json.dumps(entry)]
    assert delivery["attempts"] >= 2
    assert len(attempts) >= delivery["attempts"]
    assert [entry["at"] for entry in attempts] == sorted(entry["at"] for entry in attempts)


@pytest.mark.parametrize("stored", [1, 15, 30])
def test_the_stream_has_one_of_each_when_voicehook_is_killed_in_the_middle(make_world: MakeWorld, nats: Nats, stored: int) -> None:
    world = make_world(more_sinks=[sink(nats, max_in_flight=8, deliveries_per_second=100)], changes={"polling": {"first_after": "1s"}})
    tasks = world.submit_many(60, workers=16)
    until(lambda: nats.count(STREAM) >= stored, f"{stored} are there", every=0.002)

    world.service.kill()
    world.service.start()

    for task in tasks:
        world.ended(task)
    one_of_each(world, nats, tasks)


def test_an_answer_that_is_lost_makes_no_second_message(make_world: MakeWorld, nats: Nats) -> None:
    """The server stands still between taking the message and answering: the attempt fails, the next one is a duplicate."""
    world = make_world(more_sinks=[sink(nats, timeout="500ms", max_in_flight=1)])
    delivered(world, world.submit())
    nats.freeze()
    task = world.submit()
    failing(world, task, "timeout")

    nats.thaw()

    delivered(world, task)
    assert len(nats.of_task(STREAM, task)) == 1
    assert delivery_of(world, task)["attempts"] >= 2


def test_nothing_is_lost_when_voicehook_is_asked_to_end_under_load(make_world: MakeWorld, nats: Nats) -> None:
    world = make_world(more_sinks=[sink(nats, max_in_flight=2, deliveries_per_second=30)])
    tasks = world.submit_many(60, workers=16)
    until(lambda: nats.count(STREAM) >= 5, "some are there")

    assert world.service.terminate() == 0
    world.service.start()

    for task in tasks:
        world.ended(task)
    one_of_each(world, nats, tasks)


def test_a_server_that_hangs_stalls_neither_a_reload_nor_the_end(make_world: MakeWorld, nats: Nats) -> None:
    world = make_world(more_sinks=[sink(nats, timeout="30s")], changes={"server": {"drain": "1s"}})
    first = world.submit()
    delivered(world, first)
    nats.freeze()
    hanging = world.submit()
    world.delivered(hanging)

    change(world, sink(nats, timeout="2s"))
    world.service.reload()

    until(lambda: world.service.metrics().value("voicehook_reloads_total", result="ok") == 1, "reloaded")
    beside = world.submit()
    world.delivered(beside)
    failing(world, beside, "timeout")
    assert world.service.terminate(within=10) == 0
    nats.thaw()
    world.service.start()
    one_of_each(world, nats, [first, hanging, beside])


def test_users_with_a_password(make_world: MakeWorld, tmp_path: Path) -> None:
    server = Nats(tmp_path / "users", login=lambda _: {"user": "admin", "pass": "admin"}, more=[
        'authorization { users: [ { user: admin, password: admin },'
        f' {{ user: voicehook, password: "ri\\"ght", permissions: {{ publish: ["{SUBJECT}"], subscribe: ["_INBOX.>"] }} }} ] }}'])
    server.make_stream(STREAM, SUBJECT)
    world = make_world(more_sinks=[sink(server, username="voicehook", password="wrong")])
    task = world.submit()
    failed = failing(world, task, "unauthorized")
    assert "check credentials_file, username and password" in failed["last_answer"]
    assert check(world) == (2, "reach sink events: " + failed["last_answer"])

    change(world, sink(server, username="voicehook", password='ri"ght'))
    assert check(world) == (0, "ok")
    world.service.reload()

    delivered(world, task)
    change(world, sink(server, username="voicehook", password='ri"ght', subject="elsewhere"))
    world.service.reload()
    other = world.submit()
    assert "let the user publish" in failing(world, other, "unauthorized")["last_answer"]
    server.close()


def test_a_token(make_world: MakeWorld, tmp_path: Path) -> None:
    server = Nats(tmp_path / "token", login=lambda _: {"auth_token": "right"}, more=['authorization { token: "right" }'])
    server.make_stream(STREAM, SUBJECT)
    world = make_world(more_sinks=[sink(server, token="wrong")])
    task = world.submit()
    failing(world, task, "unauthorized")

    change(world, sink(server, token="right"))
    world.service.reload()

    one_of_each(world, server, [task])
    server.close()


def test_credentials_of_an_operator_over_tls(make_world: MakeWorld, tmp_path: Path, authority: Authority, files: ServerFiles) -> None:
    operator = Operator(tmp_path / "keys")
    server = Nats(tmp_path / "operator", authority, files, more=operator.lines, login=operator.login)
    server.make_stream(STREAM, SUBJECT)
    stranger = Operator(tmp_path / "stranger").credentials()
    world = make_world(more_sinks=[sink(server, credentials_file=str(stranger), ca_file=str(authority.file))])
    task = world.submit()
    failing(world, task, "unauthorized")

    change(world, sink(server, credentials_file=str(operator.credentials()), ca_file=str(authority.file)))
    assert check(world) == (0, "ok")
    world.service.reload()

    one_of_each(world, server, [task])
    change(world, sink(server, credentials_file=str(tmp_path / "nowhere.creds"), ca_file=str(authority.file)))
    world.service.reload()
    until(lambda: world.service.metrics().value("voicehook_reloads_total", result="refused") == 1, "refused")
    server.close()


def test_an_authority_that_is_not_known(make_world: MakeWorld, tmp_path: Path, authority: Authority, files: ServerFiles) -> None:
    server = Nats(tmp_path / "tls", authority, files)
    server.make_stream(STREAM, SUBJECT)
    world = make_world(more_sinks=[sink(server)])
    task = world.submit()
    assert "certificate" in failing(world, task, "tls")["last_answer"]
    status, said = check(world)
    assert status == 2 and "certificate" in said

    change(world, sink(server, ca_file=str(authority.file)))
    assert check(world) == (0, "ok")
    world.service.reload()

    one_of_each(world, server, [task])
    change(world, sink(server, servers=[server.url.replace("tls://", "nats://")]))
    status, said = check(world)
    assert status == 2 and "write tls://" in said
    server.close()


def test_servers_that_know_their_clients_by_certificates(make_world: MakeWorld, tmp_path: Path, authority: Authority,
                                                         files: ServerFiles) -> None:
    server = Nats(tmp_path / "mutual", authority, files, strangers="refused")
    server.make_stream(STREAM, SUBJECT)
    mine = authority.server("client")
    world = make_world(more_sinks=[sink(server, ca_file=str(authority.file))])
    task = world.submit()
    until(lambda: delivery_of(world, task)["attempts"] >= 2, "it fails")
    assert check(world)[0] == 2

    change(world, sink(server, ca_file=str(authority.file), client_certificate=str(mine.certificate), client_key=str(mine.key)))
    assert check(world) == (0, "ok")
    world.service.reload()

    one_of_each(world, server, [task])
    assert certificate_ends(world) == mine.ends()
    server.close()


def test_a_server_without_tls_where_it_is_wanted(make_world: MakeWorld, nats: Nats) -> None:
    world = make_world(more_sinks=[sink(nats, servers=[nats.url.replace("nats://", "tls://")])])

    task = world.submit()

    assert "offers no TLS" in failing(world, task, "tls")["last_answer"]


def test_a_result_that_is_too_large_is_parked_and_the_others_go_on(make_world: MakeWorld, tmp_path: Path) -> None:
    server = Nats(tmp_path / "small", more=["max_payload: 100000"])
    server.make_stream(STREAM, SUBJECT, max_msg_size=50000)
    world = make_world(more_sinks=[sink(server)], changes={"callbacks": {"max_body": "4MiB"}})
    for size, told in ((80000, "max_msg_size"), (200000, "max_payload")):
        large = world.slow_task()
        provider_task = world.provider_task(large)
        body = completed_body(provider_task.id, result_data={"voice": "v" * size})
        assert world.post_callback(provider_task.callback_path, body).status == 200
        found = parked(world, large)
        assert found["cause"] == "too_large" and told in found["last_answer"]

    after = world.submit()

    delivered(world, after)
    assert server.count(STREAM) == 1
    server.close()


def test_a_result_that_is_too_large_for_the_user_is_parked_and_the_others_go_on(make_world: MakeWorld, tmp_path: Path) -> None:
    """The server tells a user's own limit after the login."""
    operator = Operator(tmp_path / "keys")
    server = Nats(tmp_path / "limited", more=operator.lines, login=operator.login)
    server.make_stream(STREAM, SUBJECT)
    world = make_world(more_sinks=[sink(server, credentials_file=str(operator.credentials(payload=50_000)))],
                       changes={"callbacks": {"max_body": "4MiB"}})
    large = world.slow_task()
    provider_task = world.provider_task(large)
    body = completed_body(provider_task.id, result_data={"voice": "v" * 80_000})
    assert world.post_callback(provider_task.callback_path, body).status == 200
    found = parked(world, large)

    others = world.submit_many(5)

    assert found["cause"] == "too_large" and "50000 that the server takes" in found["last_answer"]
    for task in others:
        world.ended(task)
    one_of_each(world, server, others)
    server.close()


def test_a_subject_that_no_stream_takes(make_world: MakeWorld, tmp_path: Path) -> None:
    server = Nats(tmp_path / "empty")
    world = make_world(more_sinks=[sink(server)])
    task = world.submit()
    assert "no stream takes voicehook.results" in failing(world, task, "unknown_target")["last_answer"]
    status, said = check(world)
    assert status == 2 and "make one, or change subject" in said

    server.make_stream(STREAM, SUBJECT)

    assert check(world) == (0, "ok")
    one_of_each(world, server, [task])
    server.close()


def test_a_server_without_jetstream(make_world: MakeWorld, tmp_path: Path) -> None:
    server = Nats(tmp_path / "core", jetstream=False)
    world = make_world(more_sinks=[sink(server)])

    task = world.submit()

    failing(world, task, "unknown_target")
    status, said = check(world)
    assert status == 2 and "JetStream is not enabled" in said
    server.close()


def test_a_stream_that_is_full_is_waited_for(make_world: MakeWorld, nats: Nats) -> None:
    nats.change_stream(STREAM, SUBJECT, max_msgs=1, discard="new")
    world = make_world(more_sinks=[sink(nats)])
    first = world.submit()
    delivered(world, first)
    second = world.submit()
    assert "maximum messages" in failing(world, second, "unavailable")["last_answer"]

    nats.change_stream(STREAM, SUBJECT, max_msgs=10, discard="new")

    one_of_each(world, nats, [first, second])


def test_the_next_server_is_used_when_one_is_gone(make_world: MakeWorld, nats: Nats, tmp_path: Path) -> None:
    gone = Nats(tmp_path / "gone", start=False)
    world = make_world(more_sinks=[sink(nats, servers=[gone.url, nats.url])])

    task = world.submit()

    one_of_each(world, nats, [task])


def test_hostile_texts_arrive_as_they_are(make_world: MakeWorld, nats: Nats) -> None:
    world = make_world(more_sinks=[sink(nats, format="verbatim")], changes={"callbacks": {"max_body": "1MiB"}})
    task = world.slow_task()
    provider_task = world.provider_task(task)
    texts = [item.text for item in hostile_texts() if item.is_unicode]
    assert len(texts) >= 500
    body = completed_body(provider_task.id, result_data={"voice": "v", "texts": texts, "raw": "\0\r\nPUB x 0\r\n\r\n"})

    assert world.post_callback(provider_task.callback_path, body).status == 200

    delivered(world, task)
    assert [message.data for message in nats.messages(STREAM)] == [body]
