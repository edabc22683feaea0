"""What operators watch: the event stream, the history, and who is kept from both."""
from __future__ import annotations

import time
from itertools import islice
from typing import Any, Iterator

import pytest

from support.http import Client, Event, EventStream
from support.wait import until
from support.world import MakeWorld, World


def first_summary(stream: EventStream) -> tuple[dict[str, Any], Iterator[Event]]:
    events = stream.events()
    first = next(events)
    assert first.name == "summary"
    return first.json(), events


def activity(events: Iterator[Event], kind: str, task: str | None = None) -> dict[str, Any]:
    """The next activity of that kind."""
    for event in events:
        if event.name == "activity" and event.json()["kind"] == kind and task in (None, event.json()["task"]):
            assert event.id == str(event.json()["seq"])
            return event.json()
    raise AssertionError(f"the stream ended before {kind}")


def test_a_stream_shows_the_summary_at_once_and_every_two_seconds(world: World) -> None:
    stream = world.service.ops.open_stream("/ops/v1/events")
    began = time.monotonic()

    first, events = first_summary(stream)
    second = next(event for event in events if event.name == "summary").json()

    assert stream.status == 200
    assert stream.response.getheader("Content-Type", "").startswith("text/event-stream")
    assert 1.0 < time.monotonic() - began < 10.0
    assert first["operator"] == second["operator"] == "operator"
    assert first.keys() == world.service.summary().keys()
    assert first["at"] < second["at"]
    stream.close()


def test_what_happens_to_a_task_is_told_as_it_happens(make_world: MakeWorld) -> None:
    world = make_world()
    stream = world.service.ops.open_stream("/ops/v1/events")
    _, events = first_summary(stream)

    task = world.submit()
    accepted = activity(events, "accepted", task)
    ended = activity(events, "ended", task)

    assert (accepted["caller"], accepted["sink"]) == ("ann", None)
    assert (ended["caller"], ended["detail"]) == ("ann", "completed by callback")
    assert accepted["seq"] < ended["seq"] and accepted["at"] <= ended["at"]
    stream.close()


def test_parked_deliveries_and_paused_sinks_are_told(make_world: MakeWorld) -> None:
    world = make_world()
    stream = world.service.ops.open_stream("/ops/v1/events")
    _, events = first_summary(stream)
    world.sink.always(410)

    task = world.submit()
    paused = activity(events, "sink_paused", task)

    assert (paused["sink"], paused["detail"]) == ("results", "HTTP 410")
    stream.close()


def test_an_unknown_outcome_and_a_contradiction_are_told(make_world: MakeWorld) -> None:
    world = make_world(changes={"submission": {"replay": "never"}})
    stream = world.service.ops.open_stream("/ops/v1/events")
    _, events = first_summary(stream)
    world.provider.faults(submit_response="reset", callback="never")

    task = world.submit(Prefer="respond-async")
    unknown = activity(events, "unknown", task)
    world.end(task)
    world.end(task, "failed")
    contradicted = activity(events, "contradicted", task)

    assert unknown["caller"] == "ann"
    assert contradicted["detail"] in ("settling", "disputed")
    stream.close()


def test_what_operators_do_is_told_with_their_name(make_world: MakeWorld) -> None:
    world = make_world()
    stream = world.service.ops.open_stream("/ops/v1/events")
    _, events = first_summary(stream)
    task = world.slow_task()

    assert world.service.resolve(task, "fail").status == 200
    failed = activity(events, "action")
    assert world.service.ops.post("/ops/v1/sinks/results/pause", {"reason": "a test wants it"}).status == 200
    paused = activity(events, "action")

    assert (failed["task"], failed["sink"], failed["detail"]) == (task, None, f"fail by operator: {task}")
    assert (paused["task"], paused["sink"], paused["detail"]) == (None, "results", "pause by operator: results")
    stream.close()


def test_a_stream_is_resumed_where_it_broke_off(make_world: MakeWorld) -> None:
    world = make_world()
    stream = world.service.ops.open_stream("/ops/v1/events")
    _, events = first_summary(stream)
    task = world.submit()
    seen = activity(events, "accepted", task)["seq"]
    stream.close()
    world.ended(task)
    world.ended(world.submit())

    again = world.service.ops.open_stream("/ops/v1/events", last_event_id=str(seen))
    _, events = first_summary(again)
    missed = list(islice(events, 3))

    assert [event.json()["seq"] for event in missed] == [seen + 1, seen + 2, seen + 3]
    assert [event.json()["kind"] for event in missed] == ["ended", "accepted", "ended"]
    again.close()


def test_more_than_can_be_shown_is_counted_and_nothing_is_shown_twice(make_world: MakeWorld) -> None:
    world = make_world()
    stream = world.service.ops.open_stream("/ops/v1/events")
    _, events = first_summary(stream)
    tasks = 300

    world.submit_many(tasks, workers=16)
    ticks: list[list[Event]] = [[]]
    told = 0
    while told < 2 * tasks:
        event = next(events)
        if event.name == "summary":
            ticks.append([])
        else:
            ticks[-1].append(event)
            told += event.json()["count"] if event.name == "skipped" else 1

    assert told == 2 * tasks
    assert max(sum(event.name == "activity" for event in tick) for tick in ticks) <= 50
    assert any(event.name == "skipped" for tick in ticks for event in tick)
    numbers = [event.json()["seq"] for tick in ticks for event in tick if event.name == "activity"]
    assert numbers == sorted(set(numbers))
    stream.close()


