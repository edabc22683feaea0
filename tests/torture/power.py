"""Power cuts: the store's disk as it was at one moment under load, recovered by a fresh process, against the clients' log."""
from __future__ import annotations

import json
import random
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

from support.program import Program
from support.service import Service
from support.simulator import Simulator
from support.wait import until

from . import power_postgres, shims
from .disk_image import Image, tear
from .ledger import Ledger, Load, missing
from .report import Report, say
from .stage import NOWHERE, Stage, counts, standing_still

IMAGE_MEBIBYTES = 256
CUTS_PER_LOAD = 20
PATIENCE = 0.03  # by then an answer that was sent before the cut has reached its client


@dataclass
class Tally:
    cuts: int = 0
    torn: int = 0
    again: int = 0
    sectors: int = 0
    answers: int = 0
    losing_cuts: int = 0
    lost: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, answers: int, lost: list[str], sectors: int | None) -> None:
        self.cuts += 1
        self.answers += answers
        self.torn += sectors is not None
        self.sectors += sectors or 0
        self.losing_cuts += bool(lost)
        self.lost += len(lost)
        self.examples += lost[:3]


class Plant:
    """One load on one image, cut again and again."""

    def __init__(self, stage: Stage, provider: Simulator, name: str, environment: Mapping[str, str], seed: int) -> None:
        self._stage = stage
        self._name = name
        self._random = random.Random(seed)
        self._image = stage.keep(Image.made(stage.folder / f"{name}.img", stage.folder / f"{name}-disk", IMAGE_MEBIBYTES))
        self._service = self._service_on(self._image.folder, name, provider.url, environment)
        self._service.start()
        self._load = Load(self._service)
        self._number = 0

    def close(self) -> None:
        self._load.stop()
        self._service.close()
        self._image.close()

    def _service_on(self, folder: Path, name: str, provider_url: str, environment: Mapping[str, str]) -> Service:
        archive = {"name": "archive", "type": "file", "path": str(folder / "results.jsonl")}
        return self._stage.service(name, provider_url, [archive], {"store": {"url": f"sqlite://{folder / 'store.db'}"}},
                                   environment)

    def cut(self, tally: Tally) -> None:
        """A power cut at some moment; the load does not notice it."""
        self._number += 1
        time.sleep(self._random.uniform(0.0, 0.25))
        torn = self._number % 2 == 0
        copy, unsynced, ledger = self._snapshot(torn)
        try:
            copy.mount()
            sectors = tear(copy.folder, unsynced, self._random) if torn else None
            if self._number % 4 == 1:
                copy = self._cut_again(copy)
                tally.again += 1
            lost = self._recover(copy.folder, ledger)
        finally:
            copy.close()
        tally.add(ledger.answers, lost, sectors)

    def _snapshot(self, torn: bool) -> tuple[Image, dict[str, bytes], Ledger]:
        """The disk, what programs see beyond it, and what had been answered by then."""
        with standing_still(self._service):
            copy = self._image.copy(self._stage.folder / f"{self._name}-cut.img", self._stage.folder / f"{self._name}-cut")
            unsynced = self._image.contents() if torn else {}
            time.sleep(PATIENCE)
            return copy, unsynced, self._load.ledger.copy()

    def _cut_again(self, first: Image) -> Image:
        """What a second cut leaves, while a fresh process starts on what the first one left."""
        service = self._service_on(first.folder, f"{self._name}-between", NOWHERE, {})
        service.program = Program(service.command("serve"), service.folder, "voicehook")
        time.sleep(self._random.uniform(0.005, 0.1))
        with standing_still(service):
            second = first.copy(self._stage.folder / f"{self._name}-again.img", self._stage.folder / f"{self._name}-again")
        service.close()
        first.close()
        return second.mount()

    def _recover(self, disk: Path, ledger: Ledger) -> list[str]:
        service = self._service_on(disk, f"{self._name}-after", NOWHERE, {})
        try:
            service.start()
            lost = missing(service, ledger)
            conservation = service.summary(audit=True)["conservation"]
            if not conservation["ok"]:
                lost.append(f"conservation: {conservation['violations']}")
            until(lambda: counts(service)["waiting"] == 0, "the rest is delivered to the file")
            return lost + _missing_lines(disk / "results.jsonl", ledger)
        except SystemError as refused:
            return [f"the store does not open again: {refused}"]
        finally:
            service.close()


def _missing_lines(path: Path, ledger: Ledger) -> list[str]:
    """Results that count as delivered to the file and are not in it, and copies that differ."""
    found: dict[str, set[bytes]] = {}
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            found.setdefault(json.loads(line)["data"]["id"], set()).add(line)
        except (ValueError, KeyError, TypeError):
            continue  # half a line, from an append that was never synced
    lost = [f"the result of {task} is in no line of the file" for task in ledger.results if task not in found]
    return lost + [f"{len(lines)} different lines for {task}" for task, lines in found.items() if len(lines) > 1]


def cut_many(stage: Stage, provider: Simulator, name: str, cuts: int, environment: Mapping[str, str], seed: int = 1) -> Tally:
    """`cuts` power cuts, with a new disk and a new load after every few."""
    tally = Tally()
    while tally.cuts < cuts:
        plant = Plant(stage, provider, f"{name}{tally.cuts}", environment, seed + tally.cuts)
        try:
            for _ in range(min(CUTS_PER_LOAD, cuts - tally.cuts)):
                plant.cut(tally)
                if tally.cuts % 10 == 0:
                    say(f"{name}: {tally.cuts} of {cuts} cuts, {tally.lost} lost")
        finally:
            plant.close()
    return tally


def add_arguments(words: Any) -> None:
    words.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite", help="whose disk is cut (default sqlite)")
    words.add_argument("--cuts", type=int, default=200, metavar="N", help="power cuts (default 200)")
    words.add_argument("--control-cuts", type=int, default=10, metavar="N", help="cuts of each control run (default 10)")


def run(options: Any) -> Report:
    """Cuts of the real thing lose nothing; cuts of two planted faults must lose something."""
    if options.store == "postgres":
        return power_postgres.run(options)
    report = Report("power cuts")
    memory = Path("/dev/shm")
    stage = Stage("power", memory if shutil.disk_usage(memory).free > 2 << 30 else Path(tempfile.gettempdir()))
    try:
        provider = stage.provider("--fault", "callback=never", work="1h")
        tally = cut_many(stage, provider, "cut", options.cuts, {})
        report.tell("power cuts, of them with torn writes", f"{tally.cuts}, {tally.torn} ({tally.sectors} sectors)")
        report.tell("cut a second time while they recovered", tally.again)
        report.tell("answers with 2xx compared", tally.answers)
        report.tell("lost or changed after recovery", tally.lost, tally.lost == 0)
        for example in tally.examples:
            report.complain(example)
        planted = {"synchronous=NORMAL": shims.preload(shims.compiled("normal_sync", stage.folder)),
                   "eatmydata": shims.preload(shims.EATMYDATA)}
        for name, environment in planted.items():
            found = cut_many(stage, provider, name.split("=")[0], options.control_cuts, environment)
            report.tell(f"control, {name}: cuts that lost something", f"{found.losing_cuts} of {found.cuts} ({found.lost} lost)",
                        found.losing_cuts > 0)
    finally:
        stage.close()
    return report
