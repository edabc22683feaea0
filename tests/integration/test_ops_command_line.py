"""`voicehook ops …`: what people and scripts without a browser see, asked of the real service."""
from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from support.program import Program, binary, run
from support.sink import Sink
from support.terminal import Terminal
from support.wait import until
from support.world import MakeWorld, World

Done = subprocess.CompletedProcess
NOTHING = "task-019d0000-0000-7000-8000-000000000000"


def ops(world: World, *words: str, width: int | None = None) -> Done[str]:
    return run(world.service.command("ops", *words), world.folder, {"COLUMNS": str(width)} if width else None, within=60)


def shown(world: World, *words: str, code: int = 0, width: int | None = None) -> str:
    """What it prints, once its exit code was as expected."""
    done = ops(world, *words, width=width)
    assert done.returncode == code, done
    return done.stdout


def document(world: World, *words: str) -> dict:
    return json.loads(shown(world, *words, "--json"))


class Parked:
    """A world in which the sink `old` left the configuration and came back, with three deliveries parked meanwhile."""

    def __init__(self, make_world: MakeWorld) -> None:
        self.sink = Sink()
        self.world = make_world(more_sinks=[{"name": "old", "type": "http", "url": self.sink.url}])
        self.sink.always(500)
        self.tasks = [self.world.submit() for _ in range(3)]
        for task in self.tasks:
            self.world.ended(task)
        sinks = self.world.service.settings["sinks"]
        self._restart(sinks[:1])
        until(lambda: self.world.service.summary()["deliveries"]["sinks"]["old"]["parked"] == 3, "parked")
        self._restart(sinks)
        self.sink.always(200)

    def _restart(self, sinks: list) -> None:
        self.world.service.kill()
        self.world.service.write_config({"sinks": sinks})
        self.world.service.start()

    def delivery(self, task: str) -> str:
        return next(item["id"] for item in self.world.service.deliveries(task) if item["sink"] == "old")

    def arrived(self, task: str) -> bool:
        return any(item.answer.status == 200 for item in self.sink.of_task(task))


@pytest.fixture
def parked(make_world: MakeWorld) -> Iterator[Parked]:
    made = Parked(make_world)
    yield made
    made.sink.close()


# ---- looking --------------------------------------------------------------------------------------------------------


def test_the_summary_says_first_that_nothing_is_late_or_lost(make_world: MakeWorld) -> None:
    world = make_world()
    world.delivered_once(world.submit())

    text = shown(world, "summary", "--check")

    assert text.startswith("Nothing is late, nothing is lost.\n"), text
    assert re.search(r"^ended +1 ", text, re.MULTILINE) and re.search(r"^results +0 +0 +1 +0 ", text, re.MULTILINE), text
    summary = document(world, "summary")
    assert summary.keys() == world.service.summary().keys() and summary["accepted"] == 1
    assert document(world, "summary", "--audit")["conservation"] == {"ok": True, "violations": []}


def test_a_check_tells_trouble_by_its_exit_code_and_in_words(parked: Parked) -> None:
    text = shown(parked.world, "summary")

    assert "3 deliveries for old are parked: sink_removed 3" in text.splitlines()[1]
    assert shown(parked.world, "summary", "--check", code=3).startswith("Something waits for you; nothing is lost.\n")


def test_tasks_are_listed_filtered_cut_and_followed(make_world: MakeWorld) -> None:
    world = make_world()
    tasks = world.submit_many(5)
    for task in tasks:
        world.ended(task)

    everything = shown(world, "tasks", "--stage", "ended", "--status", "completed", "--caller", "ann", "--created-after", "1h")
    some = shown(world, "tasks", "--limit", "2")

    assert all(task in everything for task in tasks) and len(everything.splitlines()) == 6
    assert len(re.findall(r"^task-", some, re.MULTILINE)) == 2 and "--cursor" in some
    cursor = re.search(r"--cursor (\S+)", some).group(1)
    assert len(re.findall(r"^task-", shown(world, "tasks", "--cursor", cursor, "--all"), re.MULTILINE)) == 3
    assert [line["id"] for line in document(world, "tasks", "--all")["data"]] == sorted(tasks, reverse=True)
    assert shown(world, "tasks", "--stage", "unknown") == "No task is like that.\n"
    assert "stage" in (done := ops(world, "tasks", "--stage", "nowhere")).stderr and done.returncode == 2


def test_a_task_is_found_by_an_id_of_any_kind(make_world: MakeWorld) -> None:
    world = make_world()
    task = world.submit(idempotency_key="order-4711")
    world.delivered_once(task)
    history = world.service.history(task)

    for known in (task, history["provider_task_id"], "order-4711", history["deliveries"][0]["id"], history["trace_id"]):
        assert task in shown(world, "tasks", known), known
    assert shown(world, "tasks", "order-4712", code=4) == "No task has this id.\n"


