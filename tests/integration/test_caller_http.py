"""Who may call, how often and how: keys, quotas, paths, connections, malformed requests."""
from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from support.http import Client
from support.service import ANN, SLOW, TIGHT
from support.world import ENDED, World


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
        world.end(task, "cancelled")
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
    task = world.slow_task()
    waiting = [threading.Thread(target=world.api.get, args=(f"/v1/tasks/{task}?wait=10s",)) for _ in range(50)]
    for thread in waiting:
        thread.start()

    begin = time.monotonic()
    answer = world.task(task)
    took = time.monotonic() - begin

    world.end(task)
    for thread in waiting:
        thread.join(10)
        assert not thread.is_alive()
    assert answer["status"] not in ENDED
    assert took < 2
