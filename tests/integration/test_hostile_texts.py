"""Hostile texts in every field that callers, the provider or strangers can fill: answers stay answers, logs stay lines."""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable
from urllib.parse import quote

import pytest

from support.hostile_texts import HostileText, harmful_characters, hostile_texts
from support.http import Client, Response
from support.program import run
from support.service import ANN, CALLBACK_SECRET, OPS_TOKEN, caller_tables
from support.wait import until
from support.world import REQUEST, MakeWorld, World

TEXTS = hostile_texts()
#: Not for every text: what is asked one process at a time.
SAMPLE = TEXTS[::25]
#: What a request may be refused with. Anything else was no decision about the text.
REFUSALS = {400, 404, 409, 413, 414, 422, 431}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Callers may have as many tasks as they like; the provider calls back when a test does it."""
    callers = [{**table, "max_in_flight": 1_000_000, "requests_per_second": 100_000} for table in caller_tables()]
    made = make_world(changes={"callers": callers, "polling": {"first_after": "1h"}, "server": {"log_level": "debug"}})
    made.provider.faults(callback="never")
    return made


class Visitor:
    """Sends, and holds every answer to what the contract says of answers."""

    def __init__(self, port: int, world: World, token: str | None) -> None:
        self._client = Client(port, world.authority.file, token)
        self._is_public = token is None

    def send(self, item: HostileText, where: str, method: str, path: str, body: str | None = None, **headers: Any) -> Response:
        media_type = {} if body is None else {"Content-Type": "application/json"}
        answer = self._client.request(method, path, body, {**media_type, **headers})
        told = f"{where} {item.kind} {item.text[:60]!r}: {answer}"
        assert answer.status in {200, 202} | REFUSALS, told
        if answer.status in REFUSALS and self._is_public:
            assert answer.body == b"", told  # strangers are told nothing
        elif answer.status in REFUSALS:
            problem = answer.json()
            assert problem["status"] == answer.status and problem["title"] and problem["detail"], told
            assert problem["error"]["message"], told
        else:
            assert isinstance(answer.json(), dict), told
        assert_safe(answer, told)
        return answer


def assert_safe(answer: Response, told: str) -> None:
    """No header that nobody meant to send: each is one line of visible characters."""
    for name, value in answer.headers:
        assert name.lower() in {"content-type", "content-length", "x-request-id", "connection", "retry-after", "location", "allow", "idempotent-replayed",
                                "cache-control", "date", "vary", "www-authenticate", "x-content-type-options", "traceparent", "content-security-policy"}, told
        assert not harmful_characters(value), told


def everybody(texts: list[HostileText], do: Callable[[HostileText], None]) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(do, texts):
            pass


def callback_path(task: str) -> str:
    mac = hmac.new(CALLBACK_SECRET.encode(), f"callback/v1:{task}".encode(), hashlib.sha256).digest()
    return f"/callbacks/v1/{task}.k1." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def assert_alive_and_quiet(world: World) -> None:
    """Nothing crashed or was lost; every line of the log is one JSON object that any terminal may show."""
    assert world.service.program.running
    world.service.check_conservation()
    metrics = world.service.metrics()
    assert metrics.value("voicehook_worker_failures_total") == 0
    lines = world.service.program.err.read_bytes().decode("utf-8").split("\n")
    assert lines.pop() == "" and len(lines) > 1
    for line in lines:
        assert isinstance(json.loads(line), dict), line
        assert not harmful_characters(line), ascii(line)
    assert world.service.program.logged("handler_failed") == []


def test_there_are_many_and_they_are_always_the_same() -> None:
    assert len(TEXTS) >= 500
    assert len({item.text for item in TEXTS}) == len(TEXTS)
    assert TEXTS == hostile_texts()
    assert json.loads(json.dumps([item.text for item in TEXTS])) == [item.text for item in TEXTS]


def test_in_what_callers_send(world: World) -> None:
    visitor = Visitor(world.service.api_port, world, ANN.key)
    accepted: list[tuple[HostileText, str, str]] = []

    def visit(item: HostileText) -> None:
        for field in ("voice_prompt", "preview_text"):
            body = json.dumps({**REQUEST, field: item.text, "metadata": {item.text: [item.text]}})
            answer = visitor.send(item, field, "POST", "/v1/audios/generations", body, Prefer="respond-async")
            if answer.status in (200, 202):
                accepted.append((item, field, answer.json()["id"]))
        unknown = json.dumps({**REQUEST, item.text: item.text})
        visitor.send(item, "unknown member", "POST", "/v1/audios/generations", unknown, Prefer="respond-async")
        wrong = json.dumps({**REQUEST, "model": item.text, "preferred_name": item.text, "language": item.text, "callback_url": item.text})
        assert visitor.send(item, "bad values", "POST", "/v1/audios/generations", wrong).status == 400
        url = "https://consumer.example/hook?text=" + quote(item.text.encode("utf-8", "surrogatepass"))
        visitor.send(item, "callback_url", "POST", "/v1/audios/generations", json.dumps({**REQUEST, "callback_url": url[:2000]}), Prefer="respond-async")
        visitor.send(item, "idempotent", "POST", "/v1/audios/generations", json.dumps(item.text))

    everybody(TEXTS, visit)

    assert len(accepted) > len(TEXTS)
    tasks = {body["idempotency_key"]: body for body in (task.raw for task in world.provider.tasks())}
    for item, field, task in accepted:
        if task in tasks:  # what reached the provider is what the caller sent
            assert json.loads(tasks[task]["request_body"])[field] == item.text, ascii(item.text)
    assert len(tasks) > len(TEXTS)
    assert_alive_and_quiet(world)


def test_in_headers_and_addresses(world: World) -> None:
    visitor = Visitor(world.service.api_port, world, ANN.key)
    operator = Visitor(world.service.ops_port, world, OPS_TOKEN)

    def visit(item: HostileText) -> None:
        bytes_ = item.text.encode("utf-8", "surrogatepass")
        if not set(bytes_) & set(b"\r\n\0") and len(bytes_) < 4000:
            for name in ("X-Request-Id", "traceparent", "tracestate", "Prefer", "User-Agent"):
                visitor.send(item, name, "GET", "/v1/tasks?limit=1", **{name: bytes_})
            visitor.send(item, "Idempotency-Key", "POST", "/v1/audios/generations", json.dumps(REQUEST), **{"Idempotency-Key": bytes_, "Prefer": "respond-async"})
        text = quote(bytes_[:3000], safe="")
        visitor.send(item, "query", "GET", f"/v1/tasks?status={text}&cursor={text}&created_after={text}&{text}={text}")
        visitor.send(item, "task", "GET", f"/v1/tasks/{text}")
        operator.send(item, "ops query", "GET", f"/ops/v1/tasks?caller={text}&status={text}&cursor={text}")
        operator.send(item, "ops task", "GET", f"/ops/v1/tasks/{text}")
        operator.send(item, "ops sink", "POST", f"/ops/v1/sinks/{text}/pause", json.dumps({"reason": item.text}))

    everybody(TEXTS, visit)

    assert_alive_and_quiet(world)


def test_in_what_the_provider_calls_back(world: World) -> None:
    visitor = Visitor(world.service.public_port, world, None)
    completed: list[tuple[HostileText, str]] = []
    failed: list[tuple[HostileText, str]] = []

    def call_back(item: HostileText, where: str, ended: list[tuple[HostileText, str]], **members: Any) -> None:
        answer = world.post()
        assert answer.status == 200, answer
        task, provider_task = answer.json()["id"], answer.json()["provider_task_id"]
        body = {"id": provider_task, "object": "audio.generation.task", "model": "qwen-voice-design", "type": "audio", "progress": 100}
        odd = {**body, "status": item.text, "progress": item.text, "task_info": {item.text: item.text}}
        visitor.send(item, "status", "POST", callback_path(task), json.dumps(odd))
        told = visitor.send(item, where, "POST", callback_path(task), json.dumps({**body, item.text: item.text, **members}))
        if told.status == 200 and told.json()["status"] == "accepted":
            ended.append((item, task))
            visitor.send(item, "duplicate", "POST", callback_path(task), json.dumps({**body, "again": item.text, **members}))

    def visit(item: HostileText) -> None:
        call_back(item, "voice", completed, status="completed", result_data={"voice": item.text, item.text: item.text})
        call_back(item, "error", failed, status="failed", error={"code": item.text, "message": item.text, "type": item.text})

    everybody(TEXTS, visit)

    assert len(completed) > len(TEXTS) * 0.9 and len(failed) > len(TEXTS) * 0.9
    for item, task in completed:
        shown = world.task(task)
        assert shown["status"] == "completed" and shown["result_data"]["voice"] == item.text, ascii(item.text)
    for item, task in failed:
        assert world.task(task)["status"] == "failed", ascii(item.text)
    for item, task in completed[::10] + failed[::10]:
        bodies = [json.loads(entry["body"]) for entry in world.service.history(task)["timeline"]
                  if '"again"' in (entry.get("body") or "")]
        assert item.text in [body.get("again") for body in bodies], ascii(item.text)
    assert_alive_and_quiet(world)


def test_on_an_operators_screen(world: World) -> None:
    tasks = []
    for item in SAMPLE:
        body = json.dumps({**REQUEST, "preview_text": item.text, "metadata": item.text})
        answer = world.post(body=body, X_Request_Id=quote(item.text.encode("utf-8", "surrogatepass"))[:100])
        if answer.status != 200:
            continue
        task, provider_task = answer.json()["id"], answer.json()["provider_task_id"]
        failure = {"id": provider_task, "object": "audio.generation.task", "model": item.text, "type": "audio", "progress": 100, "status": "failed",
                   "error": {"code": item.text, "message": item.text, "type": item.text}}
        world.post_callback(callback_path(task), json.dumps(failure))
        tasks.append(task)
    assert len(tasks) > len(SAMPLE) / 2

    for words in (["summary"], ["parked"], *(["task", task] for task in tasks)):
        done = run(world.service.command("ops", *words), world.service.folder)
        assert done.returncode == 0, done
        assert not harmful_characters(done.stdout), ascii(done.stdout)
        assert not harmful_characters(done.stderr), ascii(done.stderr)
    assert_alive_and_quiet(world)