def test_a_task_is_shown_with_its_timeline_and_on_demand_with_every_body(make_world: MakeWorld) -> None:
    world = make_world()
    task = world.submit()
    world.delivered_once(task)

    text = shown(world, "task", world.provider_task(task).id)
    more = shown(world, "task", task, "--bodies", "--curl")

    assert task in text and re.search(r" accepted .*\n.* submission_started .*\n.* submission_accepted ", text), text
    assert re.search(r"^msg_\S+ +results +delivered +1 ", text, re.MULTILINE), text
    assert "magnetism" not in text and "magnetism" in more and "voice_design.completed" in more
    assert "The request again:\n    curl " in more and world.service.settings["provider"]["api_key"] not in more
    assert document(world, "task", task)["task"]["id"] == task
    missing = ops(world, "task", NOTHING)
    assert missing.returncode == 4 and missing.stderr.startswith("voicehook: HTTP 404: ") and missing.stdout == ""


def test_lines_fit_the_terminal_and_ids_stay_whole(make_world: MakeWorld) -> None:
    world = make_world()
    task = world.submit()
    world.delivered_once(task)
    terminal = Terminal(world.service.command("ops", "task", task), world.folder, columns=70)

    code = terminal.end()
    lines = terminal.seen.decode().splitlines()
    terminal.close()

    assert code == 0 and any(task in line for line in lines)
    assert max(map(len, lines)) <= 70, max(lines, key=len)
    wide = shown(world, "tasks", width=200).splitlines()
    assert "PROVIDER'S ID" in wide[0] and "PROVIDER'S ID" not in shown(world, "tasks", width=80)


def test_parked_deliveries_are_counted_by_cause_and_listed(parked: Parked) -> None:
    text = shown(parked.world, "parked", "--sink", "old")

    assert re.search(r"^old +sink_removed +3 ", text, re.MULTILINE), text
    assert all(parked.delivery(task) in text for task in parked.tasks)
    assert shown(parked.world, "parked", "--cause", "timeout").endswith("Nothing like that is parked.\n")
    assert len(document(parked.world, "parked")["data"]) == 3
    assert len(document(parked.world, "deliveries", "--state", "delivered", "--sink", "results")["data"]) == 3


# ---- acting ---------------------------------------------------------------------------------------------------------


def test_single_deliveries_are_retried_and_given_up(parked: Parked) -> None:
    first, second, _ = parked.tasks

    retried = shown(parked.world, "retry", parked.delivery(first))
    discarded = shown(parked.world, "discard", parked.delivery(second), "--reason", "nobody wants it")

    assert retried == f"{parked.delivery(first)} is delivered again, with the same id and the same bytes.\n"
    assert discarded == f"{parked.delivery(second)} is given up: its sink will not get it.\n"
    until(lambda: parked.arrived(first), "delivered at last")
    assert ops(parked.world, "discard", parked.delivery(second), "--reason", "twice").returncode == 5
    assert ops(parked.world, "retry", "msg_none").returncode == 4
    assert ops(parked.world, "discard", "msg_none").returncode == 2, "a reason is required"
    actions = shown(parked.world, "actions")
    assert re.search(rf"operator +discard +{parked.delivery(second)} +nobody wants it", actions), actions


def test_a_sink_is_paused_and_resumed(make_world: MakeWorld) -> None:
    world = make_world()

    assert shown(world, "pause", "results", "--reason", "being moved").startswith("results is paused: ")
    assert "results is paused: being moved" in shown(world, "summary", "--check", code=3)
    assert shown(world, "resume", "results").startswith("results gets deliveries again")
    assert ops(world, "resume", "nowhere").returncode == 4


def test_a_task_that_nothing_moves_is_resolved(make_world: MakeWorld) -> None:
    world = make_world(changes={"submission": {"replay": "never"}, "polling": {"first_after": "1s"}})
    world.provider.faults(submit_response="reset", callback="never")
    task, other = world.submit(Prefer="respond-async"), world.submit(Prefer="respond-async")
    for each in (task, other):
        until(lambda: world.service.history(each)["stage"] == "unknown", "unknown")
    world.provider.calm()

    careless = ops(world, "resolve", task, "resubmit", "--reason", "not at the provider")
    resubmitted = shown(world, "resolve", task, "resubmit", "--reason", "not at the provider", "--accept-double-payment")
    failed = shown(world, "resolve", other, "fail", "--reason", "not wanted")

    assert careless.returncode == 2 and "paid for twice" in careless.stderr
    assert resubmitted.startswith(f"{task} is submitted again under the same Idempotency-Key")
    assert failed == f"{other} ended as failed, and is delivered as such.\n"
    assert world.ended(other)["status"] == "failed"
    assert world.ended(task)["status"] == "completed"
    assert ops(world, "resolve", other, "fail").returncode == 5
    assert ops(world, "resolve", other, "explode").returncode == 2


