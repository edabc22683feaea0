"""Callbacks: duplicates, contradictions, forgeries, and callbacks that never come."""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from support.service import CALLBACK_SECRET
from support.simulator import ProviderTask
from support.wait import until
from support.world import MakeWorld, World, completed_body


def open_task(world: World) -> tuple[str, ProviderTask]:
    """A task that the provider works on without an end or a callback of its own."""
    world.provider.faults(callback="never", work_ms=120000)
    task = world.submit()
    world.provider.calm()
    return task, world.provider_task(task)


def token(task: str, secret: str = CALLBACK_SECRET, secret_id: str = "k1") -> str:
    mac = hmac.new(secret.encode(), f"callback/v1:{task}".encode(), hashlib.sha256).digest()
    return f"/callbacks/v1/{task}.{secret_id}." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def task_id_made_at(seconds: float) -> str:
    """One of our ids as it would have been made then."""
    digits = f"{int(seconds * 1000):012x}"
    return f"task-{digits[:8]}-{digits[8:]}-7aaa-8bbb-cccccccccccc"


# ---- duplicates ----


def test_the_url_is_made_as_the_contract_says(world: World) -> None:
    task, provider_task = open_task(world)

    assert provider_task.callback_path == token(task)


def test_twenty_callbacks_in_sequence_are_one_result_and_nineteen_duplicates(world: World) -> None:
    task, provider_task = open_task(world)
    body = completed_body(provider_task.id)

    answers = [world.post_callback(provider_task.callback_path, body).json()["status"] for _ in range(20)]

    assert answers == ["accepted"] + ["duplicate"] * 19
    world.delivered_once(task)


def test_a_hundred_callbacks_at_once_are_one_result(world: World) -> None:
    task, provider_task = open_task(world)
    body = completed_body(provider_task.id)

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: world.post_callback(provider_task.callback_path, body), range(100)))

    assert {answer.status for answer in answers} == {200}
    states = [answer.json()["status"] for answer in answers]
    assert (states.count("accepted"), states.count("duplicate")) == (1, 99)
    world.delivered_once(task)


@pytest.mark.parametrize("manner", ["twice", "twice_at_once", "lost_2xx"])
def test_a_provider_that_repeats_itself_causes_one_delivery(world: World, manner: str) -> None:
    world.provider.faults(callback=manner)

    task = world.submit()

    answers = [json.loads(item["answer_body"])["status"] for item in world.answered_callbacks(task, 2)]
    assert sorted(answers) == ["accepted", "duplicate"]
    world.delivered_once(task)


def test_spellings_of_cancelled_are_one_status(world: World) -> None:
    task, provider_task = open_task(world)
    bodies: list[dict[str, Any]] = [
        {"status": "cancelled"}, {"status": "canceled"},
        {"status": "failed", "error": {"code": "request_cancelled", "message": "Request cancelled."}}]

    answers = [world.post_callback(provider_task.callback_path, json.dumps({"id": provider_task.id, **body})).json()["status"]
               for body in bodies]

    assert answers == ["accepted", "duplicate", "duplicate"]
    assert world.task(task)["status"] == "cancelled"


def test_a_duplicate_with_other_bytes_is_recorded_and_changes_nothing(world: World) -> None:
    task, provider_task = open_task(world)
    world.post_callback(provider_task.callback_path, completed_body(provider_task.id))
    before = world.task(task)

    answer = world.post_callback(provider_task.callback_path, completed_body(provider_task.id, note="other bytes"))

    assert answer.json() == {"status": "duplicate"}
    assert world.task(task) == before
    assert any("other bytes" in entry.get("body", "") for entry in world.service.history(task)["timeline"])
    world.delivered_once(task)


def test_progress_is_recorded_and_ends_nothing(world: World) -> None:
    task, provider_task = open_task(world)

    answer = world.post_callback(provider_task.callback_path,
                                 json.dumps({"id": provider_task.id, "status": "processing", "progress": 40}))

    assert answer.json() == {"status": "ignored"}
    assert (world.task(task)["status"], world.task(task)["progress"]) == ("processing", 40)


# ---- contradictions ----


def test_a_contradiction_is_queried_and_disputed_when_the_provider_stands_by_the_other(make_world: MakeWorld) -> None:
    world = make_world()
    world.provider.faults(callback="contradict")

    task = world.submit()

    answers = [json.loads(item["answer_body"])["status"] for item in world.answered_callbacks(task, 2)]
    assert answers == ["accepted", "conflict"]
    until(lambda: world.service.history(task)["dispute"] == "disputed", "disputed")
    assert world.task(task)["status"] == "completed"
    assert world.service.summary()["disputed"] == 1
    world.delivered_once(task)

    upheld = world.service.resolve(task, "uphold")

    assert upheld.status in (200, 202, 204), upheld
    assert world.service.history(task)["dispute"] == "upheld"
    assert world.service.summary()["disputed"] == 0
    world.delivered_once(task)


