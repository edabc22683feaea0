"""Every route of the caller API, and every way to use one wrongly."""
from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from support.service import BOB, SLOW
from support.wait import until
from support.world import REQUEST, World


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in REQUEST.items() if key != name}


# ---- POST /v1/audios/generations ----


def test_respond_async_is_202_at_once_with_a_location(world: World) -> None:
    world.provider.faults(submit_delay_ms=1500)

    answer = world.post(Prefer="respond-async")

    assert answer.status == 202
    assert answer.header("Location") == f"/v1/tasks/{answer.json()['id']}"
    assert answer.json()["status"] == "pending"
    world.delivered(answer.json()["id"])


#: A body and the fields that a complaint must name.
BAD_REQUESTS: list[tuple[str, Any, set[str]]] = [
    ("everything wrong", {"model": "gpt", "voice_prompt": "x" * 2049, "preview_text": 7, "preferred_name": "no spaces!",
                          "language": "xx", "sample_rate": 44100, "response_format": "flac", "target_model": "other",
                          "callback_url": "http://10.0.0.1/x"},
     {"model", "voice_prompt", "preview_text", "preferred_name", "language", "sample_rate", "response_format",
      "target_model", "callback_url"}),
    ("nothing there", {}, {"model", "voice_prompt", "preview_text", "preferred_name"} - {"model"}),
    ("empty texts", {**REQUEST, "voice_prompt": "", "preview_text": "", "preferred_name": ""},
     {"voice_prompt", "preview_text", "preferred_name"}),
    ("a name too long", {**REQUEST, "preferred_name": "a" * 17}, {"preferred_name"}),
    ("a name with other letters", {**REQUEST, "preferred_name": "stimme_ü"}, {"preferred_name"}),
    ("a preview too long", {**REQUEST, "preview_text": "é" * 1025}, {"preview_text"}),
    ("a rate as text", {**REQUEST, "sample_rate": "24000"}, {"sample_rate"}),
    ("nulls", {**REQUEST, "voice_prompt": None, "language": None}, {"voice_prompt", "language"}),
    ("an internal address", {**REQUEST, "callback_url": "https://127.0.0.1/x"}, {"callback_url"}),
    ("an address in disguise", {**REQUEST, "callback_url": "https://2130706433/x"}, {"callback_url"}),
    ("a URL without https", {**REQUEST, "callback_url": "http://example.com/x"}, {"callback_url"}),
    ("a URL too long", {**REQUEST, "callback_url": "https://example.com/" + "x" * 2048}, {"callback_url"}),
]


@pytest.mark.parametrize(("body", "fields"), [row[1:] for row in BAD_REQUESTS], ids=[row[0] for row in BAD_REQUESTS])
def test_every_violated_rule_is_named_at_once(world: World, body: Any, fields: set[str]) -> None:
    answer = world.post(body=body)

    assert answer.status == 400
    assert answer.media_type == "application/problem+json"
    problem = answer.json()
    assert {item["field"] for item in problem["errors"]} == fields
    assert all(item["message"] for item in problem["errors"])
    assert (problem["status"], problem["error"]["code"]) == (400, "invalid_request")
    assert problem["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', '{"model":"qwen-voice-design",}', "{} {}", "\xff\xfe",
                                  "[" * 100 + "]" * 100])
def test_what_is_no_json_object_is_400(world: World, body: str) -> None:
    answer = world.api.post("/v1/audios/generations", body.encode("latin-1"))

    assert (answer.status, answer.media_type) == (400, "application/problem+json")
    assert answer.json()["errors"]


def test_limits_count_code_points(world: World) -> None:
    body = {**REQUEST, "voice_prompt": "🎙" * 2048, "preview_text": "声" * 1024}

    answer = world.post(body=body)

    assert answer.status == 200, answer


def test_a_body_of_another_type_or_too_large_is_refused(world: World) -> None:
    as_form = world.api.post("/v1/audios/generations", "a=b", content_type="application/x-www-form-urlencoded")
    with_charset = world.api.post("/v1/audios/generations", "{}", content_type="application/json; charset=utf-8")
    too_large = world.post(body={**REQUEST, "padding": "x" * 900_000})

    assert (as_form.status, with_charset.status, too_large.status) == (415, 400, 413)
    assert {as_form.media_type, too_large.media_type} == {"application/problem+json"}


