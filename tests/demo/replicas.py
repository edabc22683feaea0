"""The demo of several replicas, scene by scene: one PostgreSQL, two replicas, HAProxy, the provider, a sink."""
from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

from support.certificates import Authority
from support.postgres import Postgres
from support.replicas import Replicas
from support.service import ANN, OPS_TOKEN
from support.sink import HANG
from support.traffic import Traffic, judge, wait_until_delivered
from support.wait import until
from support.world import REQUEST

from . import screen

RATE = 50
HELD = 5
AWAY = 3.0


class ReplicasDemo:
    def __init__(self, folder: Path) -> None:
        self.good = True
        shutil.rmtree(folder, ignore_errors=True)
        self.began = time.monotonic()
        screen.title("PostgreSQL, two replicas, HAProxy, the provider simulator and a sink, all on this machine")
        authority = Authority(folder / "tls")
        self.ca = authority.file
        self.postgres = Postgres()
        try:
            self.world = Replicas(folder, authority, authority.server(), {"url": self.postgres.url()}, send_proxy="v2",
                                  work="500ms", retry="1s,2s,4s", changes={"polling": {"first_after": "5s", "interval": "1s"}})
        except BaseException:
            self.postgres.close()
            raise
        world = self.world
        screen.table([
            ("provider", world.provider.url, "evolink-sim, HTTPS"),
            ("public", f"https://localhost:{world.public_balancer.port}", "HAProxy, for callbacks; tells whose they are (PROXY v2)"),
            ("api", f"https://localhost:{world.api_balancer.port}", "HAProxy, for callers"),
            *((f"replica {number}", f"https://localhost:{one.ops_port}", f"for operators; process {one.program.process.pid}")
              for number, one in enumerate(world.replicas)),
            ("sink", world.sink.url, "where results go"),
            ("store", self.postgres.url(), "fsync and synchronous_commit are on, or it would not start")])

    def close(self) -> None:
        if hasattr(self, "world"):
            self.world.close()
        self.postgres.close()

    def play(self) -> None:
        self.submit()
        self.identical()
        self.killed()
        self.rolling()
        self.outage()
        self.conservation()
        screen.say(f"\nThat took {time.monotonic() - self.began:.0f} s.")

    def check(self, good: bool, text: str) -> None:
        self.good = self.good and good
        screen.verdict(good, text)

    # ---- scenes ----

    def submit(self) -> None:
        screen.title("A caller submits a task; it neither knows nor cares which replica answers")
        body = json.dumps(REQUEST)
        screen.command(f"curl --cacert {self.relative(self.ca)} -H 'Authorization: Bearer $KEY' --json {shlex.quote(body)} {self.generations()}")
        done = subprocess.run(["curl", "-sS", "--cacert", str(self.ca), "-H", f"Authorization: Bearer {ANN.key}", "--json", body,
                               self.generations()], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        task = json.loads(done.stdout)["id"]
        screen.show_json(json.loads(done.stdout))
        self.world.ended(task)
        self.world.delivered_once(task)
        timeline = self.world.service.history(task)["timeline"]
        screen.table([(entry["at"][11:23], entry["kind"], entry["detail"]) for entry in timeline])
        answers = [one.ops.get(f"/ops/v1/tasks/{task}").json()["stage"] for one in self.world.replicas]
        self.check(answers == ["ended", "ended"], "delivered once; both replicas tell the same about it")

    def identical(self) -> None:
        screen.title("The same callback comes a hundred times at the same moment, half of them to each replica")
        task = self.world.slow_task()
        answers = Counter(answer.json()["status"] for answer in self.world.identical_callbacks(task, 100))
        screen.table([(name, str(count)) for name, count in answers.items()])
        self.world.delivered_once(task)
        self.check(answers == {"accepted": 1, "duplicate": 99}, "one was the first, and the sink got one delivery")

    def killed(self) -> None:
        screen.title(f"kill -9 of replica 0 in the middle of {HELD} deliveries that the sink does not answer")
        held = self.world.held_by(0, HELD)
        self.world.kill(0)
        began = time.monotonic()
        screen.show("killed; its leases stay in the database until the other one has missed it for 20 s …")
        first = self.world.submit()
        self.world.delivered_once(first)
        screen.show(f"{time.monotonic() - began:5.1f} s  a new task came through replica 1 meanwhile")
        for task in held:
            self.world.sink.wait_for(task, 2, within=40)
        took = time.monotonic() - began
        screen.show(f"{took:5.1f} s  replica 1 has delivered all {HELD}")
        answers = [[item.answer.status for item in self.world.sink.of_task(task)] for task in held]
        self.check(took < 30 and answers == [[HANG, 200]] * HELD, "taken over within 30 s, each delivered once")
        self.world.replicas[0].start()
        self.world.wait_balanced()

    def rolling(self) -> None:
        screen.title(f"Both replicas are restarted, one after the other, under {RATE} callbacks a second")
        before = self.world.provider.stats()["callbacks"]["given_up"]
        traffic = Traffic(self.world, RATE)
        traffic.wait_for(RATE)
        for number in range(2):
            self.world.restart(number)
            screen.show(f"replica {number}: SIGTERM, exit code 0, started again; {len(traffic.accepted)} tasks accepted so far")
        accepted = traffic.stop()
        wait_until_delivered(self.world, accepted, 30)
        found = judge(self.world, accepted)
        lost = found.given_up - before
        screen.table([("submissions accepted", str(len(accepted))), ("submissions failed", str(len(traffic.refused))),
                      ("callbacks lost", str(lost)), ("results delivered", str(len(accepted)))])
        self.check(not traffic.refused and lost == 0 and not found.wrong, "nobody noticed")

    def outage(self) -> None:
        screen.title(f"PostgreSQL is stopped for {AWAY:g} s under the same load")
        traffic = Traffic(self.world, RATE)
        traffic.wait_for(2 * RATE)
        gone = time.monotonic()
        self.postgres.stop()
        unready = until(lambda: self._answers("/readyz") == {503} and time.monotonic() - gone, "both are unready")
        screen.show(f"{unready:5.1f} s  /readyz of both replicas: 503")
        answer = until(lambda: self.world.post(self.world.replicas[1].client()), "an answer")
        screen.show(f"{time.monotonic() - gone:5.1f} s  a caller gets {answer.status}, Retry-After: {answer.header('Retry-After')}")
        time.sleep(max(0.0, AWAY - (time.monotonic() - gone)))
        self.postgres.start()
        back = time.monotonic()
        until(lambda: self._answers("/readyz") == {200}, "both are ready")
        screen.show(f"PostgreSQL is back; {time.monotonic() - back:.1f} s later both are ready, and nobody restarted them")
        traffic.wait_for(len(traffic.accepted) + RATE)
        accepted = traffic.stop()
        wait_until_delivered(self.world, accepted, 60)
        found = judge(self.world, accepted)
        screen.table([("submissions accepted", str(len(accepted))), ("submissions to be repeated", str(len(traffic.refused))),
                      ("results delivered", str(len(accepted))), ("wrong answers", str(len(found.wrong)))])
        for one in found.wrong:
            screen.show(one)
        self.check(answer.status == 503 and not found.wrong, "what was answered 2xx was delivered, the rest was told to come again")

    def _answers(self, path: str) -> set[int]:
        return {one.ops.get(path).status for one in self.world.replicas}

    def conservation(self) -> None:
        screen.title("Nothing was lost")

        def quiet() -> dict[str, Any] | None:
            found = self.world.service.summary(audit=True)
            waiting = found["deliveries"]["sinks"]["results"]
            open_tasks = sum(told["count"] for stage, told in found["tasks"].items() if stage != "ended")
            return found if open_tasks + waiting["pending"] + waiting["delivering"] == 0 else None

        found = until(quiet, "all tasks have ended and are delivered", 40.0)
        results = found["deliveries"]["sinks"]["results"]
        screen.show(f"accepted {found['accepted']} = {found['tasks']['ended']['count']} ended; deliveries "
                    f"{found['deliveries']['created']} = {results['delivered']} delivered")
        self.check(found["conservation"]["ok"] and results["delivered"] == found["accepted"],
                   "conservation holds, counters and rows agree")

    def stay(self) -> None:
        ca = self.relative(self.ca)
        screen.title("Everything keeps running. Things to try, from the project's folder:")
        ops = [f"https://localhost:{one.ops_port}" for one in self.world.replicas]
        for text in (
                f"export KEY={ANN.key} OPS_TOKEN={OPS_TOKEN}",
                f"curl --cacert {ca} -H \"Authorization: Bearer $KEY\" --json '{json.dumps(REQUEST)}' {self.generations()}",
                f"curl --cacert {ca} -H \"Authorization: Bearer $OPS_TOKEN\" {ops[0]}/ops/v1/summary",
                f"kill -9 {self.world.replicas[0].program.process.pid}       # replica 0",
                f"curl --cacert {ca} -H \"Authorization: Bearer $OPS_TOKEN\" {ops[1]}/ops/v1/summary",
                f"psql '{self.postgres.url()}' -c 'select * from voicehook.replica'"):
            screen.command(text)
        screen.say("Ctrl-C ends it.")
        signal.pause()

    def generations(self) -> str:
        return f"https://localhost:{self.world.api_balancer.port}/v1/audios/generations"

    def relative(self, path: Path) -> str:
        return str(path.relative_to(path.parents[2]))
