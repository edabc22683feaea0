#!/usr/bin/env python3
"""The real programs for the page's tests: a world of tests/support, driven line by line. Every line on standard input is
one JSON array, a verb and its arguments; its outcome is one JSON line on standard output. It ends with its input."""
from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.certificates import Authority
from support.service import OPS_TOKEN
from support.wait import until
from support.world import World


class Stage:
    """What the tests can have done."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder / "certificates")
        archive = {"name": "archive", "type": "file", "path": str(folder / "results.jsonl")}
        self.world = World(folder, authority, authority.server(), more_sinks=[archive], changes={"polling": {"first_after": "1h"}})

    def where(self) -> dict[str, str]:
        return {"url": f"https://localhost:{self.world.service.ops_port}/ops/", "token": OPS_TOKEN}

    def stuck(self) -> dict[str, str]:
        """The provider is done with this task and does not call back."""
        task = self.world.slow_task()
        return {"task": task, "provider": self.world.provider_task(task).id}

    def finish(self, task: str) -> None:
        self.world.end(task)

    def delivered(self, task: str) -> int:
        """How often the sink got it, once it got it."""
        self.world.delivered(task)
        return len(self.world.sink.of_task(task))

    def parked(self, count: int) -> list[str]:
        """Tasks whose deliveries were given up: the sink was taken out of the configuration, and is back."""
        self.world.sink.always(503)
        tasks = [self.world.submit() for _ in range(count)]
        for task in tasks:
            self.world.ended(task)
        sinks = self.world.service.settings["sinks"]
        self.configure([sink for sink in sinks if sink["name"] != "results"])
        for task in tasks:
            until(lambda: self.states(task).get("results") == "parked", f"the delivery of {task} is parked", 20)
        self.world.sink.always(200)
        self.configure(sinks)
        return tasks

    def configure(self, sinks: list[dict[str, Any]]) -> None:
        self.world.service.kill()
        self.world.service.write_config({"sinks": sinks})
        self.world.service.start()

    def states(self, task: str) -> dict[str, str]:
        return {item["sink"]: item["state"] for item in self.world.service.deliveries(task)}

    def kill(self) -> None:
        self.world.service.kill()

    def start(self) -> None:
        self.world.service.start()

    def check(self) -> None:
        self.world.service.check_conservation()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="voicehook-page-") as folder:
        stage = Stage(Path(folder))
        try:
            for line in sys.stdin:
                verb, *arguments = json.loads(line)
                try:
                    print(json.dumps({"done": getattr(stage, verb)(*arguments)}), flush=True)
                except Exception as reason:  # whatever it was: the test that asked shows it
                    print(json.dumps({"failed": f"{verb}: {reason!r}"}), flush=True)
        finally:
            stage.world.close()


if __name__ == "__main__":
    main()
