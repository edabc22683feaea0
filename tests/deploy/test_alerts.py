"""Alerts, dashboard and runbook: against promtool, a real /metrics, a real Prometheus, and each other."""
from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml

import promql
from facts import DEPLOY, PROJECT
from support.certificates import Authority
from support.metrics import Metrics
from support.program import binary
from support.prometheus import Prometheus, tool
from support.wait import until
from support.world import World

RULES = DEPLOY / "prometheus/alerts.yaml"
RULE_TESTS = DEPLOY / "prometheus/alerts_test.yaml"
RUNBOOK = (PROJECT / "docs/runbook.md").read_text()
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana/voicehook.json").read_text())

ALL_RULES: list[dict[str, Any]] = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in ALL_RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in ALL_RULES if "record" in rule}
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]

needs_promtool = pytest.mark.skipif(not tool("promtool"), reason="no promtool")
needs_prometheus = pytest.mark.skipif(not tool("prometheus"), reason="no prometheus")


def concrete(expression: str) -> str:
    """A panel's expression as Grafana would send it."""
    for variable, value in {"$__rate_interval": "1m", "$job": "voicehook", "$namespace": ".*"}.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, expression
    return expression


def panel_expressions() -> list[str]:
    return [concrete(target["expr"]) for panel in PANELS for target in panel["targets"]]


def runbook_expressions() -> list[str]:
    blocks = re.findall(r"```promql\n(.*?)```", RUNBOOK, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(tool("promtool")), *map(str, words)], capture_output=True, text=True, timeout=100)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"), authority, authority.server())
    yield made
    made.close()


@pytest.fixture(scope="module")
def metrics(world: World) -> Metrics:
    return world.service.metrics()


# ---- the rules ------------------------------------------------------------------------------------------------------


@needs_promtool
def test_every_alert_fires_clears_and_stays_silent_as_its_tests_say() -> None:
    done = promtool("test", "rules", RULE_TESTS)

    assert done.returncode == 0, done.stdout + done.stderr


def firing_in(check: dict[str, Any]) -> set[str]:
    return {name for sample in check["exp_samples"] for name in re.findall(r'alertname="(\w+)"', sample["labels"])}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_tested_firing_clearing_and_nearly_firing(name: str) -> None:
    tests = [test for test in yaml.safe_load(RULE_TESTS.read_text())["tests"] if test["name"].startswith(name + ":")]
    near = [test for test in tests if "near miss" in test["name"]]
    checks = [[name in firing_in(check) for check in test["promql_expr_test"] if check["expr"].startswith("ALERTS")]
              for test in tests if test not in near]

    assert near and not any(name in firing_in(check) for test in near for check in test["promql_expr_test"])
    assert checks and all(True in each and each[-1] is False for each in checks), "fires, and has cleared at the end"


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_it_is_about_and_only_with_labels_that_it_has(name: str) -> None:
    annotations, tests = ALERTS[name]["annotations"], RULE_TESTS.read_text()
    labels = set(re.search(rf'ALERTS{{alertname="{name}", (.*)}}', tests)[1].split(", "))  # type: ignore[index]
    has = {label.split("=")[0] for label in labels}

    assert set(annotations) == {"summary", "description", "runbook"}
    assert ALERTS[name]["labels"]["severity"] in ("critical", "warning")
    assert set(re.findall(r"\$labels\.(\w+)", " ".join(annotations.values()))) <= has
    assert annotations["runbook"] == f"docs/runbook.md#{name.lower()}"


# ---- names ----------------------------------------------------------------------------------------------------------


def test_the_check_of_names_finds_what_is_wrong(metrics: Metrics) -> None:
    assert promql.complaints('sum by (sink) (voicehook_deliveries_total{result=~"retried|parked", job="x"})', metrics) == []
    for wrong in ("voicehook_no_such_metric", 'voicehook_tasks{stage="lost"}', 'voicehook_tasks{stage=~"queued|lost"}',
                  'voicehook_tasks{stage!="lost"}', 'voicehook_tasks{sink="results"}', "sum by (sink) (voicehook_tasks)"):
        assert promql.complaints(wrong, metrics), wrong