def test_a_contradiction_is_settled_when_the_provider_stands_by_the_stored_result(world: World) -> None:
    world.provider.faults(callback="contradict_kept")

    task = world.submit()

    until(lambda: world.service.history(task)["dispute"] == "upheld", "upheld")
    assert "conflict" in world.service.timeline(task)
    assert world.task(task)["status"] == "completed"
    world.delivered_once(task)


def test_a_result_is_believed_before_the_query_knows_it(world: World) -> None:
    world.provider.faults(callback="query_lags", query_lag_ms=60000)

    task = world.submit()

    assert world.ended(task)["status"] == "completed"
    world.delivered_once(task)
    assert world.service.history(task)["dispute"] == "none"


def test_with_confirm_always_only_a_query_ends_a_task(make_world: MakeWorld) -> None:
    world = make_world(changes={"callbacks": {"confirm": "always"}})
    world.provider.faults(callback="query_lags", query_lag_ms=1500)

    task = world.submit()

    callback = world.answered_callbacks(task, 1)[0]
    assert json.loads(callback["answer_body"]) == {"status": "accepted"}
    assert world.task(task)["status"] != "completed"
    assert world.ended(task)["status"] == "completed"
    world.delivered_once(task)
    summary = world.service.summary()["results"]
    assert (summary["query"], summary["callback"]) == (1, 0)


# ---- callbacks that never come ----


def test_twenty_of_twenty_lost_callbacks_are_recovered_by_queries(make_world: MakeWorld) -> None:
    world = make_world(changes={"polling": {"first_after": "1s"}})
    world.provider.faults(callback="never")

    tasks = world.submit_many(20)

    world.sink.wait_for_all(tasks)
    for task in tasks:
        world.delivered_once(task)
    assert world.service.summary()["results"]["query"] == 20
    assert world.provider.creates == 20


def test_a_very_late_callback_is_a_duplicate_of_what_the_query_found(make_world: MakeWorld) -> None:
    world = make_world(changes={"polling": {"first_after": "1s"}})
    world.provider.faults(callback_delay_ms=2500)

    task = world.submit()

    world.ended(task)
    answered = world.answered_callbacks(task, 1)
    assert json.loads(answered[0]["answer_body"]) == {"status": "duplicate"}
    world.delivered_once(task)


def test_every_unhelpful_answer_to_a_query_is_no_verdict(make_world: MakeWorld) -> None:
    world = make_world(changes={"polling": {"first_after": "1s"}})
    # Tasks at work are asked about each second, so there is always a query to spoil.
    world.provider.faults(callback="never", work_ms=5000)
    tasks = world.submit_many(12)

    for answer in ("rate_limited", "error_500", "not_found", "bad_gateway_html", "stall", "invalid_task_id", "unauthorized",
                   "quota_exceeded", "permission_denied"):
        world.provider.faults(query={"kind": answer, "times": 1})
        world.provider.fault_used("query")

    for task in tasks:
        assert world.ended(task, within=30)["status"] == "completed"
        world.delivered_once(task)
    assert sum(world.service.timeline(task).count("query_failed") for task in tasks) >= 9


# ---- strangers ----


def snapshot(world: World, task: str) -> tuple[Any, Any]:
    summary = world.service.summary()
    counts = {name: value["count"] for name, value in summary["tasks"].items()}
    return (counts, summary["accepted"], summary["results"], summary["deliveries"]["created"]), world.service.history(task)


def test_forged_callbacks_are_404_and_leave_no_trace(world: World) -> None:
    task, provider_task = open_task(world)
    other, other_provider_task = open_task(world)
    path, body = provider_task.callback_path, completed_body(provider_task.id)
    head, secret_id, mac = path.rsplit(".", 2)
    flipped = mac[:-1] + ("A" if mac[-1] != "A" else "E")
    forged = [
        (f"{head}.{secret_id}.{flipped}", body),
        (f"{head}.{secret_id}.{mac[:-1]}", body),
        (f"{head}.{secret_id}.{mac}=", body),
        (f"{head}.{secret_id}.", body),
        (f"{head}.{secret_id}", body),
        (f"{head}.k9.{mac}", body),
        (f"{head}..{mac}", body),
        (token(task, "another-secret-that-nobody-here-knows-00"), body),
        (f"/callbacks/v1/{other}.{secret_id}.{mac}", body),
        ("/callbacks/v1/", body),
        ("/callbacks/v1/" + "x" * 3000, body),
        (path + "/more", body),
        (path, completed_body(other_provider_task.id)),
        (path, completed_body(other)),
    ]
    before = snapshot(world, task), snapshot(world, other)

    answers = [world.post_callback(path, body) for path, body in forged]

    assert [answer.status for answer in answers] == [404] * len(forged)
    assert (snapshot(world, task), snapshot(world, other)) == before
    refused = [answer for answer in answers[:9]] + answers[12:]
    assert {answer.body for answer in refused} == {b""}


