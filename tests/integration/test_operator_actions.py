"""What operators look for and do: finding tasks by any id, what happened to one, replays, and who did what."""
from __future__ import annotations

from typing import Any

import pytest

from support.sink import Sink
from support.wait import until
from support.world import MakeWorld, World

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
NOBODY = "task-019d0000-0000-7000-8000-000000000000"


def found(world: World, **query: str) -> list[str]:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    answer = world.service.ops.get(f"/ops/v1/tasks?{text}")
    assert answer.status == 200, answer
    return [item["id"] for item in answer.json()["data"]]


def actions(world: World) -> list[tuple[str, str, str, str]]:
    answer = world.service.ops.get("/ops/v1/actions")
    assert answer.status == 200, answer
    return [(item["who"], item["what"], item["subject"], item["reason"]) for item in answer.json()["data"]]


def parked(world: World) -> list[dict[str, Any]]:
    answer = world.service.ops.get("/ops/v1/deliveries?state=parked&sink=second")
    assert answer.status == 200, answer
    return answer.json()["data"]


@pytest.fixture
def parking_world(make_world: MakeWorld) -> World:
    """Three tasks that ended, their deliveries to the sink `second` parked: it was gone from the configuration for a while."""
    second = Sink()
    table = {"name": "second", "type": "http", "url": second.url + "/hooks"}
    world = make_world(more_sinks=[table])
    world.second = second  # type: ignore[attr-defined]
    second.always(503)
    for task in world.submit_many(3):
        world.delivered(task)
    sinks = world.service.settings["sinks"]
    world.service.write_config({"sinks": [item for item in sinks if item["name"] != "second"]})
    world.service.reload()
    until(lambda: len(parked(world)) == 3, "parked")
    world.service.write_config({"sinks": sinks})
    world.service.reload()
    until(lambda: world.service.summary()["deliveries"]["sinks"]["second"]["configured"], "configured again")
    second.always(200)
    return world


# ---- finding ----


