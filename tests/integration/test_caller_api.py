"""Every route of the caller API, and every way to use one wrongly."""
from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from support.http import Client
from support.service import ANN, BOB, SLOW, TIGHT
from support.wait import until
from support.world import ENDED, REQUEST, World


def slow_task(world: World) -> str:
    """A task that stays open until it is told otherwise."""
    world.provider.faults(callback="never", work_ms=120000)
    task = world.submit()
    world.provider.calm()
    return task


def end(world: World, task: str, outcome: str = "completed") -> None:
    assert world.provider.send_callback(world.provider_task(task).id, outcome=outcome) == [200]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in REQUEST.items() if key != name}


# ---- POST /v1/audios/generations ----


def test_respond_async_is_202_at_once_with_a_location(world: World) -> None:
    world.provider.faults(submit_delay_ms=1500)
    begin = time.monotonic()

    answer = world.post(Prefer="respond-async")

    assert time.monotonic() - begin < 1
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
    task = slow_task(world)

    with ThreadPoolExecutor(1) as pool:
        begin = time.monotonic()
        answer = pool.submit(world.api.get, f"/v1/tasks/{task}?wait=20s")
        end(world, task)
        result = answer.result(10)

    assert result.json()["status"] == "completed"
    assert time.monotonic() - begin < 5


def test_waiting_ends_when_its_time_is_over(world: World) -> None:
    task = slow_task(world)
    begin = time.monotonic()

    answer = world.api.get(f"/v1/tasks/{task}?wait=500ms")

    assert answer.json()["status"] in ("pending", "processing")
    assert 0.4 < time.monotonic() - begin < 3
    end(world, task)


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
    opened = slow_task(world)
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
    end(world, opened)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "status=lost", "created_after=yesterday", "cursor=!!",
                                   "status=unknown"])
def test_a_bad_filter_is_400_and_named(world: World, query: str) -> None:
    answer = world.api.get(f"/v1/tasks?{query}")

    assert answer.status == 400
    assert answer.json()["errors"][0]["field"] == query.split("=")[0]


# ---- GET /v1/tasks/{id}/events ----


def test_the_event_stream_shows_each_change_and_ends_with_the_task(world: World) -> None:
    task = slow_task(world)
    stream = world.api.open_stream(f"/v1/tasks/{task}/events")
    events = stream.events()

    first = next(events)
    world.provider.send_callback(world.provider_task(task).id, body=json.dumps(
        {"id": world.provider_task(task).id, "status": "processing", "progress": 33}))
    second = next(events)
    end(world, task)
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


# ---- who, where, how ----


def test_without_a_known_key_nothing_is_told(world: World) -> None:
    for authorization in ("", "Bearer ", "Bearer wrong", f"Basic {ANN.key}", ANN.key, f"Bearer {ANN.key}x"):
        for method, path in (("GET", "/v1/tasks"), ("POST", "/v1/audios/generations"), ("GET", "/v1/tasks/task-x"),
                             ("GET", "/v1/nothing"), ("DELETE", "/v1/tasks")):
            answer = world.service.client(None).request(method, path, None, {"Authorization": authorization})
            assert (answer.status, answer.media_type) == (401, "application/problem+json"), (authorization, path)
            assert answer.header("WWW-Authenticate")


def test_unknown_paths_are_404_and_wrong_methods_405_with_allow(world: World) -> None:
    unknown = world.api.get("/v1/nothing")
    wrong = [world.api.request("GET", "/v1/audios/generations"), world.api.request("DELETE", "/v1/tasks"),
             world.api.request("POST", "/v1/tasks/task-x/events", "{}", {"Content-Type": "application/json"}),
             world.api.request("PUT", "/openapi.json")]

    assert (unknown.status, unknown.media_type) == (404, "application/problem+json")
    assert [answer.status for answer in wrong] == [405] * 4
    assert [answer.header("Allow") for answer in wrong] == ["POST", "GET, HEAD", "GET, HEAD", "GET, HEAD"]
    assert {answer.media_type for answer in wrong} == {"application/problem+json"}


