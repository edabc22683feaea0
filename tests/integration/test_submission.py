"""Every answer that the provider can give to a submission, and every way to lose one: never a second payment."""
from __future__ import annotations

from typing import Iterator

import pytest

from support.certificates import Authority, ServerFiles
from support.http import Response
from support.wait import stays, until
from support.world import MakeWorld, World


@pytest.fixture(scope="module")
def _tapped(tmp_path_factory: pytest.TempPathFactory, authority: Authority, files: ServerFiles) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("tapped"), authority, files, tap=True, work="400ms",
                 changes={"submission": {"wait": "1s"}})
    yield made
    made.close()


@pytest.fixture
def tapped(_tapped: World) -> Iterator[World]:
    """A world in which every submission is seen on the wire."""
    _tapped.provider.calm()
    yield _tapped
    _tapped.provider.calm()
    _tapped.service.check_conservation()


def paid_once(world: World, task: str) -> None:
    assert len(world.provider.paid_for(task)) == 1


def sent_alike(world: World, task: str, at_least: int) -> None:
    """Every attempt carried the same bytes under the same key, which is our task id."""
    sent = world.tap.submissions(task)
    assert len(sent) >= at_least, f"{len(sent)} submissions"
    assert {item.key for item in sent} == {task}
    assert len({item.body for item in sent}) == 1


REFUSALS = [
    ("invalid_request", 400, "invalid_request"), ("insufficient_quota", 402, "insufficient_quota"),
    ("insufficient_user_quota", 402, "insufficient_user_quota"), ("model_access_denied", 403, "model_access_denied"),
    ("permission_denied", 403, "permission_denied"), ("idempotency_conflict", 409, "idempotency_conflict"),
    ("request_too_large_error", 413, 413)]