def test_a_task_is_found_by_every_id_that_people_have_of_it(world: World) -> None:
    task = world.submit(**{"Idempotency-Key": "order-4711", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    plain = world.submit()
    delivery = world.delivered_once(task)
    theirs = world.provider_task(task).id
    webhook = delivery.headers["webhook-id"]

    assert found(world, id=task) == found(world, provider_task_id=theirs) == [task]
    assert found(world, idempotency_key="order-4711") == found(world, webhook_id=webhook) == found(world, trace_id=TRACE) == [task]
    for anything in (task, theirs, "order-4711", webhook, TRACE):
        assert found(world, q=anything) == [task], anything
    own_trace = plain.removeprefix("task-").replace("-", "")
    assert found(world, q=own_trace) == found(world, trace_id=own_trace) == [plain]
    assert found(world, q="nothing-of-this-name") == []
    assert found(world, q=task, caller="somebody-else") == []
    assert found(world, q=task, stage="ended", caller="ann") == [task]


@pytest.mark.parametrize("query", ["q=a&id=b", "trace_id=xyz", "sinc=a", "limit=0", "cursor=%21", "stage=nowhere", "q=a&cursor=b"])
def test_a_search_that_makes_no_sense_says_what_is_allowed(world: World, query: str) -> None:
    answer = world.service.ops.get(f"/ops/v1/tasks?{query}")

    assert answer.status == 400, answer
    assert answer.json()["errors"][0]["message"]


def test_a_cause_is_looked_for_among_parked_deliveries_only(world: World) -> None:
    assert world.service.ops.get("/ops/v1/deliveries?cause=timeout").status == 200
    assert world.service.ops.get("/ops/v1/deliveries?state=pending&cause=timeout").status == 400


# ---- one task ----


def test_a_task_shows_its_attempts_with_the_head_of_the_answers_and_the_request_without_secrets(world: World) -> None:
    world.sink.script(500)
    task = world.submit(**{"Idempotency-Key": "it's"})
    world.delivered(task, 2)
    world.settled(task)

    history = world.service.history(task)

    attempts = [entry for entry in history["timeline"] if entry["kind"] == "delivery_attempt" and entry["detail"].startswith("results: ")]
    assert "HTTP 500" in attempts[0]["detail"] and attempts[0]["body"].startswith("HTTP 500\n")
    assert "HTTP 200" in attempts[1]["detail"] and attempts[1]["body"].startswith("HTTP 200\n")
    assert [entry["detail"] for entry in history["timeline"] if entry["kind"] == "callback"][0].startswith("completed from 127.0.0.1")
    assert (history["id"], history["stage"], history["idempotency_key"]) == (task, "ended", "it's")
    assert history["trace_id"] == task.removeprefix("task-").replace("-", "")
    assert history["ended_at"] >= history["created_at"] and history["due_at"] is None
    shown = next(item for item in history["deliveries"] if item["sink"] == "results")
    assert shown["body"] == world.sink.of_task(task)[0].body.decode()
    assert history["curl"].startswith("curl 'https://") and "Bearer ***" in history["curl"] and f"Idempotency-Key: {task}" in history["curl"]
    assert "/callbacks/v1/***" in history["submit_body"]
    everything = world.service.ops.get(f"/ops/v1/tasks/{task}").body.decode()
    assert "sk-evo" not in everything and f"/callbacks/v1/{task}" not in everything


# ---- actions ----


def test_every_action_is_kept_with_who_did_what_to_what_and_why(make_world: MakeWorld) -> None:
    world = make_world(changes={"polling": {"first_after": "1h"}})
    world.provider.faults(callback="never")
    task = world.submit()

    assert world.service.ops.post("/ops/v1/sinks/results/pause", {"reason": "an upgrade"}).status == 200
    assert world.service.ops.post("/ops/v1/sinks/results/resume", {}).status == 200
    assert world.service.resolve(task, "query").status == 200
    assert world.service.resolve(NOBODY, "query").status == 404

    assert actions(world) == [("operator", "query", task, "a test wants it"), ("operator", "resume", "results", ""),
                              ("operator", "pause", "results", "an upgrade")]
    page = world.service.ops.get("/ops/v1/actions?limit=2").json()
    rest = world.service.ops.get(f"/ops/v1/actions?limit=2&cursor={page['next_cursor']}").json()
    assert [item["what"] for item in page["data"] + rest["data"]] == ["query", "resume", "pause"]
    assert rest["next_cursor"] is None
    assert world.service.ops.get("/ops/v1/actions?cursor=yesterday").status == 400


def test_sending_a_task_again_wants_to_be_told_that_it_may_be_paid_twice(make_world: MakeWorld) -> None:
    world = make_world(changes={"submission": {"replay": "never"}})
    world.provider.faults(submit_response="reset", callback="never")
    task = world.submit(Prefer="respond-async")
    until(lambda: world.service.history(task)["stage"] == "unknown", "unknown")

    warned = world.service.resolve(task, "resubmit")
    done = world.service.resolve(task, "resubmit", accept_double_payment=True)

    assert (warned.status, warned.json()["error"]["code"]) == (409, "double_payment_possible")
    assert done.status == 200
    until(lambda: world.service.history(task)["submissions"] == 2, "sent again")
    assert len(world.provider.paid_for(task)) == 1
    assert [what for _, what, _, _ in actions(world)] == ["resubmit"]


def test_an_order_with_a_field_that_nobody_knows_does_nothing(world: World) -> None:
    misspelt = world.service.ops.post("/ops/v1/replays", {"sinc": "results", "reason": "why", "dry_run": True})
    paused = world.service.ops.post("/ops/v1/sinks/results/pause", {"reason": "why", "until": "tomorrow"})

    assert misspelt.status == paused.status == 400
    assert misspelt.json()["errors"][0]["field"] == "sinc" and "known are sink, cause" in misspelt.json()["errors"][0]["message"]
    assert world.service.summary()["deliveries"]["sinks"]["results"]["paused"] is None


# ---- replays ----


def test_a_dry_run_counts_and_a_replay_delivers_what_it_counted(parking_world: World) -> None:
    world = parking_world
    order = {"sink": "second", "cause": "sink_removed", "reason": "the consumer is back"}

    counted = world.service.ops.post("/ops/v1/replays", {**order, "dry_run": True})
    nothing_happened = len(parked(world))
    started = world.service.ops.post("/ops/v1/replays", {**order, "dry_run": False, "expected": 3})
    replay = started.json()["id"]
    ended = until(lambda: (shown := world.service.ops.get(f"/ops/v1/replays/{replay}").json())["state"] != "running" and shown, "done")

    assert (counted.status, counted.json()["count"], counted.json()["sinks"]) == (200, 3, {"second": 3})
    assert counted.json()["oldest_created_at"] and counted.json()["estimated_seconds"] >= 1
    assert nothing_happened == 3
    assert started.status == 202 and started.json()["total"] == 3
    assert (ended["state"], ended["replayed"], ended["who"]) == ("done", 3, "operator")
    until(lambda: world.service.summary()["deliveries"]["sinks"]["second"]["delivered"] == 3, "delivered")
    assert actions(world)[0] == ("operator", "replay", replay, "the consumer is back")
    assert world.service.ops.get("/ops/v1/replays").json()["data"][0]["id"] == replay
    again = world.service.ops.post(f"/ops/v1/replays/{replay}/cancel", {})
    assert (again.status, again.json()["error"]["code"]) == (409, "replay_ended")


def test_a_replay_of_more_than_was_counted_is_refused(parking_world: World) -> None:
    world = parking_world

    refused = world.service.ops.post("/ops/v1/replays", {"reason": "why", "dry_run": False, "expected": 2})
    without = world.service.ops.post("/ops/v1/replays", {"reason": "why", "dry_run": False})
    other_cause = world.service.ops.post("/ops/v1/replays", {"cause": "tls", "reason": "why", "dry_run": False, "expected": 0})

    assert (refused.status, refused.json()["error"]["code"]) == (409, "more_than_expected")
    assert without.status == 400
    assert (other_cause.status, other_cause.json()["error"]["code"]) == (409, "nothing_parked")
    assert len(parked(world)) == 3


def test_a_replay_waits_for_a_paused_sink_survives_a_restart_and_can_be_cancelled(parking_world: World) -> None:
    world = parking_world
    assert world.service.ops.post("/ops/v1/sinks/second/pause", {"reason": "not yet"}).status == 200
    started = world.service.ops.post("/ops/v1/replays", {"sink": "second", "reason": "why", "dry_run": False, "expected": 3})
    replay = started.json()["id"]
    second = world.service.ops.post("/ops/v1/replays", {"sink": "second", "reason": "why", "dry_run": False, "expected": 3})

    world.service.kill()
    world.service.start()
    after_restart = world.service.ops.get(f"/ops/v1/replays/{replay}").json()
    cancelled = world.service.ops.post(f"/ops/v1/replays/{replay}/cancel", {}).json()

    assert (second.status, second.json()["error"]["code"]) == (409, "replay_running")
    assert (after_restart["state"], after_restart["replayed"]) == ("running", 0)
    assert (cancelled["state"], cancelled["replayed"]) == ("cancelled", 0)
    assert len(parked(world)) == 3


def test_a_replay_goes_on_after_a_restart(parking_world: World) -> None:
    world = parking_world
    assert world.service.ops.post("/ops/v1/sinks/second/pause", {"reason": "not yet"}).status == 200
    started = world.service.ops.post("/ops/v1/replays", {"sink": "second", "reason": "why", "dry_run": False, "expected": 3})
    world.service.kill()
    world.service.start()

    assert world.service.ops.post("/ops/v1/sinks/second/resume", {}).status == 200

    until(lambda: world.service.summary()["deliveries"]["sinks"]["second"]["delivered"] == 3, "delivered")
    assert world.service.ops.get(f"/ops/v1/replays/{started.json()['id']}").json()["replayed"] == 3


@pytest.mark.parametrize("path", ["/ops/v1/replays/replay-1", "/ops/v1/replays/%20"])
def test_a_replay_of_no_such_id_is_not_found(world: World, path: str) -> None:
    assert world.service.ops.get(path).status == 404
    assert world.service.ops.post(path + "/cancel", {}).status == 404


# ---- the summary ----


def test_the_summary_tells_what_is_late_and_whose_links_die(parking_world: World) -> None:
    summary = parking_world.service.summary()

    second = summary["deliveries"]["sinks"]["second"]
    assert second["parked"] == 3 and second["parked_by_cause"] == {"sink_removed": 3}
    assert second["oldest_parked_age_seconds"] is not None and second["past_due_seconds"] is None
    assert second["soonest_link_expiry"] == summary["soonest_link_expiry"] > summary["at"]
    assert summary["past_due"] == {"submissions_seconds": None, "queries_seconds": None, "deliveries_seconds": None}
