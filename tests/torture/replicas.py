"""Two replicas on one PostgreSQL behind HAProxy: restarts, deaths, pauses and outages under callbacks of a provider that
gives up after its fourth attempt. Everything is judged by what callers and the provider were told."""
from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

from bench.load import default_program, write_requests
from support.postgres import Postgres
from support.replicas import Replicas
from support.service import ANN
from support.sink import HANG
from support.traffic import Traffic, Verdict, judge, wait_until_delivered
from support.wait import until
from support.world import REQUEST

from .report import Report, say
from .stage import CALLER, Stage, callback_path, result_body

#: A lease lasts as long as the sink, or the provider, may take to answer, and this much more.
MARGIN = 15.0
TIMEOUT = 2.0
RESUMED_WITHIN = 30.0
#: As the provider does it.
RETRY = "1s,2s,4s"


class Scene:
    """Two replicas on a database of their own, and what they are told."""

    def __init__(self, stage: Stage, server: Postgres, name: str, *provider_options: str, work: str = "500ms",
                 polling: dict[str, Any] | None = None) -> None:
        self.server, self.database = server, name
        # Queries are for what was lost: they must not hide that something was.
        changes = {"callers": [CALLER], "polling": polling or {"first_after": "1h"}, "submission": {"deadline": "10m"},
                   "provider": {"submit_timeout": f"{TIMEOUT:g}s", "query_timeout": f"{TIMEOUT:g}s"}}
        self.world: Replicas = Replicas(stage.folder / name, stage.authority, stage.files, {"url": server.create_database(name)},
                                        changes=changes, work=work, retry=RETRY, sink_settings={"timeout": f"{TIMEOUT:g}s"},
                                        simulator_options=["--quiet", *provider_options])

    def finish(self, traffic: Traffic, within: float) -> tuple[float, Verdict]:
        """Stops the traffic; how long deliveries took from now, and the judgement."""
        accepted = traffic.stop()
        say(f"{len(accepted)} accepted")
        took = wait_until_delivered(self.world, accepted, within)
        say(f"all delivered {took:.1f} s later")
        self._settle()
        return took, judge(self.world, accepted)

    def _settle(self) -> None:
        def open_tasks() -> int:
            tasks = self.world.service.summary()["tasks"]
            return sum(told["count"] for stage, told in tasks.items() if stage != "ended")

        until(lambda: open_tasks() == 0, "every task has ended", within=60, every=0.2)