def test_streams_are_limited_and_a_closed_one_makes_room(make_world: MakeWorld) -> None:
    world = make_world()
    streams = [world.service.ops.open_stream("/ops/v1/events") for _ in range(32)]

    refused = world.service.ops.get("/ops/v1/events")
    streams.pop().close()
    accepted = until(lambda: (one := world.service.ops.open_stream("/ops/v1/events")).status == 200 and one, "room")

    assert all(stream.status == 200 for stream in streams)
    assert (refused.status, refused.header("Retry-After")) == (503, "5")
    assert refused.json()["error"]["code"] == "too_many_streams"
    for stream in [*streams, accepted]:
        stream.close()


def test_streams_end_with_the_service(make_world: MakeWorld) -> None:
    world = make_world()
    stream = world.service.ops.open_stream("/ops/v1/events")
    _, events = first_summary(stream)

    code = world.service.terminate()
    rest = list(events)

    assert code == 0
    assert all(event.name in ("summary", "activity") for event in rest)
    stream.close()


def test_numbers_grow_over_a_restart(make_world: MakeWorld) -> None:
    world = make_world()
    before = world.service.ops.open_stream("/ops/v1/events")
    _, events = first_summary(before)
    seen = activity(events, "accepted", world.submit())
    world.service.terminate()
    before.close()
    world.service.start()

    stream = world.service.ops.open_stream("/ops/v1/events", last_event_id=str(seen["seq"]))
    _, events = first_summary(stream)
    fresh = activity(events, "accepted", world.submit())

    assert fresh["seq"] > seen["seq"]
    stream.close()


@pytest.mark.parametrize(("path", "header", "field", "allowed"), [
    ("/ops/v1/events", {"last_event_id": "latest"}, "Last-Event-ID", "a whole number"),
    ("/ops/v1/events?since=1", {}, "since", ""),
    ("/ops/v1/history?window=2h", {}, "window", "1h, 24h"),
    ("/ops/v1/history?from=1", {}, "from", "window"),
    ("/ops/v1/summary?audit=shallow", {}, "audit", "deep")])
def test_what_is_not_understood_is_refused_with_what_would_be(world: World, path: str, header: dict[str, str], field: str,
                                                              allowed: str) -> None:
    answer = world.service.ops.get(path, **header)

    assert answer.status == 400, answer
    assert answer.media_type == "application/problem+json"
    [complaint] = answer.json()["errors"]
    assert complaint["field"] == field and allowed in complaint["message"]


def test_the_history_has_every_series_at_one_length_and_gaps_where_nothing_is_known(make_world: MakeWorld) -> None:
    world = make_world()
    world.delivered_once(world.submit())

    hour = until(lambda: (found := world.service.ops.get("/ops/v1/history").json())["series"]["parked"][-1] is not None and found,
                 "the first interval is over", 25.0)
    day = world.service.ops.get("/ops/v1/history?window=24h").json()

    assert (hour["window"], hour["step_seconds"], day["window"], day["step_seconds"]) == ("1h", 10, "24h", 300)
    assert hour["series"].keys() == day["series"].keys() == {
        "submissions_per_second", "callbacks_per_second", "deliveries_per_second", "ack_p50_seconds", "ack_p99_seconds",
        "delivery_lag_p50_seconds", "delivery_lag_p99_seconds", "oldest_open_task_seconds", "oldest_waiting_delivery_seconds",
        "parked"}
    assert {len(values) for values in hour["series"].values()} == {360}
    assert {len(values) for values in day["series"].values()} == {288}
    assert hour["series"]["parked"][-1] == 0 and hour["series"]["parked"][0] is None
    assert hour["series"]["oldest_open_task_seconds"][-1] is None
    assert set(hour["series"]["submissions_per_second"][:-2]) == {None}


# ---- other sites ----


@pytest.mark.parametrize("header", [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_other_sites_get_nothing_whatever_they_know(world: World, header: dict[str, str]) -> None:
    task = world.slow_task()
    nobody = Client(world.service.ops_port, world.authority.file)
    order = '{"action":"fail","reason":"not ours"}'

    answers = [world.service.ops.request("GET", "/ops/v1/summary", None, header),
               world.service.ops.request("GET", "/ops/v1/events", None, header),
               world.service.ops.request("GET", "/ops/v1/nothing", None, header),
               world.service.ops.request("POST", f"/ops/v1/tasks/{task}/resolve", order,
                                         {**header, "Content-Type": "application/json"}),
               nobody.request("GET", "/ops/v1/summary", None, header),
               nobody.request("OPTIONS", "/ops/v1/summary", None, {**header, "Access-Control-Request-Method": "POST"})]

    for answer in answers:
        assert answer.status == 403, answer
        assert answer.json()["error"]["code"] == "cross_site"
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]
    assert world.task(task)["status"] in ("pending", "processing")
    world.end(task)
    world.ended(task)


def test_refusals_of_other_sites_are_counted(make_world: MakeWorld) -> None:
    world = make_world()

    world.service.ops.request("GET", "/ops/v1/summary", None, {"Sec-Fetch-Site": "cross-site"})

    assert world.service.metrics().value("voicehook_http_rejected_total", listener="ops", reason="cross_site") == 1


def test_our_own_page_and_who_is_no_browser_are_served_without_a_word_on_other_origins(world: World) -> None:
    own = {"Origin": f"https://localhost:{world.service.ops_port}", "Sec-Fetch-Site": "same-origin"}

    answers = [world.service.ops.request("GET", "/ops/v1/summary", None, own), world.service.ops.get("/ops/v1/summary"),
               world.service.ops.request("GET", "/metrics", None, {"Sec-Fetch-Site": "cross-site"})]

    for answer in answers:
        assert answer.status == 200, answer
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]