def test_what_rules_dashboard_and_runbook_ask_for_is_in_the_metrics(metrics: Metrics) -> None:
    asked = [rule["expr"] for rule in ALL_RULES] + panel_expressions() + runbook_expressions()
    variables = [item["query"]["query"] for item in DASHBOARD["templating"]["list"] if item["type"] == "query"]
    recorded = re.compile("|".join(sorted(RECORDED, key=len, reverse=True)))

    found = [line for item in asked for line in promql.complaints(recorded.sub("vector(1)", item), metrics)]

    assert found == []
    assert {one.name for item in variables for one in promql.selectors(item)} == {"voicehook_build_info"}
    assert len([one for item in asked for one in promql.selectors(item)]) > 80, "the expressions are read"


@needs_promtool
def test_promtool_reads_every_expression(tmp_path: Path) -> None:
    rules = [{"record": f"e:{number}", "expr": item} for number, item in enumerate(panel_expressions() + runbook_expressions())]
    made = tmp_path / "rules.yaml"
    made.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))

    for path in (made, RULES):
        done = promtool("check", "rules", path)
        assert done.returncode == 0 and "FAILED" not in done.stdout + done.stderr, done.stdout + done.stderr


# ---- the dashboard --------------------------------------------------------------------------------------------------


def test_the_dashboard_belongs_to_no_instance_of_grafana() -> None:
    sources = re.findall(r'"uid": "([^"]*)"', json.dumps(DASHBOARD))

    assert set(sources) == {"${datasource}"} and "id" not in DASHBOARD and "uid" not in DASHBOARD
    assert [item["name"] for item in DASHBOARD["templating"]["list"]] == ["datasource", "job", "namespace"]
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in PANELS)


def test_panels_have_a_description_and_a_place_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(panel["description"].endswith(".") for panel in PANELS)
    assert all(panel["fieldConfig"]["defaults"]["noValue"] == "–" for panel in PANELS), "unknown is not 0"


def test_every_figure_of_sinks_has_a_panel(metrics: Metrics) -> None:
    parts = re.compile("_(bucket|sum|count)$")
    of_sinks = {parts.sub("", sample.name) for sample in metrics.samples if "sink" in dict(sample.labels)}

    shown = {parts.sub("", one.name) for expression in panel_expressions() for one in promql.selectors(expression)}

    assert len(of_sinks) > 12 and of_sinks - shown == set()


# ---- the runbook ----------------------------------------------------------------------------------------------------


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    assert re.findall(r"^## (.*)$", RUNBOOK, re.MULTILINE) == list(ALERTS), "in the same order"


@pytest.mark.parametrize("name", ALERTS)
def test_a_section_says_what_it_means_where_to_look_what_to_do_and_what_not(name: str) -> None:
    section = RUNBOOK.split(f"## {name}\n")[1].split("\n## ")[0]

    assert re.findall(r"^\*\*(Means|Look|Do|Do not)\*\*", section, re.MULTILINE) == ["Means", "Look", "Do", "Do not"]


def options_of(*words: str) -> str:
    done = subprocess.run([binary("VOICEHOOK_BIN", "voicehook"), "ops", *words, "--help"], capture_output=True, text=True, timeout=20)
    return done.stdout


@pytest.mark.parametrize("file", ["docs/runbook.md", "docs/operations.md", "docs/production.md", "docs/sinks.md", "README.md"])
def test_commands_in_the_documents_exist_with_their_options(file: str) -> None:
    text = (PROJECT / file).read_text()
    commands = set(re.findall(r"^  ([a-z]+)  ", options_of(), re.MULTILINE))
    used = re.findall(r"(?:voicehook |`)ops ([a-z]+)([^`#|\n]*)", text)

    assert used and {command for command, _ in used} <= commands
    for command, rest in used:
        known = set(re.findall(r"--[a-z-]+", options_of(command) + options_of()))
        assert set(re.findall(r"--[a-z-]+", rest)) <= known, (command, rest)