def test_request_ids_are_taken_when_safe_and_made_when_not(world: World) -> None:
    given = world.api.get("/livez", x_request_id="abc-DEF_1.2")
    made = world.api.get("/livez")
    unsafe = world.api.get("/livez", x_request_id="<script>")
    too_long = world.api.get("/livez", x_request_id="x" * 129)

    assert given.header("X-Request-Id") == "abc-DEF_1.2"
    assert made.header("X-Request-Id")
    assert unsafe.header("X-Request-Id") not in (None, "<script>")
    assert len(too_long.header("X-Request-Id") or "") in range(1, 129)


def test_a_caller_with_too_many_open_tasks_is_429(world: World) -> None:
    tight = world.service.client(TIGHT)
    world.provider.faults(callback="never", work_ms=120000)
    opened = [world.submit(tight), world.submit(tight)]

    refused = world.post(tight)

    assert (refused.status, refused.media_type) == (429, "application/problem+json")
    assert int(refused.header("Retry-After") or 0) >= 1
    for task in opened:
        end(world, task, "cancelled")
    world.provider.calm()
    assert world.post(tight).status == 200


def test_a_caller_who_asks_too_often_is_429(world: World) -> None:
    slow = world.service.client(SLOW)

    answers = [slow.get("/v1/tasks") for _ in range(12)]

    refused = [answer for answer in answers if answer.status == 429]
    assert refused and answers[0].status in (200, 429)
    assert all(int(answer.header("Retry-After") or 0) >= 1 for answer in refused)
    assert world.api.get("/v1/tasks?limit=1").status == 200


def test_health_and_the_document_need_no_key(world: World) -> None:
    anybody = world.service.client(None)

    assert [anybody.get(path).status for path in ("/livez", "/readyz", "/openapi.json")] == [200] * 3
    assert anybody.request("HEAD", "/livez").body == b""


def test_connections_are_kept_and_pipelined_work_is_answered_in_order(world: World) -> None:
    connection = world.api.connect()

    statuses = [world.api.request("GET", path, connection=connection).status
                for path in ("/livez", "/v1/tasks?limit=1", "/v1/nothing", "/livez")]

    assert statuses == [200, 200, 404, 200]
    connection.close()


#: Requests that no client should send; each must be refused and the connection closed.
HOSTILE_REQUESTS = [
    b"GET /livez HTTP/1.1\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n",
    b"GET http://a/livez HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /livez\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /livez HTTP/1.1\nHost: a\n\r\n\r\n",
    b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"POST /v1/tasks HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
    b"GET /livez HTTP/1.1\r\nHost: a\r\nX_Y: 1\r\n\r\n",
    b"GET /livez HTTP/2.0\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40000 + b"\r\n\r\n",
]


def test_requests_that_no_client_should_send_are_refused_and_closed(world: World) -> None:
    def ask(client: Client, request: bytes) -> bytes:
        with client.raw() as connection:
            connection.send(request)
            return connection.answer()

    listeners = (world.api, world.service.public, world.service.ops)
    with ThreadPoolExecutor(45) as pool:
        answers = {(listener.port, request): pool.submit(ask, listener, request)
                   for listener in listeners for request in HOSTILE_REQUESTS}

    for (_, request), answer in answers.items():
        got = answer.result()
        assert got.split(b" ")[1:2] in ([b"400"], [b"431"], [b"505"]), (request[:80], got)
        assert b"\r\nconnection: close\r\n" in got.lower(), request[:80]
    assert world.api.get("/livez").status == 200


def test_an_early_refusal_is_heard_by_a_client_that_is_still_sending(world: World) -> None:
    with world.service.client(None).raw() as connection:
        connection.send(b"POST /v1/audios/generations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 500000\r\n\r\n")
        connection.send(b"x" * 500000)
        answer = connection.answer()

    assert answer.startswith(b"HTTP/1.1 401 ")


def test_many_callers_who_wait_do_not_disturb_one_who_asks(world: World) -> None:
    task = slow_task(world)
    waiting = [threading.Thread(target=world.api.get, args=(f"/v1/tasks/{task}?wait=10s",)) for _ in range(50)]
    for thread in waiting:
        thread.start()

    begin = time.monotonic()
    answer = world.task(task)
    took = time.monotonic() - begin

    end(world, task)
    for thread in waiting:
        thread.join(10)
        assert not thread.is_alive()
    assert answer["status"] not in ENDED
    assert took < 2
