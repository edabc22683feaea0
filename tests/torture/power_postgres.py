"""Power cuts of the database server: PostgreSQL's disk as it was at one moment under load, recovered by a fresh server."""
from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

from support.postgres import Postgres
from support.simulator import Simulator
from support.wait import until

from .disk_image import Image, run_command, tear
from .ledger import Ledger, Load, missing
from .report import Report, say
from .stage import NOWHERE, Stage, is_stopped

IMAGE_MEBIBYTES = 512
CUTS_PER_LOAD = 10
PATIENCE = 0.03  # by then an answer whose commit came before the cut has reached its client
#: Cuts in the middle of checkpoints too.
SETTINGS = {"checkpoint_timeout": "30s", "max_wal_size": "48MB", "min_wal_size": "32MB", "wal_recycle": "on"}


@dataclass
class Tally:
    cuts: int = 0
    torn: int = 0
    sectors: int = 0
    answers: int = 0
    losing_cuts: int = 0
    lost: int = 0
    examples: list[str] = field(default_factory=list)


class Plant:
    """One load on one server, whose disk is cut again and again."""

    def __init__(self, stage: Stage, provider: Simulator, name: str, fsync: str, seed: int) -> None:
        self._stage, self._name, self._fsync = stage, name, fsync
        self._random = random.Random(seed)
        self._image = stage.keep(Image.made(stage.folder / f"{name}.img", stage.folder / f"{name}-disk", IMAGE_MEBIBYTES))
        self._server: Postgres = stage.keep(Postgres(self._image.folder, settings={**SETTINGS, "fsync": fsync}))
        self._service = self._service_on(self._server, name, provider.url)
        self._service.start(60)
        run_command("sync", "-f", str(self._image.folder))  # what was there before the load is not in question
        self._load = Load(self._service)
        self._number = 0

    def close(self) -> None:
        self._load.stop()
        self._service.close()
        self._server.close()
        self._image.close()

    def _service_on(self, server: Postgres, name: str, provider_url: str) -> Any:
        store = {"url": server.url(), "allow_unsafe_commits": self._fsync == "off"}
        archive = {"name": "archive", "type": "file", "path": str(self._stage.folder / f"{name}.jsonl")}
        return self._stage.service(name, provider_url, [archive], {"store": store})

    def cut(self, tally: Tally) -> None:
        """A power cut of the server at some moment; the service sees it stand still for the time of a copy."""
        self._number += 1
        time.sleep(self._random.uniform(0.1, 0.8))
        torn = self._number % 2 == 0
        with _standing_still(self._server):
            copy = self._image.copy(self._stage.folder / f"{self._name}-cut.img", self._stage.folder / f"{self._name}-cut")
            unsynced = self._image.contents() if torn else {}
            time.sleep(PATIENCE)
            ledger = self._load.ledger.copy()
        try:
            copy.mount()
            tally.sectors += tear(copy.folder, unsynced, self._random) if torn else 0
            lost = self._recover(copy.folder / self._server.folder.name, ledger)
        finally:
            copy.close()
        tally.cuts += 1
        tally.torn += torn
        tally.answers += ledger.answers
        tally.losing_cuts += bool(lost)
        tally.lost += len(lost)
        tally.examples += lost[:3]

    def _recover(self, folder: Path, ledger: Ledger) -> list[str]:
        try:
            server = self._server.on(folder)
        except (SystemError, OSError, AssertionError) as refused:
            return [f"PostgreSQL does not start again: {refused}"]
        service = self._service_on(server, f"{self._name}-after", NOWHERE)
        try:
            service.start()
            lost = missing(service, ledger)
            conservation = service.summary(audit=True)["conservation"]
            return lost + ([] if conservation["ok"] else [f"conservation: {conservation['violations']}"])
        except (SystemError, AssertionError) as refused:
            return [f"the store does not open again: {refused}"]
        finally:
            service.close()
            server.kill()


@contextmanager
def _standing_still(server: Postgres) -> Iterator[None]:
    """Stops every process of the server meanwhile, and not in the middle of a system call."""
    server.pause()
    try:
        until(lambda: all(is_stopped(process) for process in server.processes()), "the server stands still", every=0.001)
        yield
    finally:
        server.resume()


def cut_many(stage: Stage, provider: Simulator, name: str, cuts: int, fsync: str) -> Tally:
    """`cuts` power cuts, with a new disk, server and load after every few."""
    tally = Tally()
    while tally.cuts < cuts:
        plant = Plant(stage, provider, f"{name}{tally.cuts}", fsync, 1 + tally.cuts)
        try:
            for _ in range(min(CUTS_PER_LOAD, cuts - tally.cuts)):
                plant.cut(tally)
            say(f"{name}: {tally.cuts} of {cuts} cuts, {tally.answers} answers compared, {tally.lost} lost")
        finally:
            plant.close()
    return tally


def run(options: Any) -> Report:
    """Cuts of a server as it must be set lose nothing; cuts of one that does not sync must lose something."""
    report = Report("power cuts of PostgreSQL")
    memory = Path("/dev/shm")
    stage = Stage("power-postgres", memory if shutil.disk_usage(memory).free > 3 << 30 else Path(tempfile.gettempdir()))
    os.chmod(stage.folder, 0o711)  # the server's user passes through
    try:
        provider = stage.provider("--fault", "callback=never", work="1h")
        tally = cut_many(stage, provider, "cut", options.cuts, "on")
        report.tell("power cuts, of them with torn writes", f"{tally.cuts}, {tally.torn} ({tally.sectors} sectors)")
        report.tell("answers with 2xx compared", tally.answers, tally.answers > 0)
        report.tell("lost or changed after recovery", tally.lost, tally.lost == 0)
        for example in tally.examples:
            report.complain(example)
        found = cut_many(stage, provider, "unsynced", options.control_cuts, "off")
        report.tell("control, fsync=off: cuts that lost something", f"{found.losing_cuts} of {found.cuts} ({found.lost} lost)",
                    found.losing_cuts > 0)
    finally:
        stage.close()
    return report
