"""A task goes out over TLS, comes back as a callback and arrives at the sinks."""
from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import pytest

from support.wait import until
from support.world import REQUEST, World, completed_body


def test_a_task_goes_out_comes_back_and_arrives_once(world: World) -> None:
    world.provider.faults(work_ms=700)

    accepted = world.post()

    assert accepted.status == 200
    task = accepted.json()["id"]
    ended = world.ended(task)
    received = world.delivered_once(task)
    assert accepted.json()["provider_task_id"] == world.provider_task(task).id == ended["provider_task_id"]
    assert accepted.json()["usage"] == {"credits_reserved": 2}
    assert (ended["id"], ended["status"], ended["progress"]) == (task, "completed", 100)
    assert ended["result_data"]["voice"].startswith("qwen-tts-vd-announcer-voice-")
    assert received.json()["type"] == "voice_design.completed"
    assert received.json()["data"] == {**ended, "caller": "ann"}
    assert datetime.fromisoformat(received.json()["timestamp"]).tzinfo is not None


def test_a_delivery_carries_the_headers_of_standard_webhooks(world: World) -> None:
    task = world.submit()

    headers = world.delivered_once(task).headers

    assert headers["webhook-id"] == world.service.deliveries(task)[0]["id"] or headers["webhook-id"].startswith("msg_")
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 10
    assert headers["content-type"].startswith("application/json")


def test_the_timeline_tells_the_whole_story(world: World) -> None:
    task = world.submit()
    world.delivered_once(task)

    kinds = world.service.timeline(task)

    wanted = ["accepted", "submission_started", "submission_accepted", "callback", "ended", "delivery_attempt"]
    assert [kind for kind in kinds if kind in wanted][: len(wanted)] == wanted


def test_the_provider_gets_defaults_explicitly_and_our_callback_url(world: World) -> None:
    task = world.submit()

    sent = world.provider_task(task)

    url = sent.request.pop("callback_url", sent.callback_url)
    assert url == sent.callback_url
    assert url.startswith(f"https://127.0.0.1:{world.service.public_port}/callbacks/v1/{task}.k1.")
    assert sent.request == {**REQUEST, "language": "zh", "sample_rate": 24000, "response_format": "wav",
                            "target_model": "qwen3-tts-vd-2026-01-26", "callback_url": url}


def test_unknown_fields_reach_the_provider_byte_for_byte(world: World) -> None:
    body = json.dumps(REQUEST)[:-1] + ', "style": {"warmth":  1.50, "tags":["é","\\u00e9"]} }'

    task = world.submit(body=body)

    assert '{"warmth":  1.50, "tags":["é","\\u00e9"]}' in world.provider_task(task).raw["request_body"]


@pytest.mark.parametrize(("outcome", "status"), [
    ("completed", "completed"), ("failed", "failed"), ("cancelled", "cancelled"), ("canceled", "cancelled"),
    ("request_cancelled", "cancelled")])
def test_every_way_to_end_is_recognised_and_delivered(world: World, outcome: str, status: str) -> None:
    world.provider.faults(outcome=outcome)

    task = world.submit()

    ended = world.ended(task)
    received = world.delivered_once(task)
    assert received.json()["type"] == f"voice_design.{status}"
    assert received.json()["data"]["status"] == ended["status"] == status


#: How an unusual body shows in the bytes that a verbatim sink gets.
BODIES = [
    ("minimal", "completed", b'"results":['), ("no_error", "failed", b'"status":"failed"'),
    ("no_results", "completed", b'"result_data"'), ("result_array", "completed", b'"result_data":[{'),
    ("result_absent", "completed", b'"results":['), ("unknown_fields", "completed", b'{"nested":[1,2.50,{"deep":null}],"flag":true}'),
    ("integer_code", "failed", b'"code":500'), ("fractional_credits", "completed", b'"credits_used":1.75'),
    ("huge_number", "completed", b'"credits_used":1e400'), ("twenty_digits", "completed", b'"credits_used":12345678901234567890'),
    ("duplicate_keys", "completed", b'"progress":99'), ("long_voice", "completed", b"-voice-2026040200000")]


@pytest.mark.parametrize(("shape", "status", "bytes_kept"), BODIES, ids=[row[0] for row in BODIES])
def test_unusual_bodies_end_the_task_and_keep_their_bytes(world: World, shape: str, status: str, bytes_kept: bytes) -> None:
    world.provider.faults(body=shape)

    task = world.submit()

    ended = world.ended(task)
    world.delivered_once(task)
    line = archived(world, ended["provider_task_id"])
    assert ended["status"] == status
    assert bytes_kept in line


def test_members_of_the_provider_are_shown_as_raw_slices_and_never_twice(world: World) -> None:
    world.provider.faults(body="huge_number")
    task = world.submit()
    world.ended(task)

    text = world.api.get(f"/v1/tasks/{task}").body

    assert b"1e400" in text
    names = [name for name, _ in json.loads(text, object_pairs_hook=lambda pairs: pairs)]
    assert len(names) == len(set(names))


def test_an_unknown_status_is_progress_and_a_known_one_ends_the_task_later(world: World) -> None:
    world.provider.faults(body="unknown_status")
    task = world.submit()
    world.answered_callbacks(task, 1)

    shown = world.task(task)["status"]
    answer = world.provider.send_callback(world.provider_task(task).id, outcome="cancelled",
                                          body=json.dumps({"id": world.provider_task(task).id, "status": "completed"}))

    assert shown in ("pending", "processing")
    assert answer == [200]
    assert world.ended(task)["status"] == "completed"
    world.delivered_once(task)


def test_a_verbatim_file_sink_gets_the_bytes_as_they_came_on_one_line(world: World) -> None:
    world.provider.faults(callback="never", work_ms=60000)
    task = world.submit()
    provider_task = world.provider_task(task)
    body = completed_body(provider_task.id).replace(b", ", b" ,\r\n\t") + b"\n"

    answer = world.post_callback(provider_task.callback_path, body)

    assert answer.json() == {"status": "accepted"}
    world.delivered_once(task)
    assert archived(world, provider_task.id) == body.replace(b"\r\n", b"  ").replace(b"\n", b" ")


def test_results_are_counted_by_what_brought_them(world: World) -> None:
    before = world.service.metrics().value("voicehook_results_total", source="callback")

    task = world.submit()
    world.delivered_once(task)

    after = world.service.metrics()
    assert after.value("voicehook_results_total", source="callback") == before + 1
    assert after.value("voicehook_deliveries_pending", sink="results") == 0


def test_reading_by_the_providers_id_gives_the_same_task(world: World) -> None:
    task = world.submit()
    ended = world.ended(task)

    assert world.task(ended["provider_task_id"]) == ended


def archived(world: World, provider_task: str) -> bytes:
    """The line of the file sink for a task of the provider, without its end."""

    def find() -> Any:
        lines = (world.folder / "results.jsonl").read_bytes().split(b"\n")
        return [line for line in lines if provider_task.encode() in line]

    found = until(find, f"{provider_task} in the file")
    assert len(found) == 1
    return found[0]