# ---- idempotency ----


def test_the_same_key_and_body_give_the_same_task(world: World) -> None:
    key = f"order-{time.time_ns()}"

    first = world.post(idempotency_key=key)
    again = world.post(idempotency_key=f'"{key}"', body=json.dumps(
        {**dict(reversed(REQUEST.items())), "language": "zh", "sample_rate": 24000.0}))

    assert (first.status, again.status) == (200, 200)
    assert again.json()["id"] == first.json()["id"]
    assert first.header("Idempotent-Replayed") is None
    assert again.header("Idempotent-Replayed") == "true"
    assert len(world.provider.paid_for(first.json()["id"])) == 1


def test_another_body_under_the_same_key_is_422(world: World) -> None:
    key = f"order-{time.time_ns()}"
    world.submit(idempotency_key=key)

    answer = world.post(idempotency_key=key, body={**REQUEST, "language": "en"})

    assert (answer.status, answer.media_type) == (422, "application/problem+json")


def test_a_first_request_that_still_runs_makes_the_second_409(world: World) -> None:
    key = f"order-{time.time_ns()}"
    world.provider.faults(submit_delay_ms=1500, work_ms=1600)
    before = world.provider.creates

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(world.post, None, None, idempotency_key=key)
        until(lambda: world.provider.creates > before, "the provider has the first")
        second = world.post(idempotency_key=key)

    assert second.status == 409
    assert first.result().status == 200
    assert world.post(idempotency_key=key).json()["id"] == first.result().json()["id"]


def test_a_hundred_equal_requests_at_once_are_one_task(world: World) -> None:
    key = f"order-{time.time_ns()}"
    before = world.provider.creates

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: world.post(idempotency_key=key), range(100)))

    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status == 200}) == 1
    assert world.provider.creates == before + 1


def test_keys_belong_to_their_caller(world: World) -> None:
    key = f"order-{time.time_ns()}"

    mine = world.submit(idempotency_key=key)
    theirs = world.submit(world.service.client(BOB), idempotency_key=key)

    assert mine != theirs


def test_a_refused_body_is_not_remembered_a_provider_refusal_is(world: World) -> None:
    key = f"order-{time.time_ns()}"
    invalid = world.post(idempotency_key=key, body={})
    world.provider.faults(submit_error={"kind": "insufficient_quota", "times": 1})

    refused = world.post(idempotency_key=key)
    again = world.post(idempotency_key=key)

    assert (invalid.status, refused.status, again.status) == (400, 402, 402)
    assert again.header("Idempotent-Replayed") == "true"
    assert again.json()["error"] == refused.json()["error"]


@pytest.mark.parametrize("key", ["x" * 256, "with space", '""', "ünïcode"])
def test_a_bad_key_is_400_and_named(world: World, key: str) -> None:
    answer = world.post(idempotency_key=key)

    assert answer.status == 400
    assert "errors" not in answer.json() or answer.json()["errors"][0]["field"] == "Idempotency-Key"


def test_a_key_of_255_characters_is_fine(world: World) -> None:
    key = (f"{time.time_ns()}-" + "~" * 255)[:255]

    assert world.post(idempotency_key=key).status == 200


# ---- GET /v1/tasks/{id} ----


def test_waiting_ends_when_the_task_ends(world: World) -> None:
    task = world.slow_task()

    with ThreadPoolExecutor(1) as pool:
        begin = time.monotonic()
        answer = pool.submit(world.api.get, f"/v1/tasks/{task}?wait=20s")
        world.end(task)
        result = answer.result(10)

    assert result.json()["status"] == "completed"
    assert time.monotonic() - begin < 5


def test_waiting_ends_when_its_time_is_over(world: World) -> None:
    task = world.slow_task()
    begin = time.monotonic()

    answer = world.api.get(f"/v1/tasks/{task}?wait=500ms")

    assert answer.json()["status"] in ("pending", "processing")
    assert 0.4 < time.monotonic() - begin < 3
    world.end(task)