def test_a_callback_after_forgeries_still_counts(world: World) -> None:
    task, provider_task = open_task(world)
    world.post_callback(provider_task.callback_path[:-1] + "_", completed_body(provider_task.id))

    answer = world.post_callback(provider_task.callback_path, completed_body(provider_task.id))

    assert answer.json() == {"status": "accepted"}
    world.delivered_once(task)


def kinds(world: World, task: str) -> dict[str, int]:
    """What was sent to the task's callback URL so far, and the answers."""
    return {item["kind"]: item["answer"] for item in world.provider_task(task).callbacks}


HOSTILE = [("forged_token", {404}), ("wrong_task", {404}), ("oversized", {413}), ("truncated", {0, 400, 408}),
           ("not_json", {400}), ("chunked", {400}), ("slow_drip", {0, 400, 408})]


@pytest.mark.parametrize(("kind", "answers"), HOSTILE, ids=[row[0] for row in HOSTILE])
def test_a_hostile_request_is_refused_and_the_true_callback_counts(world: World, kind: str, answers: set[int]) -> None:
    world.provider.faults(hostile=kind)

    task = world.submit()

    sent = until(lambda: (found := kinds(world, task)).keys() >= {"callback"} and found, "the true callback")
    world.delivered_once(task)
    assert sent[f"hostile:{kind}"] in answers
    assert sent["callback"] == 200


def test_all_hostile_requests_at_once_do_no_harm(world: World) -> None:
    world.provider.faults(hostile="all")

    task = world.submit()

    sent = until(lambda: (found := kinds(world, task)).keys() >= {"callback"} and found, "the true callback")
    world.delivered_once(task)
    assert sent.pop("callback") == 200
    assert sent.keys() == {f"hostile:{kind}" for kind, _ in HOSTILE}
    assert 200 not in sent.values()


def test_a_malformed_callback_with_a_valid_token_makes_a_query_due(world: World) -> None:
    world.provider.faults(callback="never", work_ms=50)
    task = world.submit()
    until(lambda: world.provider_task(task).raw["status"] == "completed", "the provider is done")
    path = world.provider_task(task).callback_path

    answers = [world.post_callback(path, "not json"), world.post_callback(path, "[1]"), world.post_callback(path, '{"id":7}'),
               world.post_callback(path, "{}", content_type="text/plain"), world.post_callback(path, b" " * 70000)]

    assert [answer.status for answer in answers] == [400, 400, 400, 415, 413]
    assert world.ended(task, within=5)["status"] == "completed"
    assert "query_wanted" in world.service.timeline(task)
    world.delivered_once(task)


def test_a_young_task_that_the_store_does_not_know_is_our_trouble_an_old_one_is_404(world: World) -> None:
    body = completed_body("task-unified-1-aaaaaaaa")
    before = world.service.metrics().value("voicehook_callbacks_total", result="orphan")

    young = world.post_callback(token(task_id_made_at(time.time() - 60)), body)
    old = world.post_callback(token(task_id_made_at(time.time() - 40 * 86400)), body)

    assert (young.status, old.status) == (503, 404)
    assert young.header("Retry-After")
    assert old.body == b""
    assert world.service.metrics().value("voicehook_callbacks_total", result="orphan") == before + 1


def test_the_public_listener_serves_nothing_else(world: World) -> None:
    public = world.service.public
    task, provider_task = open_task(world)

    statuses = [public.get("/livez").status, public.get("/readyz").status, public.get("/v1/tasks").status,
                public.get("/metrics").status, public.get("/ops/v1/summary").status, public.get("/openapi.json").status,
                public.get("/").status]
    wrong_method = public.get(provider_task.callback_path)

    assert statuses == [200, 200, 404, 404, 404, 404, 404]
    assert wrong_method.status in (404, 405)


def test_the_token_reaches_no_log_and_no_metric(world: World) -> None:
    task, provider_task = open_task(world)
    mac = provider_task.callback_path.rsplit(".", 1)[1]
    world.post_callback(provider_task.callback_path, "junk")
    world.post_callback(provider_task.callback_path + "x", completed_body(provider_task.id))
    world.post_callback(provider_task.callback_path, completed_body(provider_task.id))
    world.delivered_once(task)

    told = [world.service.program.err.read_text(), world.service.program.out.read_text(),
            world.service.ops.get("/metrics").body.decode(), json.dumps(world.service.history(task)),
            world.api.get(f"/v1/tasks/{task}").body.decode()]

    assert all(mac not in text for text in told)
    assert all(CALLBACK_SECRET not in text for text in told)