def test_the_runbooks_requests_and_links_exist(world: World) -> None:
    paths = re.findall(r"\$OPS(/[^\s`\"]+)", RUNBOOK)

    assert paths and {path: world.service.ops.get(path).status for path in paths} == dict.fromkeys(paths, 200)
    assert {anchor for anchor in re.findall(r"\]\(#(\w+)\)", RUNBOOK)} <= {name.lower() for name in ALERTS}
    for file in ("README.md", "deploy/README.md", "docs/production.md", "docs/operations.md"):
        assert "runbook.md" in (PROJECT / file).read_text(), file


# ---- a real Prometheus ----------------------------------------------------------------------------------------------


@needs_prometheus
def test_a_real_prometheus_tells_of_a_failing_sink_of_its_recovery_and_of_a_dead_service(authority: Authority, tmp_path: Path) -> None:
    world = World(tmp_path / "world", authority, authority.server())
    impatient = re.sub(r"for: \d+m", "for: 1s", RULES.read_text())
    world.sink.always(500)
    task = world.submit()
    world.ended(task)

    prometheus = Prometheus(tmp_path / "prometheus", authority, world.service.ops_port, impatient)
    try:
        fired = until(lambda: prometheus.firing().get("VoicehookSinkFailing"), "the alert fires", 15.0, 0.2)
        unexpected = set(prometheus.firing()) - {"VoicehookSinkFailing", "VoicehookCertificateExpiring"}
        refused = [expression for expression in panel_expressions() + runbook_expressions() if not answered(prometheus, expression)]
        broken = {rule["name"]: rule["lastError"] for rule in prometheus.rules() if rule["health"] != "ok"}
        world.sink.always(200)
        until(lambda: "VoicehookSinkFailing" not in prometheus.firing(), "the next attempt gets through and the alert clears", 90.0, 0.2)
        world.service.kill()
        until(lambda: "VoicehookNotScraped" in prometheus.firing(), "the other alert fires", 15.0, 0.2)
    finally:
        prometheus.close()
        world.close()

    assert fired["labels"]["sink"] == "results" and fired["labels"]["severity"] == "critical"
    assert fired["annotations"]["summary"] == "The sink results of voicehook takes nothing"
    assert fired["annotations"]["description"].startswith("Deliveries that wait: 1. None gets through.")
    assert (unexpected, refused, broken) == (set(), [], {})


@needs_prometheus
def test_a_real_prometheus_asks_for_openmetrics_and_understands_all_of_it(authority: Authority, tmp_path: Path) -> None:
    world = World(tmp_path / "world", authority, authority.server())
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    world.delivered_once(world.submit(traceparent=f"00-{trace}-00f067aa0ba902b7-01"))
    prometheus = Prometheus(tmp_path / "prometheus", authority, world.service.ops_port, "groups: []")
    try:
        until(lambda: prometheus.query('voicehook_results_total{source="callback"} == 1'), "the result is scraped", 15.0, 0.2)
        [target] = prometheus.targets()
        # Only OpenMetrics names units, and a counter's family without its suffix.
        [size] = prometheus.metadata("voicehook_store_bytes")
        [callbacks] = prometheus.metadata("voicehook_callbacks")
        buckets = prometheus.query("voicehook_callback_ack_seconds_bucket")
        submissions = prometheus.exemplars('voicehook_provider_request_seconds_bucket{operation="submit"}')
    finally:
        prometheus.close()
        world.close()

    assert (target["health"], target["lastError"]) == ("up", "")
    assert (size["type"], size["unit"]) == ("gauge", "bytes") and callbacks["type"] == "counter"
    assert {item["labels"]["trace_id"] for item in submissions} == {trace}
    assert {"0.0005", "1.0", "10.0", "+Inf"} <= {item["metric"]["le"] for item in buckets}


def answered(prometheus: Prometheus, expression: str) -> bool:
    try:
        prometheus.query(expression)
        return True
    except ValueError:
        return False
