"""Sick disks, one function each: what the disk does, and what the service must do about it."""
from __future__ import annotations

import http.client
import os
import random
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Callable

from support.service import Service
from support.simulator import Simulator
from support.wait import until

from .disk_image import Image, run_command
from .ledger import Ledger, Load, missing
from .report import quantile
from .stage import Stage, caller, kill_under, standing_still, start_under

SLOW_SYNC = 0.2
#: What is worth telling, and no violation.
remarks: Counter[str] = Counter()
STRACE = ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e"]


class Patient:
    """A service with its store in `folder`, and a load on it."""

    def __init__(self, stage: Stage, provider: Simulator, folder: Path, number: int) -> None:
        self.random = random.Random(number)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        nothing = {"name": "nothing", "type": "file", "path": "/dev/null"}
        self.store = folder / "store.db"
        self.service: Service = stage.service(f"{folder.name}-service", provider.url, [nothing],
                                              {"store": {"url": f"sqlite://{self.store}"}})

    def ready(self) -> int:
        """The status of /readyz; 0 when nobody answers."""
        try:
            return self.service.public.get("/readyz").status
        except OSError:
            return 0

    def after_restart(self, ledger: Ledger) -> list[str]:
        """What is wrong once the disk is well again and the service was started anew."""
        self.service.kill()
        self.service.start()
        wrong = missing(self.service, ledger)
        conservation = self.service.summary(audit=True)["conservation"]
        return wrong if conservation["ok"] else [*wrong, f"conservation: {conservation['violations']}"]


Illness = Callable[[Stage, Simulator, Path, int], list[str]]


def sync_fails_once(stage: Stage, provider: Simulator, folder: Path, number: int) -> list[str]:
    """503 for that batch, unready, exit; a clean start afterwards."""
    return failing_sync(stage, provider, folder, number, [])


def failing_sync(stage: Stage, provider: Simulator, folder: Path, number: int, more: list[str]) -> list[str]:
    """The same, with `more` options of strace."""
    patient = Patient(stage, provider, folder, number)
    when = patient.random.randrange(8, 80)
    if not start_under(patient.service, [*STRACE, f"inject=fdatasync:error=EIO:when={when}", *more]):
        return patient.after_restart(Ledger())  # it failed while the store was made
    load = Load(patient.service)
    wrong = []
    program = patient.service.program
    began = time.monotonic()
    while program.running and time.monotonic() < began + 10:
        was_refused = 503 in load.statuses
        if patient.ready() == 200 and was_refused:
            wrong.append("ready after a failed sync")
        time.sleep(0.01)
    ledger = load.stop()
    if program.running:
        kill_under(patient.service)
        wrong.append("goes on after a failed sync")
    elif program.process.returncode in (0, -9):
        wrong.append(f"ended with {program.process.returncode}")
    if not program.logged("store_failed"):
        wrong.append("does not say store_failed")
    if 503 not in load.statuses:
        remarks["syncs that failed under nothing but the service's own work, so that no client was refused"] += 1
    return wrong + patient.after_restart(ledger)


def sync_is_slow(stage: Stage, provider: Simulator, folder: Path, number: int) -> list[str]:
    """Slow answers, no errors, and nobody waits for more than a few syncs."""
    patient = Patient(stage, provider, folder, number)
    start_under(patient.service, [*STRACE, f"inject=fdatasync:delay_enter={int(SLOW_SYNC * 1e6)}"])
    load = Load(patient.service, threads=24)
    time.sleep(2.5)
    ledger = load.stop()
    kill_under(patient.service)
    waits = [took for _, took in load.waits]
    wrong = [] if set(load.statuses) <= {200, 202} and not load.broken else [f"errors: {load.statuses}, {load.broken} broken"]
    # A submission waits for two commits (accepted, judged), each for the one before it, and a checkpoint syncs twice more.
    if quantile(waits, 0.5) > 8 * SLOW_SYNC or quantile(waits, 0.99) > 16 * SLOW_SYNC:
        wrong.append(f"work piles up: p50 is {quantile(waits, 0.5):.2f} s, p99 {quantile(waits, 0.99):.2f} s")
    if quantile(waits, 0.5) < SLOW_SYNC / 2:
        wrong.append(f"the disk was not slow: p50 is {quantile(waits, 0.5):.3f} s")
    return wrong + patient.after_restart(ledger)


