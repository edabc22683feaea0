"""What hangs for good (a full pipe, a log that nobody reads) neither stalls the service nor keeps it from ending."""
from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from support.service import Service
from support.wait import until
from support.world import MakeWorld

IN_TIME = {"server": {"lame_duck": "0s", "drain": "1s"}}


class FullPipe:
    """A named pipe without room for a byte."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            while os.write(self._end, b"x" * 4095 + b"\n"):
                pass
        except BlockingIOError:
            pass

    def close(self) -> None:
        os.close(self._end)


def test_a_delivery_that_cannot_be_cancelled_holds_the_end_up_for_seconds_only(make_world: MakeWorld, tmp_path: Path) -> None:
    pipe = FullPipe(tmp_path / "pipe")
    world = make_world(changes=IN_TIME, more_sinks=[{"name": "stuck", "type": "file", "path": str(tmp_path / "pipe")}])
    task = world.submit()
    world.delivered(task)
    until(lambda: any(item["state"] == "delivering" for item in world.service.deliveries(task)), "the pipe is tried")

    began = time.monotonic()
    exit_code = world.service.terminate(within=10)
    took = time.monotonic() - began

    assert exit_code == 1
    assert 5 < took < 9, took
    forced = world.service.program.logged("shutdown_forced")
    assert [line["waiting_for"] for line in forced] == ["deliveries"]
    pipe.close()
    (tmp_path / "pipe").unlink()
    world.service.start()
    world.delivered_once(task)
    assert len((tmp_path / "pipe").read_bytes().splitlines()) == 1


def test_trying_the_sinks_makes_no_file(make_world: MakeWorld, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    world = make_world(start=False, more_sinks=[{"name": "archive", "type": "file", "path": str(path)}])

    done = subprocess.run([*map(str, world.service.command("check")), "--connect"], capture_output=True, text=True, timeout=20)

    assert "# sink archive: ok" in done.stdout, done.stdout + done.stderr
    assert not path.exists()


def test_a_log_that_nobody_reads_stalls_nothing(make_world: MakeWorld) -> None:
    world = make_world(start=False, changes=IN_TIME)
    silent = subprocess.Popen(list(map(str, world.service.command("serve"))), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until(lambda: _ready(world.service), "ready")
        assert silent.stderr
        with open(f"/proc/{silent.pid}/fd/2", "wb", buffering=0) as log:  # the same pipe, now full
            os.set_blocking(log.fileno(), False)
            while log.write(b"x" * 4096):
                pass

        tasks = world.submit_many(20)

        for task in tasks:
            world.delivered_once(task)
        world.service.check_conservation()
        silent.send_signal(signal.SIGTERM)
        assert silent.wait(10) == 0
    finally:
        silent.kill()
        silent.wait()


def _ready(service: Service) -> bool:
    try:
        return service.public.get("/readyz").status == 200
    except OSError:
        return False
