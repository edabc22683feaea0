"""Deliveries: at least once, one id and one body for ever, whatever the sink does."""
from __future__ import annotations

import json
import time
from typing import Any

import pytest

from support.certificates import Authority, ServerFiles
from support.service import ANN
from support.sink import HANG, RESET, Answer, Sink
from support.wait import stays, until
from support.webhook import make_secret, sign, verifies
from support.world import REQUEST, SINK_SECRET, MakeWorld, World


def test_the_test_kit_signs_as_standard_webhooks_does() -> None:
    signature = sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_attempt_has_the_same_id_and_bytes_and_a_signature_that_verifies(make_world: MakeWorld) -> None:
    world = make_world()
    world.sink.script(500, RESET, Answer(429, {"Retry-After": "1"}), 200)

    task = world.submit()

    world.delivered(task, count=4, within=25)
    attempts = world.sink.of_task(task)
    assert [item.answer.status for item in attempts] == [500, RESET, 429, 200]
    assert len({item.headers["webhook-id"] for item in attempts}) == 1
    assert len({item.body for item in attempts}) == 1
    assert attempts[3].at - attempts[2].at >= 0.95
    delivery = world.settled(task)[0]
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 4)
    stays(lambda: len(world.sink.of_task(task)) == 4, "delivered is over", 0.5)


def test_a_redirect_is_never_followed_and_a_silent_sink_is_tried_again(make_world: MakeWorld) -> None:
    world = make_world()
    elsewhere = Sink()
    world.service.write_config({"sinks": [{**world.service.settings["sinks"][0], "timeout": "1s"}]})
    world.service.kill()
    world.service.start()
    world.sink.script(Answer(302, {"Location": elsewhere.url + "/stolen"}), HANG, 200)

    task = world.submit()

    world.delivered(task, count=3, within=25)
    assert elsewhere.received == []
    elsewhere.close()


def test_410_pauses_the_sink_until_an_operator_resumes_it(make_world: MakeWorld) -> None:
    world = make_world()
    world.sink.script(410)

    first = world.submit()

    until(lambda: world.service.summary()["deliveries"]["sinks"]["results"]["paused"], "paused")
    second = world.submit()
    world.ended(second)
    stays(lambda: world.sink.of_task(second) == [], "nothing is delivered", 0.5)
    assert world.service.metrics().value("voicehook_sink_paused", sink="results") == 1

    resumed = world.service.ops.post("/ops/v1/sinks/results/resume")

    assert resumed.status in (200, 202, 204), resumed
    world.delivered(first, count=2)
    world.delivered(second)


def test_an_operator_pauses_and_resumes_and_a_restart_remembers(make_world: MakeWorld) -> None:
    world = make_world()
    paused = world.service.ops.post("/ops/v1/sinks/results/pause", {"reason": "maintenance"})
    world.service.kill()
    world.service.start()

    task = world.submit()

    world.ended(task)
    assert paused.status in (200, 202, 204)
    assert world.service.summary()["deliveries"]["sinks"]["results"]["paused"] == "maintenance"
    assert world.sink.of_task(task) == []
    world.service.ops.post("/ops/v1/sinks/results/resume")
    world.delivered_once(task)


def test_one_dead_sink_delays_no_other(make_world: MakeWorld) -> None:
    other = Sink()
    world = make_world(more_sinks=[{"name": "other", "type": "http", "url": other.url, "secret": SINK_SECRET}])
    world.sink.always(HANG)

    tasks = world.submit_many(40)

    other.wait_for_all(tasks)
    assert all(len(other.of_task(task)) == 1 for task in tasks)
    world.sink.always(200)
    other.close()


def test_a_sink_gets_only_the_statuses_it_asked_for_in_its_format(make_world: MakeWorld) -> None:
    failures = Sink()
    world = make_world(more_sinks=[
        {"name": "failures", "type": "http", "url": failures.url, "statuses": ["failed", "cancelled"], "format": "verbatim"}])
    good = world.submit()
    world.provider.faults(outcome="failed")

    bad = world.submit()

    world.delivered_once(good)
    world.settled(bad)
    provider_task = world.provider_task(bad)
    received = failures.received
    assert [item.json()["id"] for item in received] == [provider_task.id]
    assert "webhook-signature" not in received[0].headers
    assert {item["sink"] for item in world.service.deliveries(good)} == {"results"}
    failures.close()


def test_cloudevents_are_structured(make_world: MakeWorld) -> None:
    events = Sink()
    world = make_world(more_sinks=[{"name": "events", "type": "http", "url": events.url, "format": "cloudevents"}])

    task = world.submit()

    received = events.wait_for(task)[0]
    event = received.json()
    assert received.headers["content-type"].startswith("application/cloudevents+json")
    assert (event["specversion"], event["type"], event["subject"]) == ("1.0", "voice_design.completed", task)
    assert event["data"]["id"] == task
    events.close()