def disk_is_full(stage: Stage, provider: Simulator, folder: Path, number: int) -> list[str]:
    """503 and unready while it is full; heals without a restart."""
    folder.mkdir(parents=True)
    run_command("mount", "-t", "tmpfs", "-o", "size=192M", "none", str(folder))
    try:
        patient = Patient(stage, provider, folder, number)
        patient.service.start()
        load = Load(patient.service)
        time.sleep(patient.random.uniform(0.1, 0.4))
        _fill(folder / "filler")
        until(lambda: 503 in load.statuses, "503")
        until(lambda: patient.ready() == 503, "unready")
        (folder / "filler").unlink()
        until(lambda: patient.ready() == 200, "ready again")
        before = load.ledger.answers
        until(lambda: load.ledger.answers > before + 20, "answers 2xx again")
        wrong = [] if patient.service.program.running else ["it ended"]
        wrong += [f"answered {status}" for status in load.statuses if status not in (200, 202, 503)]
        ledger = load.stop()
        wrong += patient.after_restart(ledger)
        patient.service.close()
        return wrong
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def _fill(path: Path) -> None:
    with open(path, "wb", buffering=0) as filler:
        for size in (1 << 20, 4096):
            try:
                while True:
                    filler.write(bytes(size))
            except OSError:
                pass


def turns_read_only(stage: Stage, provider: Simulator, folder: Path, number: int) -> list[str]:
    """As ext4 does after an error: 503 and unready, or the end; a start is refused; all is there when it is well again."""
    image = Image.made(folder.with_suffix(".img"), folder, 192)
    try:
        patient = Patient(stage, provider, folder, number)
        patient.service.start()
        load = Load(patient.service)
        time.sleep(patient.random.uniform(0.1, 0.4))
        # A sync that runs while ext4 aborts may be told 0 by the kernel and be lost all the same; that is not ours to mend.
        with standing_still(patient.service):
            image.remount("abort")
        until(lambda: load.statuses.get(503) or load.broken, "503")
        until(lambda: patient.ready() != 200, "unready")
        ledger = load.stop()
        patient.service.kill()
        code, said = patient.service.start_refused()
        wrong = [] if code not in (0, -9) and str(folder) in said else [f"start on a read-only disk: {code} {said[-300:]!r}"]
        image.unmount()
        image.mount()
        wrong += patient.after_restart(ledger)
        patient.service.close()
        return wrong
    finally:
        image.close()


def store_is_damaged(stage: Stage, provider: Simulator, folder: Path, number: int) -> list[str]:
    """Half of the pages: start refused, at once or after the first contact; says what to do; no answer is made up."""
    patient, ledger = _damaged(stage, provider, folder, number, share=0.5)
    wrong: list[str] = []
    for _ in range(3):
        try:
            patient.service.start()
            wrong += _read_results(patient, ledger)[0]
            _let_end(patient.service)
        except SystemError:
            if "not started" in (said := patient.service.program.tail(8)):
                told = str(patient.store) in said and "Restore a backup" in said
                return wrong if told else [*wrong, f"refused, and says {said[-300:]}"]
    return [*wrong, "starts again and again on a damaged store"]


def few_pages_are_damaged(stage: Stage, provider: Simulator, folder: Path, number: int) -> list[str]:
    """Some percent of the pages: whatever is answered with 2xx is right."""
    patient, ledger = _damaged(stage, provider, folder, number, share=0.02)
    try:
        patient.service.start()
    except SystemError:
        remarks["a few pages damaged: refused at the start"] += 1
        return []
    wrong, unread = _read_results(patient, ledger)
    if unread and patient.service.program.running and patient.ready() == 200:
        remarks["a few pages damaged: reads failed, and it went on"] += 1
    patient.service.kill()
    return wrong


def _damaged(stage: Stage, provider: Simulator, folder: Path, number: int, share: float) -> tuple[Patient, Ledger]:
    """A store in use, then stopped in order, then overwritten with noise in its middle."""
    patient = Patient(stage, provider, folder, number)
    patient.service.start()
    load = Load(patient.service)
    time.sleep(0.6)
    ledger = load.stop()
    patient.service.terminate()
    pages = patient.store.stat().st_size // 4096
    several = max(1, int(pages * share))
    with open(patient.store, "r+b") as file:
        file.seek((pages - several) // 2 * 4096)
        file.write(patient.random.randbytes(several * 4096))
        os.fsync(file.fileno())
    return patient, ledger


def _read_results(patient: Patient, ledger: Ledger) -> tuple[list[str], int]:
    """Results that are not what they were, and how many could not be read. New tasks come meanwhile."""
    load = Load(patient.service)
    client = caller(patient.service)
    wrong, unread = [], 0
    for task, voice in list(ledger.results.items())[::2]:
        try:
            answer = client.get(f"/v1/tasks/{task}")
        except (OSError, http.client.HTTPException):
            break
        unread += answer.status >= 500
        if answer.status < 300 and answer.json().get("result_data", {}).get("voice") != voice:
            wrong.append(f"{task} is answered {answer}")
    load.stop()
    return wrong, unread


def _let_end(service: Service) -> None:
    """Time to notice what it has met."""
    try:
        until(lambda: not service.program.running, "it ends", within=3)
    except AssertionError:
        service.kill()


ILLNESSES: dict[str, Illness] = {
    "sync fails once": sync_fails_once, "sync takes 200 ms": sync_is_slow, "disk full": disk_is_full,
    "turns read-only": turns_read_only, "half of the store damaged": store_is_damaged,
    "a few pages damaged": few_pages_are_damaged}