@pytest.mark.parametrize("query", ["wait=61s", "wait=soon", "wait=-1s", "wait=", "wait=1s&wait=2s", "colour=red", "wait=%zz"])
def test_a_bad_query_is_400(world: World, query: str) -> None:
    task = world.submit()

    answer = world.api.get(f"/v1/tasks/{task}?{query}")

    assert (answer.status, answer.media_type) == (400, "application/problem+json")


def test_nobody_sees_anothers_task(world: World) -> None:
    task = world.submit()
    provider_task = world.ended(task)["provider_task_id"]
    bob = world.service.client(BOB)

    answers = [bob.get(f"/v1/tasks/{task}"), bob.get(f"/v1/tasks/{provider_task}"), bob.get(f"/v1/tasks/{task}/events"),
               bob.get("/v1/tasks/task-019d0000-0000-7000-8000-000000000000"), bob.get("/v1/tasks/nonsense")]

    assert [answer.status for answer in answers] == [404] * 5
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert task not in [item["id"] for item in bob.get("/v1/tasks").json()["data"]]


# ---- GET /v1/tasks ----


def test_the_list_is_newest_first_and_pages_without_gaps(world: World) -> None:
    tasks = [world.submit() for _ in range(7)]

    seen: list[str] = []
    cursor, pages = "", 0
    while len(seen) < 7:
        page = world.api.get(f"/v1/tasks?limit=3{cursor}").json()
        seen += [item["id"] for item in page["data"]]
        pages += 1
        cursor = "&cursor=" + page["next_cursor"]

    assert seen[:7] == tasks[::-1]
    assert pages == 3


def test_the_last_page_has_no_cursor(world: World) -> None:
    page = world.service.client(SLOW).get("/v1/tasks").json()

    assert page["next_cursor"] is None


def test_the_list_filters_by_status_and_creation(world: World) -> None:
    before = datetime.now(timezone.utc)
    time.sleep(0.002)  # creation times have milliseconds
    opened = world.slow_task()
    world.provider.faults(outcome="failed")
    failed = world.submit()
    world.ended(failed)
    after = datetime.now(timezone.utc) + timedelta(seconds=1)

    def ids(query: str) -> list[str]:
        return [item["id"] for item in world.api.get(f"/v1/tasks?limit=200&{query}").json()["data"]]

    since = "created_after=" + before.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    until_now = "created_before=" + after.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert ids(f"{since}&{until_now}") == [failed, opened]
    assert ids(f"{since}&status=failed") == [failed]
    assert opened in ids("status=pending") + ids("status=processing")
    assert failed not in ids("status=completed")
    assert ids(until_now.replace("before", "after")) == []
    world.end(opened)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "status=lost", "created_after=yesterday", "cursor=!!",
                                   "status=unknown"])
def test_a_bad_filter_is_400_and_named(world: World, query: str) -> None:
    answer = world.api.get(f"/v1/tasks?{query}")

    assert answer.status == 400
    assert answer.json()["errors"][0]["field"] == query.split("=")[0]


# ---- GET /v1/tasks/{id}/events ----


def test_the_event_stream_shows_each_change_and_ends_with_the_task(world: World) -> None:
    task = world.slow_task()
    stream = world.api.open_stream(f"/v1/tasks/{task}/events")
    events = stream.events()

    first = next(events)
    world.provider.send_callback(world.provider_task(task).id, body=json.dumps(
        {"id": world.provider_task(task).id, "status": "processing", "progress": 33}))
    second = next(events)
    world.end(task)
    rest = list(events)

    assert stream.status == 200
    assert stream.response.getheader("Content-Type", "").startswith("text/event-stream")
    assert first.json()["status"] in ("pending", "processing")
    assert (second.json()["status"], second.json()["progress"]) == ("processing", 33)
    assert rest[-1].json() == world.task(task)
    assert rest[-1].json()["status"] == "completed"
    stream.close()


def test_the_stream_of_an_ended_task_is_one_event(world: World) -> None:
    task = world.submit()
    world.ended(task)

    stream = world.api.open_stream(f"/v1/tasks/{task}/events")

    assert [event.json()["status"] for event in stream.events()] == ["completed"]
    stream.close()
