"""The demo, scene by scene. Each says what is done, does it, and checks what it shows."""
from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from support.certificates import Authority
from support.service import ANN, OPS_TOKEN
from support.wait import until
from support.webhook import verifies
from support.world import REQUEST, SINK_SECRET, World

from . import screen

CRASH_TASKS = 20


class Demo:
    def __init__(self, folder: Path) -> None:
        self.good = True
        shutil.rmtree(folder, ignore_errors=True)
        self.began = time.monotonic()
        screen.title("Certificates, the provider simulator, a sink and voicehook, all on this machine")
        authority = Authority(folder / "tls")
        self.ca = authority.file
        self.world = World(folder, authority, authority.server(), work="1s", retry="1s,2s,4s",
                           changes={"polling": {"first_after": "3s", "interval": "1s"}})
        service = self.world.service
        screen.table([("provider", self.world.provider.url, "evolink-sim, HTTPS"),
                      ("public", f"https://localhost:{service.public_port}", "voicehook, for the provider's callbacks"),
                      ("api", f"https://localhost:{service.api_port}", "voicehook, for callers"),
                      ("ops", f"https://localhost:{service.ops_port}", "voicehook, for operators"),
                      ("sink", self.world.sink.url, "where results go"),
                      ("store", str(service.store.relative_to(folder.parent)), "SQLite, synced at every commit")])

    def close(self) -> None:
        self.world.close()

    def play(self) -> None:
        task = self.submit()
        self.callbacks(task)
        self.timeline(task)
        self.delivery(task)
        self.forgery(task)
        self.lost_callback()
        self.crash()
        self.conservation()
        screen.say(f"\nThat took {time.monotonic() - self.began:.0f} s.")

    def check(self, good: bool, text: str) -> None:
        self.good = self.good and good
        screen.verdict(good, text)

    # ---- scenes ----

    def submit(self) -> str:
        screen.title("A caller submits the example of the provider's documentation, with curl")
        self.world.provider.faults(callback={"kind": "lost_2xx", "times": 1})
        answer = self.curl(self.generations(), self.key(), "--json", json.dumps(REQUEST))
        screen.show_json(answer)
        self.check(answer.get("status") == "pending" and answer["id"].startswith("task-"),
                   "200, as the provider would answer: id is ours and durable, provider_task_id is theirs")
        return answer["id"]

    def callbacks(self, task: str) -> None:
        screen.title("The provider calls back; our answer to its first attempt is lost, so it tries again")
        self.world.ended(task)
        seen = self.world.answered_callbacks(task, 2)
        screen.table([("attempt", "our answer", "")] + [
            (str(number), str(item["answer"]), str(item["answer_body"])) for number, item in enumerate(seen, 1)])
        self.check(len(seen) == 2 and '"duplicate"' in str(seen[1]["answer_body"]), "stored once, the second one is a duplicate")

    def timeline(self, task: str) -> None:
        screen.title("What happened to the task, as operators see it")
        self.world.settled(task)
        path = f"/ops/v1/tasks/{task}"
        screen.command(f"curl --cacert {self.relative(self.ca)} -H 'Authorization: Bearer $OPS_TOKEN' {self.ops(path)}")
        history = self.world.service.history(task)
        screen.table([(entry["at"][11:23], entry["kind"], entry["detail"]) for entry in history["timeline"]])
        self.check(history["stage"] == "ended", "every step is on record")

    def delivery(self, task: str) -> None:
        screen.title("The delivery, as the sink saw it: signed (Standard Webhooks), once")
        found = self.world.delivered_once(task)
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature", "content-type"):
            screen.show(f"{name}: {found.headers[name]}")
        screen.show_json(found.json())
        self.check(verifies(SINK_SECRET, found.headers, found.body), "the signature verifies with the sink's secret")

    def forgery(self, task: str) -> None:
        screen.title("Somebody forges a callback")
        before = self.world.service.summary()
        token = self.world.provider_task(task).callback_path
        forged = token[:-6] + ("AAAAAA" if not token.endswith("AAAAAA") else "BBBBBB")
        shown = forged[:forged.index(".") + 4] + "…AAAAAA"
        url = f"https://localhost:{self.world.service.public_port}"
        body = json.dumps({"id": "task-unified-1-x", "status": "failed"})
        screen.command(f"curl -o /dev/null -w '%{{http_code}}' --cacert {self.relative(self.ca)} --json {shlex.quote(body)} {url}{shown}")
        status = self.run_curl("-o", "/dev/null", "-w", "%{http_code}", "--json", body, url + forged).stdout
        screen.show(status)
        after = self.world.service.summary()
        unchanged = before["tasks"]["ended"]["count"] == after["tasks"]["ended"]["count"]
        self.check(status == "404" and unchanged, "404 without a word, and nothing was stored")

    def lost_callback(self) -> None:
        screen.title("The callback of another task never comes")
        self.world.provider.faults(callback={"kind": "never", "times": 1})
        task = self.world.submit()
        screen.show(f"{task} submitted; waiting for voicehook to ask the provider …")
        self.world.ended(task)
        self.world.delivered_once(task)
        entries = self.world.service.history(task)["timeline"]
        screen.table([(entry["at"][11:23], entry["kind"], entry["detail"]) for entry in entries])
        results = self.world.service.summary()["results"]
        self.check(results["query"] == 1, "recovered by a query, delivered once")

    def crash(self) -> None:
        screen.title(f"kill -9 with {CRASH_TASKS} tasks under way")
        self.world.provider.calm()
        tasks = self.world.submit_many(CRASH_TASKS, Prefer="respond-async")
        self.world.service.kill()
        screen.show(f"{CRASH_TASKS} tasks answered 202, then killed. Starting again …")
        self.world.service.start()
        self.world.sink.wait_for_all(tasks, 60.0)
        paid = sum(len(self.world.provider.paid_for(task)) for task in tasks)
        screen.table([("tasks accepted", str(len(tasks))), ("tasks delivered", str(len(tasks))), ("paid creates", str(paid))])
        self.check(paid == len(tasks), "every accepted task was delivered, none was paid for twice")

    def conservation(self) -> None:
        screen.title("Nothing was lost")

        def quiet() -> dict[str, Any] | None:
            found = self.world.service.summary(audit=True)
            open_tasks = sum(found["tasks"][stage]["count"] for stage in ("queued", "submitting", "unknown", "in_flight"))
            return found if open_tasks == 0 else None

        found = until(quiet, "all tasks have ended", 20.0)
        tasks = {stage: found["tasks"][stage]["count"] for stage in found["tasks"]}
        results = found["deliveries"]["sinks"]["results"]
        screen.show(f"accepted {found['accepted']} = " + " + ".join(f"{count} {stage}" for stage, count in tasks.items()) +
                    f" + {found['retired']} retired")
        screen.show(f"deliveries {found['deliveries']['created']} = " + " + ".join(
            f"{results[state]} {state}" for state in ("pending", "delivering", "delivered", "parked", "discarded")) +
            f" + {found['deliveries']['retired']} retired")
        self.check(found["conservation"]["ok"], "conservation holds, counters and rows agree")

    def stay(self) -> None:
        ca = self.relative(self.ca)
        screen.title("Everything keeps running. Things to try, from the project's folder:")
        for text in (
                f"export KEY={ANN.key} OPS_TOKEN={OPS_TOKEN}",
                f"curl --cacert {ca} -H \"Authorization: Bearer $KEY\" --json '{json.dumps(REQUEST)}' {self.generations()}",
                f"curl --cacert {ca} -H \"Authorization: Bearer $KEY\" '{self.api('/v1/tasks?limit=3')}'",
                f"curl --cacert {ca} -H \"Authorization: Bearer $KEY\" '{self.api('/v1/tasks/TASK_ID?wait=30s')}'",
                f"curl --cacert {ca} -H \"Authorization: Bearer $OPS_TOKEN\" {self.ops('/ops/v1/summary')}",
                f"curl --cacert {ca} {self.ops('/metrics')}",
                f"curl -X PUT --json '{{\"callback\":\"never\"}}' http://127.0.0.1:{self.world.provider.control_port}/control/faults",
                f"curl -X DELETE http://127.0.0.1:{self.world.provider.control_port}/control/faults"):
            screen.command(text)
        screen.say("Ctrl-C ends it.")
        signal.pause()

    # ---- curl ----

    def relative(self, path: Path) -> str:
        return str(path.relative_to(path.parents[2]))

    def api(self, path: str) -> str:
        return f"https://localhost:{self.world.service.api_port}{path}"

    def ops(self, path: str) -> str:
        return f"https://localhost:{self.world.service.ops_port}{path}"

    def generations(self) -> str:
        return self.api("/v1/audios/generations")

    def key(self) -> tuple[str, str]:
        return "-H", f"Authorization: Bearer {ANN.key}"

    def run_curl(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["curl", "-sS", "--cacert", str(self.ca), *words], capture_output=True, text=True, timeout=30)

    def curl(self, url: str, key: tuple[str, str], *words: str) -> Any:
        body = words[1].replace("'", "'\\''")
        screen.command(f"curl --cacert {self.relative(self.ca)} -H 'Authorization: Bearer $KEY' --json '{body}' {url}")
        done = self.run_curl(*key, *words, url)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout)
