"""Backups of a store that is being written to, and the way back: the steps of docs/restore.md with the real program."""
from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
import threading
from pathlib import Path
from typing import Any

from support.wait import until
from support.world import MakeWorld, World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "restore.md"


class Callers:
    """Submit from several threads until they are stopped. `refused` is what they got instead of 200 or 202."""

    def __init__(self, world: World, threads: int = 4) -> None:
        self.accepted: list[str] = []
        self.refused: list[Any] = []
        self._world = world
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            answer = self._world.post(Prefer="respond-async")
            if answer.status in (200, 202):
                self.accepted.append(answer.json()["id"])
            else:
                self.refused.append(answer)

    def stop(self) -> list[str]:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        return self.accepted


def rows(file: str, question: str) -> list[Any]:
    """Opened as nobody else's file: it must need no log."""
    copy = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    try:
        return [row[0] for row in copy.execute(question)]
    finally:
        copy.close()


def test_backups_under_load_fail_nothing_and_have_all_that_was_answered_before(make_world: MakeWorld) -> None:
    world = make_world()
    before = set(world.submit_many(200))
    callers = Callers(world)

    for _ in range(4):
        known = set(callers.accepted)
        made = world.service.back_up()

        assert made["verified"] and made["error"] is None, made
        assert rows(made["file"], "PRAGMA quick_check") == ["ok"]
        assert before | known <= set(rows(made["file"], "SELECT id FROM task"))

    accepted = callers.stop()
    assert callers.refused == []
    assert len(accepted) > 20
    for task in accepted:
        world.delivered(task)
    metrics = world.service.metrics()
    assert metrics.value("voicehook_callbacks_total", result="unavailable") == 0
    assert metrics.value("voicehook_backup_last_success_timestamp_seconds") > 1_700_000_000


def test_a_backup_is_shown_logged_and_private(make_world: MakeWorld) -> None:
    world = make_world()
    world.delivered_once(world.submit())
    assert world.service.ops.get("/ops/v1/backups").json() == {"supported": True, "advice": None, "running": None, "last": None}

    begun = world.service.ops.post("/ops/v1/backups", {})
    made = until(lambda: world.service.ops.get("/ops/v1/backups").json()["last"], "the backup is done")

    assert begun.status == 202
    assert begun.json()["running"]["file"] == made["file"]
    assert made["who"] == "operator" and made["started_at"] <= made["finished_at"]
    file = Path(made["file"])
    assert file.parent == world.service.folder / "backups"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.stat().st_size == made["bytes"]
    assert [item.name for item in file.parent.iterdir()] == [file.name]
    [asked] = until(lambda: world.service.program.logged("operator_action"), "the line")
    assert (asked["action"], asked["operator"], asked["file"]) == ("backup", "operator", made["file"])
    [kept] = world.service.ops.get("/ops/v1/actions").json()["data"]
    assert (kept["what"], kept["who"], kept["subject"]) == ("backup", "operator", made["file"])
    [done] = until(lambda: world.service.program.logged("backup_made"), "the line")
    assert (done["file"], done["bytes"], done["tasks"]) == (made["file"], made["bytes"], 1)


def test_a_folder_that_cannot_be_made_fails_the_backup_and_nothing_else(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world(changes={"store": {"backups": str(tmp_path / "missing" / "backups")}})

    made = world.service.back_up()

    assert not made["verified"] and made["bytes"] is None
    assert made["error"] == f"make the folder {tmp_path}/missing/backups: No such file or directory"
    [failed] = until(lambda: world.service.program.logged("backup_failed"), "the line")
    assert (failed["level"], failed["code"]) == ("error", "unreadable")
    world.delivered_once(world.submit())


def test_only_the_newest_backups_stay(make_world: MakeWorld) -> None:
    world = make_world(changes={"store": {"keep_backups": 2}})

    made = [Path(world.service.back_up()["file"]) for _ in range(3)]

    assert sorted(made[0].parent.iterdir()) == made[1:]


def steps_of_the_page(service_folder: Path, backup: Path) -> list[str]:
    """The commands between stopping and starting, with the test's places for those of the page."""
    block = re.search(r"```sh\nsystemctl stop voicehook\n(.*?)systemctl start voicehook\n```", PAGE.read_text(), re.DOTALL)
    assert block, "the page has no steps"
    place = {"/var/lib/voicehook": str(service_folder), "voicehook-20260402T101112.345Z.db": backup.name}
    text = block.group(1)
    for told, here in place.items():
        assert told in text
        text = text.replace(told, here)
    return text.splitlines()


def test_a_restore_by_the_page_brings_back_what_the_backup_has_and_says_what_is_missing(make_world: MakeWorld) -> None:
    world = make_world(changes={"submission": {"wait": "1s"}})
    service = world.service
    ended = world.submit()
    world.delivered_once(ended)
    world.provider.faults(callback="never", work_ms=50)
    open_then = world.submit()
    backup = Path(service.back_up()["file"])
    until(lambda: world.provider_task(open_then).raw["status"] == "completed", "the provider is done")
    world.end(open_then)
    world.delivered(open_then)
    young = world.submit()
    service.terminate()

    for line in steps_of_the_page(service.folder, backup):
        subprocess.run(["bash", "-euc", f"cd {service.folder}; {line}"], check=True)
    service.start()

    # Every task that the backup has is there, and conserved; what ended since is learned again and delivered again.
    assert world.task(ended)["status"] == "completed"
    assert service.resolve(open_then, "query").status == 200
    assert world.ended(open_then)["status"] == "completed"
    again = world.delivered(open_then, 2)
    assert again.headers["webhook-id"] == world.sink.of_task(open_then)[0].headers["webhook-id"]
    assert service.program.logged("task_ended")[-1]["source"] == "query"
    service.check_conservation()

    # A task that came later is gone: the provider is sent away, with an alarm, and nobody is told a result.
    assert world.api.get(f"/v1/tasks/{young}").status == 404
    answered = world.provider.send_callback(world.provider_task(young).id, outcome="completed")
    assert answered[0] == 503
    assert service.metrics().value("voicehook_callbacks_total", result="orphan") >= 1
    orphans = until(lambda: [line for line in service.program.logged("callback_received") if line["result"] == "orphan"], "the alarm")
    assert {line["task"] for line in orphans} == {young}

    # The log names what is missing, and the provider's id of each.
    accepted = [line["task"] for line in service.program.logged("task_accepted")]
    missing = {task for task in accepted if service.ops.get(f"/ops/v1/tasks/{task}").status == 404}
    assert missing == {young}
    judged = [line for line in service.program.logged("submission_judged") if line["task"] == young]
    assert [line["provider_task"] for line in judged] == [world.provider_task(young).id]
