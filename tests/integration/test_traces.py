"""Traces: what a caller began goes on at the provider, deliveries begin their own and link back, and every line tells."""
from __future__ import annotations

import base64
import re
from typing import Any

from support.service import Service
from support.sink import Received
from support.wait import until
from support.world import MakeWorld, World, completed_body

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"
#: What a participant sends in version 00.
FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")

HOSTILE = ["00", PARENT.upper(), PARENT + "-00", PARENT[:-1], "ff" + PARENT[2:], "zz" + PARENT[2:],
           f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}-{SPAN}-0g", f"00_{TRACE}_{SPAN}_01",
           PARENT + "," + PARENT, "cc" + PARENT[2:] + ".later", "x" * 4000]


def own_trace(task: str) -> str:
    """Of a task whose caller has none: the UUID in its id."""
    return task.removeprefix("task-").replace("-", "")


def delivery_trace(delivery: str) -> str:
    return base64.urlsafe_b64decode(delivery.removeprefix("msg_") + "==").hex()


def trace_of(header: str) -> str:
    assert FORM.fullmatch(header), header
    return header.split("-")[1]


def span_of(header: str) -> str:
    assert FORM.fullmatch(header), header
    return header.split("-")[2]


def told_to_the_provider(world: World, task: str) -> list[str]:
    """The traceparents of everything that was submitted and asked about the task."""
    queries = world.tap.queries(world.provider_task(task).id) if world.provider.paid_for(task) else []
    return [item.headers["traceparent"] for item in [*world.tap.submissions(task), *queries]]


def lines_about(service: Service, task: str) -> list[dict[str, Any]]:
    return [line for line in service.program.log_lines() if line.get("task") == task]


def details(world: World, task: str, kind: str) -> list[str]:
    return [entry["detail"] for entry in world.service.history(task)["timeline"] if entry["kind"] == kind]


# ---- to the provider ----


def test_a_callers_trace_goes_on_at_the_provider_with_another_span_in_each_request(make_world: MakeWorld) -> None:
    world = make_world(tap=True, changes={"polling": {"first_after": "500ms", "interval": "500ms"}})
    world.provider.faults(submit_error={"kind": "rate_limit_exceeded", "times": 1}, callback="never", work_ms=60000)

    task = world.submit(Traceparent=PARENT, Prefer="respond-async")

    until(lambda: len(world.tap.queries(world.provider_task(task).id)) >= 2, "two queries")
    sent = told_to_the_provider(world, task)
    assert len(sent) >= 4
    assert {trace_of(header) for header in sent} == {TRACE}
    assert len({SPAN, *map(span_of, sent)}) == len(sent) + 1
    assert {header[-2:] for header in sent} == {"01"}
    spans = [span_of(item.headers["traceparent"]) for item in world.tap.submissions(task)]
    assert details(world, task, "submission_postponed")[0].endswith(f", span {spans[0]}")
    assert details(world, task, "submission_accepted")[0].endswith(f", span {spans[1]}")
    assert details(world, task, "accepted") == [f"from ann, trace {TRACE}"]


def test_a_trace_that_nobody_records_stays_so_at_the_provider_and_at_the_sink(make_world: MakeWorld) -> None:
    world = make_world(tap=True)

    task = world.submit(Traceparent=f"00-{TRACE}-{SPAN}-00")

    delivered = world.delivered(task)
    assert [header[-2:] for header in told_to_the_provider(world, task)] == ["00"]
    assert delivered.headers["traceparent"].endswith("-00")
    assert delivered.headers["voicehook-task-traceparent"].endswith("-00")


def test_a_replay_after_a_crash_is_in_the_same_trace(make_world: MakeWorld) -> None:
    world = make_world(tap=True)
    tasks = {}
    for parent in (PARENT, ""):
        world.provider.faults(submit_response={"kind": "reset", "times": 1}, idempotency="honoured", work_ms=60000)
        task = world.submit(Prefer="respond-async", **({"Traceparent": parent} if parent else {}))
        tasks[task] = TRACE if parent else own_trace(task)
        until(lambda: "submission_unknown" in world.service.timeline(task), "the answer was lost")

    world.service.kill()
    world.service.start()

    for task, trace in tasks.items():
        until(lambda: "submission_accepted" in world.service.timeline(task), "replayed")
        sent = [item.headers["traceparent"] for item in world.tap.submissions(task)]
        assert len(sent) >= 2
        assert {trace_of(header) for header in sent} == {trace}
        assert len(set(map(span_of, sent))) == len(sent)


def test_a_hostile_traceparent_is_dropped_and_the_task_has_a_trace_of_its_own(make_world: MakeWorld) -> None:
    world = make_world(tap=True)
    for parent in HOSTILE:
        task = world.submit(Traceparent=parent)

        header = world.tap.submissions(task)[0].headers["traceparent"]
        assert trace_of(header) == own_trace(task), parent
        assert header.endswith("-01"), "nobody said that it is not to be recorded"


