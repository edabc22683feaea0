"""The canary: a synthetic callback through the public URL, and what follows when it does not come back."""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any, Iterator

import pytest

from support.relay import Relay
from support.service import CALLBACK_SECRET
from support.wait import until
from support.world import MakeWorld, World

CANARY = "task-00000000-0000-7000-8000-000000000000"
NONCE = "0123456789abcdef" * 2


def mac(text: str) -> str:
    made = hmac.new(CALLBACK_SECRET.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def token(task: str = CANARY) -> str:
    return f"/callbacks/v1/{task}.k1.{mac('callback/v1:' + task)}"


@pytest.fixture
def front() -> Iterator[Relay]:
    relay = Relay()
    relay.open()
    yield relay
    relay.close()


def watched_world(make_world: MakeWorld, front: Relay, **changes: Any) -> World:
    """A world whose provider and canary come through `front`, under a name: looked up, and verified."""
    world = make_world(start=False, changes={
        "public": {"base_url": f"https://localhost:{front.port}"}, "canary": {"every": "200ms", "timeout": "2s"},
        "polling": {"first_after": "1h"}, **changes})
    world.service.write_config({"canary": {"ca_file": str(world.authority.file)}})
    front.target = world.service.public_port
    world.service.start()
    return world


def canaries(world: World, result: str) -> float:
    return world.service.metrics().value("voicehook_canary_total", result=result)


def test_a_canary_goes_all_the_way_and_leaves_nothing_behind(make_world: MakeWorld, front: Relay) -> None:
    world = watched_world(make_world, front)
    until(lambda: canaries(world, "ok") >= 3, "three canaries came back")

    metrics, summary = world.service.metrics(), world.service.summary()

    assert summary["canary"]["ok"] is True and summary["canary"]["failures"] == 0
    assert summary["canary"]["latency_ms"] >= 0 and summary["canary"]["last_at"] <= world.service.summary()["at"]
    assert metrics.value("voicehook_canary_seconds_count") >= 3
    assert metrics.value("voicehook_canary_last_success_timestamp_seconds") == pytest.approx(time.time(), abs=60)
    # Counted apart: no callback, no task, no share of queries.
    assert metrics.value("voicehook_callbacks_total", result="canary") >= 3
    assert metrics.value("voicehook_callbacks_total") == metrics.value("voicehook_callbacks_total", result="canary")
    assert metrics.value("voicehook_callback_ack_seconds_count") == 0
    assert (summary["accepted"], summary["recovered_by_query_share"]) == (0, None)
    assert world.service.ops.get("/ops/v1/tasks").json()["data"] == []


def test_while_the_front_is_gone_tasks_are_asked_about_sooner(make_world: MakeWorld, front: Relay) -> None:
    world = watched_world(make_world, front)
    world.provider.faults(callback="never")
    until(lambda: canaries(world, "ok") >= 1, "a canary came back")
    before = world.submit()

    front.close()
    until(lambda: canaries(world, "refused") >= 2, "two were refused")
    found = world.submit()
    world.ended(found)

    assert world.task(before)["status"] == "pending", "asked about in an hour, as it was planned"
    assert "query" in " ".join(world.service.timeline(found))
    assert world.service.metrics().value("voicehook_canary_failures_in_a_row") >= 2
    assert world.service.summary()["canary"]["ok"] is False
    assert world.service.summary()["results"]["query"] == 1

    front.open()
    until(lambda: world.service.summary()["canary"]["ok"], "canaries come back")
    after = world.submit()
    world.provider.calm()
    world.delivered_once(world.submit())

    assert world.service.metrics().value("voicehook_canary_failures_in_a_row") == 0
    assert world.task(after)["status"] == "pending"
    [broken] = world.service.program.logged("callback_path_broken")
    assert broken["result"] == "refused" and len(world.service.program.logged("callback_path_mended")) == 1
    log = world.service.program.err.read_text()
    assert "/callbacks/v1/" not in log and mac("callback/v1:" + CANARY) not in log
    for task in (before, after):
        world.end(task)


def test_a_new_callback_secret_signs_canaries_after_a_reload(make_world: MakeWorld, front: Relay) -> None:
    world = watched_world(make_world, front)
    until(lambda: canaries(world, "ok") >= 1, "a canary came back")

    world.service.write_config({"callbacks": {"secrets": [{"id": "k2", "key": "b" * 48}, {"id": "k1", "key": CALLBACK_SECRET}]}})
    world.service.reload()
    until(lambda: world.service.program.logged("reloaded"), "reloaded")
    before = canaries(world, "ok")
    until(lambda: canaries(world, "ok") >= before + 2, "two more came back")

    assert world.service.metrics().value("voicehook_canary_total") == canaries(world, "ok")


def test_whoever_answers_in_our_place_is_not_believed(make_world: MakeWorld, front: Relay) -> None:
    world = watched_world(make_world, front)
    until(lambda: canaries(world, "ok") >= 1, "a canary came back")

    # The provider has another certificate of the same authority, and knows no such path.
    front.target = world.provider.port
    until(lambda: canaries(world, "not_found") + canaries(world, "status") >= 1, "somebody else was not believed")

    assert until(lambda: world.service.summary()["canary"]["failures"], "failures are counted") >= 1


def test_a_certificate_that_nobody_trusts_is_a_failure(make_world: MakeWorld, front: Relay) -> None:
    world = make_world(start=False, changes={"public": {"base_url": f"https://localhost:{front.port}"},
                                             "canary": {"every": "200ms"}})
    front.target = world.service.public_port
    world.service.start()

    until(lambda: canaries(world, "tls") >= 2, "certificates are verified")

    assert canaries(world, "ok") == 0


def test_a_canary_is_answered_with_a_proof_and_a_forged_one_like_any_bad_token(world: World) -> None:
    body = json.dumps({"id": CANARY, "status": "canary", "nonce": NONCE})

    answer = world.post_callback(token(), body)
    forged = world.post_callback(f"/callbacks/v1/{CANARY}.k1.{'A' * 43}", body)
    without_nonce = world.post_callback(token(), json.dumps({"id": CANARY, "status": "completed"}))
    too_large = world.post_callback(token(), b"{" + b" " * 70000 + b"}")
    no_json = world.post_callback(token(), body, content_type="text/plain")

    assert (answer.status, answer.json()) == (200, {"status": "canary", "proof": mac("canary/v1:" + NONCE)})
    assert (forged.status, forged.body) == (404, b"")
    assert (without_nonce.status, too_large.status, no_json.status) == (400, 413, 415)
    assert world.service.ops.get(f"/ops/v1/tasks/{CANARY}").status == 404


def test_switched_off_nothing_is_sent(world: World) -> None:
    metrics = world.service.metrics()

    assert world.service.summary()["canary"] is None
    assert metrics.value("voicehook_canary_total") == metrics.value("voicehook_canary_last_success_timestamp_seconds") == 0