class Run:
    """The scenes, one after the other, on one server."""

    def __init__(self, stage: Stage, server: Postgres, report: Report, options: Any) -> None:
        self._stage, self._server, self._report, self._options = stage, server, report, options

    def play(self) -> None:
        scenes: dict[str, Callable[[], None]] = {
            "burst": self.burst, "rolling": self.rolling, "killed": self.killed, "paused": self.paused,
            "outage": self.outage, "sessions": self.sessions, "control": self.control}
        for name in self._options.only.split(","):
            say(f"— {name}")
            try:
                scenes[name]()
            except (AssertionError, OSError) as error:
                self._report.complain(f"{name}: {error}")

    @contextmanager
    def _scene(self, name: str, *provider_options: str, **more: Any) -> Iterator[Scene]:
        scene = Scene(self._stage, self._server, name, *provider_options, **more)
        try:
            yield scene
        finally:
            scene.world.close()

    def _tell(self, what: str, figure: str, verdict: Verdict, most_given_up: int | None = None) -> None:
        """Two rows: what was measured, and what became of the tasks."""
        callbacks_kept = most_given_up is None or verdict.given_up <= most_given_up
        self._report.tell(what, figure)
        self._report.tell("  tasks, lost, delivered again; callbacks given up by the provider, results by query",
                          f"{verdict.accepted}, {verdict.lost}, {verdict.delivered_again}; {verdict.given_up}, {verdict.by_query}",
                          not verdict.wrong and callbacks_kept)
        for one in verdict.wrong:
            self._report.complain(f"{what}: {one}")

    # ---- scenes ----

    def burst(self) -> None:
        """Every callback twice at nearly the same moment, as fast as two load generators can."""
        count = self._options.callbacks
        with self._scene("burst", "--fault", "callback=never", work="1h") as scene:
            world, folder = scene.world, self._stage.folder
            submit = write_requests(folder / "submit.bin", [(b"/v1/audios/generations", json.dumps(REQUEST).encode())])
            tasks = [json.loads(line) for line in _load(
                folder / "tasks.txt", world.api_balancer.port, submit, "--again", "--count", count, "--connections", 32, "--seconds",
                300, "--field", f"Authorization: Bearer {ANN.key}")[1]]
            ids = {task["id"] for task in tasks}
            calls = write_requests(folder / "callbacks.bin", [
                (callback_path(task["id"]).encode(), result_body(task["provider_task_id"], f"voice-{task['id']}"))
                for task in tasks])
            say(f"{len(ids)} tasks submitted")
            with ThreadPoolExecutor(2) as pool:
                runs = list(pool.map(lambda number: _load(folder / f"answers{number}.txt", world.public_balancer.port, calls,
                                                          "--connections", 32, "--seconds", 300), range(2)))
            answers = Counter(json.loads(line)["status"] for _, lines in runs for line in lines)
            refused = sum(figures["answers"] - figures["statuses"].get("200", 0) for figures, _ in runs)
            broken = sum(sum(figures["failures"].values()) for figures, _ in runs)
            took = wait_until_delivered(world, ids, 120)
            self._report.tell(f"{count} callbacks, each twice at once: answers", ", ".join(
                f"{number} {name}" for name, number in sorted(answers.items())) + f", {refused} not 2xx, {broken} broken",
                answers == {"accepted": count, "duplicate": count} and len(ids) == count and refused == broken == 0)
            self._report.tell("  callbacks per second, all delivered after",
                              f"{2 * count / max(figures['seconds'] for figures, _ in runs):.0f}/s, {took:.1f} s")
            copies = Counter(item.json()["data"]["id"] for item in world.sink.received)
            voices = {item.json()["data"]["id"] for item in world.sink.received
                      if item.json()["data"]["result_data"]["voice"] == f"voice-{item.json()['data']['id']}"}
            audit = world.service.summary(audit=True)["conservation"]
            self._report.tell("  lost, delivered again, conservation",
                              f"{len(ids - voices)}, {sum(copies.values()) - len(copies)}, {'holds' if audit['ok'] else audit}",
                              voices == ids and sum(copies.values()) == count and audit["ok"])

    def rolling(self) -> None:
        """Both replicas restarted, one after the other, again and again."""
        with self._scene("rolling") as scene:
            traffic = Traffic(scene.world, self._options.rate)
            traffic.wait_for(2 * self._options.rate)
            for number in range(self._options.restarts):
                scene.world.rolling_restart()
                say(f"restart {number + 1} of {self._options.restarts}: {len(traffic.accepted)} accepted")
            rate = traffic.per_second
            _, verdict = scene.finish(traffic, 30)
            self._tell(f"rolling restarts: {self._options.restarts}", f"{rate:.0f} callbacks/s, {len(traffic.refused)} submissions "
                       f"failed, {traffic.renewed} went over a new connection", verdict, most_given_up=0)
            if traffic.refused:
                self._report.complain(f"rolling restart, a submission failed: {traffic.refused[0][1]}")

    def killed(self) -> None:
        """kill -9 of one of two under load."""
        with self._scene("killed") as scene:
            world = scene.world
            traffic = Traffic(world, self._options.rate)
            traffic.wait_for(3 * self._options.rate)
            world.sink.always(HANG)  # so that it has leases which only its death ends
            time.sleep(0.5)
            world.kill(0)
            killed = time.monotonic()
            world.sink.always(200)
            before = {task for task, at in list(traffic.accepted.items()) if at <= killed}
            resumed = wait_until_delivered(world, before, RESUMED_WITHIN + 30)
            _, verdict = scene.finish(traffic, 60)
            self._tell("kill -9 of one replica", f"what it held was delivered {resumed:.1f} s later", verdict, most_given_up=0)
            if resumed > RESUMED_WITHIN:
                self._report.complain(f"kill -9: {resumed:.1f} s until everything was delivered, not {RESUMED_WITHIN:g}")

    def paused(self) -> None:
        """SIGSTOP of one of two for twice its leases, then SIGCONT."""
        pause = 2 * (TIMEOUT + MARGIN)
        with self._scene("paused") as scene:
            traffic = Traffic(scene.world, self._options.rate / 2)
            traffic.wait_for(self._options.rate)
            scene.world.sink.always(HANG)
            time.sleep(0.5)
            scene.world.pause(0)
            scene.world.sink.always(200)
            time.sleep(pause)  # the whole point
            say(f"paused for {pause:g} s: {len(traffic.accepted)} accepted")
            scene.world.resume(0)
            scene.world.wait_balanced()
            say("awake, and HAProxy sends to it again")
            traffic.wait_for(len(traffic.accepted) + self._options.rate)
            _, verdict = scene.finish(traffic, 60)
            self._tell(f"SIGSTOP for {pause:g} s, then SIGCONT", "no double effect" if not verdict.wrong else "DOUBLE EFFECT",
                       verdict)

    def outage(self) -> None:
        """PostgreSQL away: what was under way is asked for afterwards."""
        seconds = self._options.seconds
        with self._scene("outage", work="3s", polling={"first_after": "auto", "interval": "6s"}) as scene:
            traffic = Traffic(scene.world, self._options.rate)
            traffic.wait_for(5 * self._options.rate)
            before = set(traffic.accepted)
            self._server.stop()
            gone = time.monotonic()
            try:
                time.sleep(seconds)
                told = [task for task, at in list(traffic.accepted.items()) if at > gone + 0.5]
            finally:
                self._server.start()
            delivered = wait_until_delivered(scene.world, before, 120)
            _, verdict = scene.finish(traffic, 120)
            self._tell(f"PostgreSQL stopped for {seconds:g} s", f"what was accepted before was delivered {delivered:.1f} s after its "
                       f"return, {verdict.given_up} callbacks given up meanwhile", verdict)
            if told:
                self._report.complain(f"outage: {len(told)} submissions were answered 2xx without a database")

    def sessions(self) -> None:
        """pg_terminate_backend, again and again."""
        with self._scene("sessions", polling={"first_after": "10s", "interval": "2s"}) as scene:
            traffic = Traffic(scene.world, self._options.rate)
            traffic.wait_for(self._options.rate)
            ended, until_then = 0, time.monotonic() + self._options.seconds
            while time.monotonic() < until_then:
                ended += self._server.end_sessions(scene.database, share=0.3)
                time.sleep(0.25)
            _, verdict = scene.finish(traffic, 60)
            self._tell(f"{ended} sessions ended in {self._options.seconds:g} s",
                       f"{len(traffic.refused)} submissions had to be repeated", verdict)


    def control(self) -> None:
        """A failover to a standby that lags: the database as it was a while ago. It must be found."""
        with self._scene("control", work="1s") as scene:
            self._server.replace_database("control_lags", scene.database, keep=True)
            scene.world.wait_balanced()
            traffic = Traffic(scene.world, self._options.rate)
            traffic.wait_for(self._options.rate)
            accepted = traffic.stop()
            self._server.replace_database(scene.database, "control_lags", keep=False)
            scene.world.wait_balanced()
            until(lambda: scene.world.provider.stats()["callbacks"]["given_up"] > 0, "the provider gives up", within=60)
            found = judge(scene.world, accepted)
            self._report.tell("control, a database that forgets: accepted tasks found lost", found.lost, found.lost > 0)