def test_a_replay_without_anybody_to_ask_stops_after_its_dry_run(parked: Parked) -> None:
    done = ops(parked.world, "replay", "--sink", "old", "--reason", "mended")

    assert done.returncode == 6, done
    assert done.stdout.startswith("3 parked deliveries would be delivered again: old 3.\n"), done
    assert "--yes" in done.stderr
    assert not any(parked.arrived(task) for task in parked.tasks)


def test_a_replay_is_agreed_to_on_a_terminal_and_watched_to_its_end(parked: Parked) -> None:
    words = ("ops", "replay", "--sink", "old", "--cause", "sink_removed", "--created-after", "1h", "--reason", "mended")
    terminal = Terminal(parked.world.service.command(*words), parked.world.folder)

    terminal.read_until("Deliver them again? [y/N] ")
    terminal.type("y\n")
    code = terminal.end(30)
    text = terminal.seen.decode()
    terminal.close()

    assert code == 0, text
    assert "old: done, 3 of 3 replayed." in text
    until(lambda: all(parked.arrived(task) for task in parked.tasks), "all delivered")
    assert re.search(r"done +3 of 3 \(100 %\)", shown(parked.world, "replays"))
    assert "Nothing like that is parked." in shown(parked.world, "replay", "--reason", "again", "--yes")
    ended = document(parked.world, "replays")["data"][0]["id"]
    assert ops(parked.world, "replay", "--cancel", ended).returncode == 5
    assert ops(parked.world, "replays", "replay-none").returncode == 4


def test_a_replay_for_programs_is_one_document(parked: Parked) -> None:
    ended = document(parked.world, "replay", "--reason", "mended", "--yes")

    assert (ended["state"], ended["replayed"], ended["total"]) == ("done", 3, 3)


def test_a_backup_is_watched_until_its_copy_is_verified(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world()
    world.delivered_once(world.submit())

    text = shown(world, "backup")

    assert re.search(r"^Backup: \S+, [\d.]+ KiB, verified, made \d s ago by operator\.$", text, re.MULTILINE), text
    assert "verified" in shown(world, "backup", "--status")
    assert document(world, "backup", "--status")["last"]["verified"] is True


# ---- following ------------------------------------------------------------------------------------------------------


def test_tail_tells_what_happens_until_somebody_presses_ctrl_c(make_world: MakeWorld) -> None:
    world = make_world()
    following = Program(world.service.command("ops", "tail"), world.folder, "tail")
    for_programs = Program(world.service.command("ops", "tail", "--json"), world.folder, "tail-json")
    until(lambda: "nothing is lost" in following.out.read_text(), "the verdict")

    task = world.submit()
    world.ended(task)

    until(lambda: re.search(rf"accepted +{task}", following.out.read_text()), "the task is told of")
    until(lambda: [line for line in for_programs.output_lines() if line["event"] == "activity" and line["data"]["task"] == task],
          "as JSON too")
    for one in (following, for_programs):
        one.signal(signal.SIGINT)
        assert one.wait() == 0, one.tail()


def test_a_configured_service_that_is_gone_is_said(make_world: MakeWorld) -> None:
    world = make_world(start=False)

    done = ops(world, "summary", "--check")

    assert done.returncode == 1 and f"127.0.0.1:{world.service.ops_port}" in done.stderr, done


def test_help_tells_every_command_and_every_exit_code(world: World) -> None:
    help_text = run([binary("VOICEHOOK_BIN", "voicehook"), "ops", "--help"], world.folder).stdout

    commands = set(re.findall(r"^  ([a-z]+)  ", help_text, re.MULTILINE))
    assert commands == {"summary", "tasks", "task", "deliveries", "parked", "replay", "replays", "pause", "resume", "retry", "discard",
                        "resolve", "backup", "actions", "tail"}
    documented = (Path(__file__).resolve().parents[2] / "docs/operations.md").read_text()
    for code in (0, 1, 2, 3, 4, 5, 6, 130):
        assert re.search(rf"\b{code} ", help_text.split("Exit codes:")[1]) and re.search(rf"^\| {code} \|", documented, re.MULTILINE), code