@pytest.mark.parametrize(("error", "status", "code"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_a_refusal_keeps_its_status_and_error_and_is_delivered_as_failed(tapped: World, error: str, status: int,
                                                                       code: object) -> None:
    tapped.provider.faults(submit_error={"kind": error, "times": 1})

    answer = tapped.post()

    assert answer.status == status
    assert answer.media_type == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["error"]["code"] == code
    task = newest(tapped)
    assert (task["status"], task["error"]["code"]) == ("failed", code)
    assert tapped.delivered_once(task["id"]).json()["type"] == "voice_design.failed"
    assert len(tapped.tap.submissions(task["id"])) == 1
    assert tapped.provider.paid_for(task["id"]) == []


RETRIED = ["no_available_channel", "rate_limit_exceeded", "rate_limit_retry_after"]


@pytest.mark.parametrize("error", RETRIED)
def test_what_is_certainly_not_accepted_is_retried_with_the_same_key(tapped: World, error: str) -> None:
    tapped.provider.faults(submit_error={"kind": error, "times": 2})

    task = tapped.submit(Prefer="respond-async")

    tapped.delivered_once(task)
    sent_alike(tapped, task, 3)
    paid_once(tapped, task)
    assert "submission_postponed" in tapped.service.timeline(task)


UNKNOWN = ["paid_outcome_unknown", "internal_error", "bad_gateway_html", "unavailable", "legacy_envelope", "oauth_envelope"]


def test_every_unclear_answer_leaves_the_outcome_unknown_and_is_replayed_under_the_same_key(tapped: World) -> None:
    tasks: dict[str, str] = {}
    for error in UNKNOWN:
        tapped.provider.faults(submit_error={"kind": error, "times": 1})
        task = tapped.submit(Prefer="respond-async")
        until(lambda: "submission_unknown" in tapped.service.timeline(task), f"{error} is unknown")
        tasks[error] = task

    for task in tasks.values():
        tapped.delivered_once(task)
        sent_alike(tapped, task, 2)
        paid_once(tapped, task)


LOST = ["reset", "hang", "no_id"]


@pytest.mark.parametrize("loss", LOST)
def test_a_lost_response_is_replayed_to_a_provider_that_honours_the_key(tapped: World, loss: str) -> None:
    before = tapped.provider.stats()["replays"]
    tapped.provider.faults(submit_response={"kind": loss, "times": 1}, idempotency="honoured", work_ms=8000, callback="never")

    task = tapped.submit(Prefer="respond-async")

    until(lambda: tapped.provider.stats()["replays"] > before, "a replay")
    until(lambda: "submission_accepted" in tapped.service.timeline(task), "accepted at last")
    sent_alike(tapped, task, 2)
    paid_once(tapped, task)
    assert "submission_unknown" in tapped.service.timeline(task)
    tapped.provider.send_callback(tapped.provider_task(task).id, outcome="completed")
    tapped.delivered_once(task)


@pytest.mark.parametrize("loss", LOST)
def test_a_lost_response_is_made_good_by_the_callback_where_the_key_is_ignored(tapped: World, loss: str) -> None:
    tapped.provider.faults(submit_response={"kind": loss, "times": 1}, idempotency="ignored")

    task = tapped.submit(Prefer="respond-async")

    tapped.delivered_once(task)
    paid_once(tapped, task)
    assert len(tapped.tap.submissions(task)) == 1
    assert tapped.task(task)["provider_task_id"] == tapped.provider_task(task).id


def test_a_caller_who_waits_for_a_lost_response_is_answered_when_the_callback_comes(tapped: World) -> None:
    tapped.provider.faults(submit_response={"kind": "reset", "times": 1}, idempotency="ignored", work_ms=300)

    answer = tapped.post()

    assert answer.status == 200
    assert answer.json()["status"] == "completed"


def test_a_slow_answer_is_awaited_and_an_impatient_one_becomes_202(tapped: World) -> None:
    tapped.provider.faults(submit_delay_ms=1500, work_ms=1600)

    answer = tapped.post()

    assert answer.status == 202
    task = answer.json()["id"]
    assert answer.header("Location") == f"/v1/tasks/{task}"
    assert answer.json()["status"] == "pending"
    tapped.delivered_once(task)
    paid_once(tapped, task)


def test_a_callback_that_comes_before_the_submit_response_decides(tapped: World) -> None:
    tapped.provider.faults(callback="before_response", submit_delay_ms=300)

    answer = tapped.post()

    assert answer.status == 200
    task = answer.json()["id"]
    assert (answer.json()["status"], answer.json()["progress"]) == ("completed", 100)
    tapped.delivered_once(task)
    paid_once(tapped, task)
    assert tapped.task(task)["status"] == "completed"
    assert "conflict" not in tapped.service.timeline(task)


def test_the_providers_request_id_and_the_callers_traceparent_travel(tapped: World) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    task = tapped.submit(Traceparent=parent)

    headers = tapped.tap.submissions(task)[0].headers
    assert headers["traceparent"].split("-")[1] == parent.split("-")[1]
    assert headers["authorization"].startswith("Bearer sk-evo-")


def test_with_replay_never_nothing_is_sent_twice_and_a_late_callback_ends_it(make_world: MakeWorld) -> None:
    world = make_world(tap=True, changes={"submission": {"replay": "never", "replay_after": "1s"}})
    world.provider.faults(submit_response={"kind": "reset", "times": 1}, idempotency="ignored", callback_delay_ms=3000)

    task = world.submit(Prefer="respond-async")

    world.delivered_once(task)
    assert len(world.tap.submissions(task)) == 1
    paid_once(world, task)


def test_with_replay_never_an_operator_binds_what_the_provider_accepted(make_world: MakeWorld) -> None:
    world = make_world(tap=True, changes={"submission": {"replay": "never", "replay_after": "1s"},
                                          "polling": {"first_after": "1s"}})
    world.provider.faults(submit_response={"kind": "reset", "times": 1}, callback="never")
    task = world.submit(Prefer="respond-async")
    until(lambda: world.service.history(task)["stage"] == "unknown", "unknown")
    stays(lambda: len(world.tap.submissions(task)) == 1, "only one submission", 1.5)

    answer = world.service.resolve(task, "bind", provider_task_id=world.provider_task(task).id)

    assert answer.status in (200, 202, 204), answer
    assert world.ended(task)["status"] == "completed"
    world.delivered_once(task)
    paid_once(world, task)


def test_with_replay_never_an_operator_may_have_the_same_bytes_sent_again(make_world: MakeWorld) -> None:
    world = make_world(tap=True, changes={"submission": {"replay": "never"}})
    world.provider.faults(submit_response={"kind": "no_id", "times": 1}, work_ms=5000)
    task = world.submit(Prefer="respond-async")
    until(lambda: world.service.history(task)["stage"] == "unknown", "unknown")

    answer = world.service.resolve(task, "resubmit", accept_double_payment=True)

    assert answer.status in (200, 202, 204), answer
    until(lambda: world.service.history(task)["stage"] == "in_flight", "accepted")
    sent_alike(world, task, 2)
    paid_once(world, task)


def test_our_rejected_key_is_not_the_callers_fault_until_the_deadline(make_world: MakeWorld) -> None:
    world = make_world(tap=True, changes={"submission": {"wait": "1s", "deadline": "3s"}})
    tasks: dict[str, str] = {}
    for error in ("unauthorized", "key_disabled", "key_expired"):
        world.provider.faults(submit_error=error)
        answer: Response = world.post(Prefer="respond-async")
        assert answer.status == 202
        tasks[error] = answer.json()["id"]
        until(lambda: "submission_postponed" in world.service.timeline(tasks[error]), f"{error} is postponed")
        assert world.service.history(tasks[error])["stage"] == "queued"

    waiting = world.post()

    assert (waiting.status, waiting.json()["status"]) == (202, "pending")
    for task in tasks.values():
        ended = world.ended(task)
        assert (ended["status"], ended["error"]["code"]) == ("failed", "provider_unauthorized")
        assert world.delivered_once(task).json()["type"] == "voice_design.failed"
        assert len(world.tap.submissions(task)) == 1
    assert world.provider.creates == 0
    assert world.service.metrics().value("voicehook_submissions_total", verdict="unauthorized") >= 3


def test_a_provider_that_comes_back_gets_each_task_once(make_world: MakeWorld) -> None:
    world = make_world()
    world.provider.program.kill()
    tasks = [world.submit(Prefer="respond-async") for _ in range(5)]
    until(lambda: all("submission_postponed" in world.service.timeline(task) for task in tasks), "connections are refused")

    world.provider.restart()

    for task in tasks:
        world.delivered_once(task)
        paid_once(world, task)
    assert world.provider.creates == len(tasks)


def test_an_unreachable_provider_ends_a_task_at_its_deadline_and_only_a_certain_one(make_world: MakeWorld) -> None:
    world = make_world(changes={"submission": {"wait": "1s", "deadline": "3s", "replay_after": "1s"}})
    world.provider.faults(submit_error="internal_error")
    unknown = world.submit(Prefer="respond-async")
    until(lambda: "submission_unknown" in world.service.timeline(unknown), "unknown")
    world.provider.program.kill()

    certain = world.submit(Prefer="respond-async")

    ended = world.ended(certain)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "submission_expired")
    assert world.delivered_once(certain)
    stays(lambda: world.task(unknown)["status"] == "pending", "a perhaps paid task waits", 1.5)
    assert world.service.history(unknown)["stage"] == "unknown"


def test_a_provider_with_a_strangers_certificate_gets_nothing(make_world: MakeWorld) -> None:
    world = make_world(tap=True, start=False)
    stranger = Authority(world.folder / "stranger")
    world.service.write_config({"provider": {"ca_file": str(stranger.file)}})
    world.service.start()

    task = world.submit(Prefer="respond-async")

    until(lambda: "submission_postponed" in world.service.timeline(task), "postponed")
    assert world.tap.submissions(task) == []
    assert world.service.history(task)["stage"] in ("queued", "submitting")


def newest(world: World) -> dict[str, object]:
    return world.api.get("/v1/tasks?limit=1").json()["data"][0]