def _load(bodies: Path, port: int, requests: Path, *more: str | int) -> tuple[dict[str, Any], list[str]]:
    """The load generator's figures, and the bodies of its 2xx answers."""
    program = default_program(Path(__file__).resolve().parents[2])
    done = subprocess.run([str(program), "--port", str(port), "--requests", str(requests), "--bodies", str(bodies),
                           *map(str, more)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=330,
                          env=os.environ)
    if done.returncode != 0:
        raise AssertionError(f"voicehook-load: {done.stderr}{done.stdout}")
    return json.loads(done.stdout), bodies.read_text().splitlines()


SCENES = "burst,rolling,killed,paused,outage,sessions,control"


def add_arguments(words: Any) -> None:
    words.add_argument("--callbacks", type=int, default=10_000, metavar="N", help="callbacks of the burst (default 10000)")
    words.add_argument("--restarts", type=int, default=5, metavar="N", help="rolling restarts (default 5)")
    words.add_argument("--rate", type=int, default=200, metavar="N", help="callbacks a second in the others (default 200)")
    words.add_argument("--seconds", type=float, default=60, metavar="S",
                       help="how long PostgreSQL is away, and sessions are ended (default 60)")
    words.add_argument("--only", default=SCENES, metavar="LIST", help=f"of {SCENES}")


def run(options: Any) -> Report:
    """One server for all; each scene has a database of its own."""
    report = Report("two replicas on PostgreSQL behind HAProxy")
    stage = Stage("replicas")
    try:
        with Postgres() as server:
            Run(stage, server, report, options).play()
    finally:
        stage.close(keep_folder=not report.good)
    return report
