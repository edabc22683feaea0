"""The ops listener: metrics, the summary, and the actions without which a stage has no way out."""
from __future__ import annotations

import hashlib

import pytest

from support.certificates import Authority
from support.http import Client
from support.wait import until
from support.world import MakeWorld, World

#: Metric families of the contract, with a label set that must be there from the start.
CATALOGUE: list[tuple[str, dict[str, str]]] = [
    ("voicehook_callbacks_total", {"result": "accepted"}), ("voicehook_callbacks_total", {"result": "duplicate"}),
    ("voicehook_callbacks_total", {"result": "conflict"}), ("voicehook_callbacks_total", {"result": "orphan"}),
    ("voicehook_callback_ack_seconds_count", {}), ("voicehook_submissions_total", {"verdict": "accepted"}),
    ("voicehook_submissions_total", {"verdict": "unknown"}),
    ("voicehook_provider_requests_total", {"operation": "submit", "status": "2xx"}),
    ("voicehook_tasks", {"stage": "queued"}), ("voicehook_tasks", {"stage": "unknown"}),
    ("voicehook_oldest_task_seconds", {"stage": "in_flight"}), ("voicehook_results_total", {"source": "callback"}),
    ("voicehook_results_total", {"source": "query"}), ("voicehook_deliveries_total", {"sink": "results", "result": "delivered"}),
    ("voicehook_delivery_lag_seconds_count", {"sink": "results"}), ("voicehook_deliveries_pending", {"sink": "results"}),
    ("voicehook_oldest_delivery_seconds", {"sink": "results"}),
    ("voicehook_deliveries_parked", {"sink": "results", "cause": "sink_removed"}),
    ("voicehook_http_rejected_total", {"listener": "public"}), ("voicehook_store_commit_seconds_count", {}),
    ("voicehook_store_commit_rows_count", {}), ("voicehook_conservation_violations_total", {}),
    ("voicehook_certificate_expiry_timestamp_seconds", {}),
    ("voicehook_sink_certificate_expiry_timestamp_seconds", {"sink": "results"}), ("voicehook_build_info", {}),
    ("voicehook_provider_credits_remaining", {}), ("voicehook_provider_requests_total", {"operation": "credits", "status": "2xx"}),
    ("voicehook_replicas", {}), ("voicehook_leases_taken_over_total", {})]


def test_every_metric_is_there_from_the_start(make_world: MakeWorld) -> None:
    world = make_world()

    metrics = world.service.metrics()

    missing = []
    for name, labels in CATALOGUE:
        try:
            metrics.value(name, **labels)
        except LookupError as error:
            missing.append(str(error))
    assert missing == []
    assert metrics.value("voicehook_callbacks_total") == 0
    assert metrics.value("voicehook_build_info") == 1
    assert metrics.types["voicehook_callback_ack_seconds"] == "histogram"


def test_nothing_that_happens_adds_a_series(make_world: MakeWorld) -> None:
    world = make_world()
    before = {(item.name, item.labels) for item in world.service.metrics().samples}

    world.provider.faults(outcome={"kind": "failed", "times": 1})
    for _ in range(2):
        world.delivered_once(world.submit())
    world.sink.always(410)
    world.submit()
    until(lambda: world.service.metrics().value("voicehook_sink_paused", sink="results") == 1, "the sink is paused")
    world.provider.credits(0)
    assert world.post().status == 402
    world.service.public.post("/callbacks/v1/task-x.k1.forged", "{}")
    world.service.public.request("BREW", "/pot")

    assert {(item.name, item.labels) for item in world.service.metrics().samples} == before


def test_metrics_carry_no_ids_and_count_what_happens(make_world: MakeWorld) -> None:
    world = make_world()
    task = world.submit()
    world.delivered_once(task)
    world.service.public.post("/callbacks/v1/task-x.k1.forged", "{}")

    metrics = until(lambda: (found := world.service.metrics()).value("voicehook_tasks", stage="ended") == 1 and found, "counted")

    text = world.service.ops.get("/metrics").body.decode()
    assert task not in text and world.provider_task(task).id not in text
    assert metrics.value("voicehook_submissions_total", verdict="accepted") == 1
    assert metrics.value("voicehook_callbacks_total", result="accepted") == 1
    assert metrics.value("voicehook_callbacks_total", result="bad_token") == 1
    assert metrics.value("voicehook_deliveries_total", sink="results", result="delivered") == 1
    assert metrics.value("voicehook_conservation_violations_total") == 0