def test_a_file_sink_has_one_line_per_task_and_appends_after_a_restart(make_world: MakeWorld, tmp_path: Any) -> None:
    path = tmp_path / "results.jsonl"
    world = make_world(more_sinks=[{"name": "archive", "type": "file", "path": str(path)}])
    first = world.submit()
    world.delivered_once(first)
    world.service.kill()
    world.service.start()

    second = world.submit()

    world.delivered_once(second)
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [line["data"]["id"] for line in lines] == [first, second]
    assert {line["type"] for line in lines} == {"voice_design.completed"}


def test_a_file_sink_on_standard_output(make_world: MakeWorld) -> None:
    world = make_world(more_sinks=[{"name": "console", "type": "file", "path": "-"}])

    task = world.submit()

    world.delivered_once(task)
    lines = [line for line in world.service.program.output_lines() if line.get("type") == "voice_design.completed"]
    assert [line["data"]["id"] for line in lines] == [task]


def test_a_removed_sink_parks_its_deliveries_for_operators(make_world: MakeWorld) -> None:
    other = Sink()
    world = make_world(more_sinks=[{"name": "old", "type": "http", "url": other.url}])
    other.always(500)
    tasks = [world.submit(), world.submit()]
    for task in tasks:
        world.ended(task)
    with_old = world.service.settings["sinks"]
    world.service.kill()
    world.service.write_config({"sinks": with_old[:1]})
    world.service.start()

    summary = until(lambda: (found := world.service.summary()["deliveries"]["sinks"]["old"])["parked"] == 2 and found, "parked")

    assert summary["parked_by_cause"] == {"sink_removed": 2}
    assert world.service.metrics().value("voicehook_deliveries_parked", sink="old", cause="sink_removed") == 2
    parked = [next(item for item in world.service.deliveries(task) if item["sink"] == "old") for task in tasks]
    assert {item["cause"] for item in parked} == {"sink_removed"}

    no_reason = world.service.ops.post(f"/ops/v1/deliveries/{parked[0]['id']}/discard", {})
    discarded = world.service.ops.post(f"/ops/v1/deliveries/{parked[0]['id']}/discard", {"reason": "not wanted"})
    again = world.service.ops.post(f"/ops/v1/deliveries/{parked[0]['id']}/discard", {"reason": "not wanted"})
    assert (no_reason.status, discarded.status, again.status) == (400, 200, 409)

    other.always(200)
    world.service.kill()
    world.service.write_config({"sinks": with_old})
    world.service.start()
    retried = world.service.ops.post(f"/ops/v1/deliveries/{parked[1]['id']}/retry")
    assert retried.status in (200, 202, 204), retried
    until(lambda: [item for item in other.of_task(tasks[1]) if item.answer.status == 200], "delivered at last")
    assert {item.headers["webhook-id"] for item in other.of_task(tasks[1])} == {parked[1]["id"]}
    assert world.service.ops.post("/ops/v1/deliveries/msg_none/retry").status == 404
    other.close()


def test_a_callers_own_url_gets_the_task_signed_with_the_callers_secret(make_world: MakeWorld, authority: Authority,
                                                                       files: ServerFiles) -> None:
    own = Sink(tls=files)
    world = make_world(changes={"callback_url": {"allow_internal": True, "ca_file": str(authority.file)}})

    task = world.submit(body={**REQUEST, "callback_url": own.url + "/done?x=1"})

    received = own.wait_for(task)[0]
    assert received.path == "/done?x=1"
    assert received.json() == world.ended(task)
    assert verifies(ANN.webhook_secret, received.headers, received.body)
    assert not verifies(make_secret("another"), received.headers, received.body)
    assert "callback_url" in {item["sink"] for item in world.settled(task)}
    assert world.provider_task(task).request["callback_url"].startswith("https://127.0.0.1:")
    own.close()


def test_a_full_batch_arrives_complete_and_in_one_piece_each(world: World) -> None:
    begin = time.monotonic()

    tasks = world.submit_many(200, workers=16)

    world.sink.wait_for_all(tasks, within=30)
    until(lambda: world.service.summary()["deliveries"]["sinks"]["results"]["pending"] == 0, "nothing is pending")
    assert len(set(tasks)) == 200
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize("status", [201, 204, 299])
def test_every_2xx_counts_as_delivered(world: World, status: int) -> None:
    world.sink.script(status)

    task = world.submit()

    world.delivered_once(task)