def test_of_a_later_version_what_we_know_goes_on(make_world: MakeWorld) -> None:
    world = make_world(tap=True)

    task = world.submit(Traceparent="cc" + PARENT[2:] + "-What-comes-later", Tracestate="congo=t61rcWkgMzE")

    submission = world.tap.submissions(task)[0]
    assert trace_of(submission.headers["traceparent"]) == TRACE
    assert "tracestate" not in submission.headers


# ---- to the sinks ----


def test_a_delivery_is_in_one_trace_at_every_attempt_and_links_back_to_its_task(make_world: MakeWorld) -> None:
    world = make_world()
    for parent in (PARENT, ""):
        world.sink.script(500, 503)

        task = world.submit(**({"Traceparent": parent} if parent else {}))

        world.settled(task)
        attempts: list[Received] = world.sink.of_task(task)
        assert len(attempts) == 3
        own = delivery_trace(attempts[0].headers["webhook-id"])
        assert {trace_of(item.headers["traceparent"]) for item in attempts} == {own}
        spans = [span_of(item.headers["traceparent"]) for item in attempts]
        assert len(set(spans)) == 3
        links = {item.headers["voicehook-task-traceparent"] for item in attempts}
        assert [trace_of(link) for link in links] == [TRACE if parent else own_trace(task)]
        told = details(world, task, "delivery_attempt")
        assert [detail.split(", trace ")[1] for detail in told] == [f"{own}, span {span}" for span in spans]


# ---- from the provider ----


def test_a_callback_is_in_the_trace_that_it_came_in_or_in_a_fresh_one(world: World) -> None:
    sent = {"good": f"00-{'c' * 32}-{'d' * 16}-01", "hostile": "00-" + "c" * 32, "none": None}
    fresh = set()
    for name, parent in sent.items():
        task = world.slow_task()
        provider_task = world.provider_task(task)

        answer = world.post_callback(provider_task.callback_path, completed_body(provider_task.id),
                                     **({"traceparent": parent} if parent else {}))

        assert answer.status == 200
        line = until(lambda: [line for line in lines_about(world.service, task) if line["event"] == "callback_received"],
                     "the callback is logged")[0]
        assert line["task_trace_id"] == own_trace(task)
        assert f", trace {line['trace_id']}, span " in details(world, task, "callback")[0]
        if name == "good":
            assert line["trace_id"] == "c" * 32
        else:
            fresh.add(line["trace_id"])
    assert len(fresh) == 2 and fresh.isdisjoint({"c" * 32})


# ---- the log ----


def test_every_line_of_a_tasks_life_tells_its_trace_and_that_of_what_it_is_about(make_world: MakeWorld) -> None:
    world = make_world()
    world.sink.script(500)
    tasks = {}
    for parent in (PARENT, ""):
        world.provider.faults(submit_error={"kind": "rate_limit_exceeded", "times": 1}, callback="never", work_ms=60000)
        task = world.submit(Prefer="respond-async", **({"Traceparent": parent} if parent else {}))
        tasks[task] = TRACE if parent else own_trace(task)
        until(lambda: world.service.history(task)["stage"] == "in_flight", "accepted")
        provider_task = world.provider_task(task)
        path = provider_task.callback_path
        assert world.post_callback(path, b"no JSON").status == 400
        assert world.post_callback(path, b"a=b", content_type="application/x-www-form-urlencoded").status == 415
        assert world.service.resolve(task, "query").status == 200
        assert world.post_callback(path, completed_body(provider_task.id)).json()["status"] == "accepted"
        assert world.post_callback(path, completed_body(provider_task.id)).json()["status"] == "duplicate"
        assert world.post_callback(path, completed_body(provider_task.id, status="failed")).json()["status"] == "conflict"
        world.settled(task)

    expected = {"task_accepted", "submission_judged", "callback_received", "callback_refused", "task_ended", "task_contradicted",
                "operator_action", "delivery_attempted"}
    for task, trace in tasks.items():
        until(lambda: expected <= {line["event"] for line in lines_about(world.service, task)}, "all is logged")
        for line in lines_about(world.service, task):
            assert re.fullmatch("(?!0{32})[0-9a-f]{32}", line["trace_id"]), line
            if line["event"] in ("callback_received", "callback_refused"):
                assert line["task_trace_id"] == trace and line["trace_id"] != trace, line
            elif "delivery" in line:
                assert line["task_trace_id"] == trace and line["trace_id"] == delivery_trace(line["delivery"]), line
            else:
                assert line["trace_id"] == trace, line