def test_a_scraper_that_prefers_openmetrics_gets_it_and_everybody_else_prometheus_text(world: World) -> None:
    # As Prometheus 2.42 asks.
    openmetrics = world.service.ops.get("/metrics", accept="application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                                                           "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
    others = [world.service.ops.get("/metrics"), world.service.ops.get("/metrics", accept="*/*"),
              world.service.ops.get("/metrics", accept="text/plain, application/openmetrics-text;q=0.9"),
              world.service.ops.get("/metrics", accept="application/openmetrics-text;q=0, text/html")]

    text = openmetrics.body.decode()
    assert openmetrics.header("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert text.endswith("\n# EOF\n") and text.count("# EOF") == 1
    assert "# TYPE voicehook_callbacks counter\n" in text and 'voicehook_callbacks_total{result="accepted"} ' in text
    assert "# UNIT voicehook_store_bytes bytes\n" in text
    for other in others:
        assert other.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
        assert b"# TYPE voicehook_callbacks_total counter\n" in other.body and b"# EOF" not in other.body


def test_authentication_precedes_routing(world: World) -> None:
    nobody = Client(world.service.ops_port, world.authority.file)
    guesser = Client(world.service.ops_port, world.authority.file, "a-token-that-nobody-has")

    for client in (nobody, guesser):
        for path in ("/ops/v1/summary", "/ops/v1/nothing", "/ops/v1/tasks/x"):
            assert client.get(path).status == 401
        assert client.post("/ops/v1/tasks/x/resolve", {"action": "fail"}).status == 401
    assert world.service.ops.get("/ops/v1/nothing").status == 404
    assert nobody.get("/metrics").status == nobody.get("/livez").status == 200


def test_a_second_operator_has_a_token_of_their_own(make_world: MakeWorld) -> None:
    token = "another-operators-token"
    world = make_world(changes={"ops": {"tokens": [{"name": "ann", "sha256": hashlib.sha256(token.encode()).hexdigest()}]}})

    assert Client(world.service.ops_port, world.authority.file, token).get("/ops/v1/summary").status == 200


def test_the_summary_counts_tasks_results_and_deliveries(make_world: MakeWorld) -> None:
    world = make_world()
    ended = world.submit()
    world.delivered_once(ended)
    world.provider.faults(callback="never", work_ms=60000)
    world.submit()

    summary = world.service.summary(audit=True)
    [replica] = summary["replicas"]
    assert replica["name"].endswith(f":{world.service.program.process.pid}") and replica["version"]
    assert replica["started_at"] <= replica["seen_at"]
    assert replica["self"] is True

    assert {stage: item["count"] for stage, item in summary["tasks"].items()} == {
        "queued": 0, "submitting": 0, "unknown": 0, "in_flight": 1, "ended": 1}
    assert summary["tasks"]["in_flight"]["oldest_age_seconds"] is not None
    assert (summary["accepted"], summary["retired"], summary["disputed"]) == (2, 0, 0)
    assert summary["results"]["callback"] == 1
    assert summary["deliveries"]["sinks"]["results"]["delivered"] == 1
    assert summary["conservation"] == {"ok": True, "violations": []}


def test_the_summary_tells_what_this_process_knows(make_world: MakeWorld) -> None:
    world = make_world(changes={"provider": {"credits_every": "0s"}})
    fresh = world.service.summary()
    task = world.submit()
    world.delivered_once(task)
    world.service.public.post("/callbacks/v1/task-x.k1.forged", "{}")
    world.service.public.get("/nothing")

    later = world.service.summary()

    assert fresh["provider"]["last_answer_at"] is None and fresh["provider"]["last_problem"] is None
    assert fresh["recovered_by_query_share"] is None
    assert (later["operator"], later["ready"]) == ("operator", True)
    assert later["version"] == later["replicas"][0]["version"]
    assert later["recovered_by_query_share"] == 0
    assert later["provider"]["requests"]["submit"]["2xx"] == later["provider"]["submissions"]["accepted"] == 1
    assert later["provider"]["in_flight"] == 0 and later["provider"]["last_answer_at"] <= later["at"]
    assert later["intake"]["since"] <= later["at"]
    assert (later["intake"]["callbacks"]["accepted"], later["intake"]["callbacks"]["bad_token"]) == (1, 1)
    assert later["intake"]["rejected"]["public"] == {"admission": 1, "not_found": 1}
    assert later["deliveries"]["sinks"]["results"]["configured"] is True


def test_the_summary_names_what_went_wrong_at_the_provider(make_world: MakeWorld) -> None:
    world = make_world()
    world.provider.faults(submit_response="reset", callback="never")
    world.submit(Prefer="respond-async")

    problem = until(lambda: world.service.summary()["provider"]["last_problem"], "a problem is known")

    assert (problem["operation"], problem["status"]) == ("submit", "none")


@pytest.mark.parametrize(("action", "status"), [("fail", "failed"), ("cancel", "cancelled")])
def test_an_operator_ends_an_unknown_task_and_it_is_delivered(make_world: MakeWorld, action: str, status: str) -> None:
    world = make_world(changes={"submission": {"replay": "never"}})
    world.provider.faults(submit_response="reset", callback="never")
    task = world.submit(Prefer="respond-async")
    until(lambda: world.service.history(task)["stage"] == "unknown", "unknown")

    answer = world.service.resolve(task, action)

    assert answer.status in (200, 202, 204), answer
    assert world.delivered_once(task).json()["type"] == f"voice_design.{status}"
    assert world.task(task)["status"] == status
    assert any("a test wants it" in entry["detail"] for entry in world.service.history(task)["timeline"])
    late = world.provider.send_callback(world.provider_task(task).id, outcome="completed")
    assert late == [200]


def test_an_operator_has_the_provider_asked_now(make_world: MakeWorld) -> None:
    world = make_world(changes={"polling": {"first_after": "1h"}})
    world.provider.faults(callback="never")
    task = world.submit()
    until(lambda: world.provider_task(task).raw["status"] == "completed", "the provider is done")

    answer = world.service.resolve(task, "query")

    assert answer.status in (200, 202, 204), answer
    world.delivered_once(task)


def test_bad_actions_are_refused(world: World) -> None:
    task = world.submit()
    world.delivered_once(task)

    unknown_task = world.service.resolve("task-019d0000-0000-7000-8000-000000000000", "fail")
    unknown_action = world.service.resolve(task, "explode")
    moot = world.service.resolve(task, "fail")
    nothing_to_bind = world.service.resolve(task, "bind")
    no_sink = world.service.ops.post("/ops/v1/sinks/nothing/pause", {"reason": "x"})

    assert unknown_task.status == 404
    assert unknown_action.status == 400
    assert moot.status == 409
    assert nothing_to_bind.status == 400
    assert no_sink.status == 404


def test_a_history_shows_what_happened_and_no_secret(world: World) -> None:
    task = world.submit()
    world.delivered_once(task)

    history = world.service.history(task)

    assert (history["caller"], history["stage"], history["dispute"]) == ("ann", "ended", "none")
    assert history["task"]["id"] == task
    assert all(entry["at"] and entry["kind"] for entry in history["timeline"])
    assert [entry["at"] for entry in history["timeline"]] == sorted(entry["at"] for entry in history["timeline"])
    assert history["deliveries"][0]["state"] == "delivered"


def test_log_lines_are_json_one_per_outcome(world: World) -> None:
    task = world.submit()
    world.delivered_once(task)

    lines = [line for line in world.service.program.log_lines() if line.get("task") == task]

    raw = world.service.program.err.read_text().splitlines()
    assert len(world.service.program.log_lines()) == len(raw)
    assert {"task_accepted", "submission_judged", "callback_received"} <= {line["event"] for line in lines}
    assert all({"time", "level", "event"} <= line.keys() for line in lines)


def test_mutual_tls_on_the_api(make_world: MakeWorld) -> None:
    world = make_world(start=False)
    clients = Authority(world.folder / "clients", "client-ca")
    world.service.write_config({"api": {"tls": {**world.service.settings["api"]["tls"], "client_ca": str(clients.file)}}})
    world.service.start()

    with pytest.raises(OSError):
        world.api.get("/livez")
