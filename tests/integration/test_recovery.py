"""Crashes, stops and reloads: what was accepted is delivered, and paid once."""
from __future__ import annotations

import random
import signal
import ssl
import threading
import time
from typing import Any

from support import toml
from support.certificates import Authority
from support.http import Client
from support.service import ANN, OPS_TOKEN, Caller
from support.sink import Sink
from support.wait import until
from support.webhook import make_secret
from support.world import SINK_SECRET, MakeWorld, World


class Load:
    """Submits from several threads until it is stopped; remembers what was accepted."""

    def __init__(self, world: World, threads: int = 4) -> None:
        self._world = world
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.accepted: list[str] = []
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, number: int) -> None:
        prefer = {"Prefer": "respond-async"} if number % 2 else {}
        while not self._stop.is_set():
            try:
                answer = self._world.post(**prefer)
            except OSError:
                time.sleep(0.02)
                continue
            except Exception:  # half an answer: http.client has many names for it
                continue
            if answer.status in (200, 202):
                with self._lock:
                    self.accepted.append(answer.json()["id"])
            time.sleep(0.01)

    def stop(self) -> list[str]:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        return self.accepted


def test_ten_kills_under_load_lose_nothing_and_pay_nothing_twice(make_world: MakeWorld) -> None:
    world = make_world(changes={"polling": {"first_after": "2s"}})
    random_pause = random.Random(5)
    load = Load(world)

    for _ in range(10):
        time.sleep(random_pause.uniform(0.15, 0.5))  # load of some length between two kills
        world.service.kill()
        world.service.start()
    accepted = load.stop()

    assert len(accepted) > 30
    world.sink.wait_for_all(accepted, within=40)
    until(lambda: all(world.service.summary()["tasks"][stage]["count"] == 0
                      for stage in ("queued", "submitting", "unknown", "in_flight")), "every task has ended", within=40)
    until(lambda: world.service.summary()["deliveries"]["sinks"]["results"]["pending"] == 0, "nothing is pending", within=20)
    by_key: dict[str, int] = {}
    for task in world.provider.tasks():
        by_key[task.idempotency_key] = by_key.get(task.idempotency_key, 0) + 1
    assert set(accepted) <= by_key.keys()
    assert set(by_key.values()) == {1}
    for task in accepted:
        attempts = world.sink.of_task(task)
        assert len({(item.headers["webhook-id"], item.body) for item in attempts}) == 1


def test_a_kill_between_acceptance_and_answer_is_made_good_after_the_start(make_world: MakeWorld) -> None:
    world = make_world()
    world.provider.faults(submit_delay_ms=1500, work_ms=3000)
    task = world.submit(Prefer="respond-async")
    until(lambda: world.provider.paid_for(task), "the provider has it")

    world.service.kill()
    world.service.start()

    world.delivered_once(task)
    assert len(world.provider.paid_for(task)) == 1


def test_a_callback_that_finds_nobody_is_recovered_by_a_query(make_world: MakeWorld) -> None:
    world = make_world(changes={"polling": {"first_after": "1s"}})
    world.provider.faults(work_ms=300)
    task = world.submit()
    world.service.kill()
    until(lambda: world.provider.stats()["callbacks"]["given_up"] == 1, "the provider gives up")

    world.service.start()

    world.delivered_once(task)
    assert world.service.summary()["results"]["query"] == 1


def test_sigterm_ends_with_0_and_refuses_nothing_during_the_lame_duck(make_world: MakeWorld) -> None:
    world = make_world(changes={"server": {"lame_duck": "2s"}})
    world.provider.faults(work_ms=200)
    accepted: list[str] = []
    trouble: list[str] = []
    began = time.monotonic()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            at = time.monotonic()
            try:
                answer = world.post()
                if answer.status in (200, 202):
                    accepted.append(answer.json()["id"])
                else:
                    trouble.append(f"{at - began:.2f} s: {answer}")
            except Exception as error:
                if at - began > 1.5:
                    return  # the lame duck ended while this one was under way
                trouble.append(f"{at - began:.2f} s: {error!r}")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    began = time.monotonic()
    world.service.program.signal(signal.SIGTERM)
    for thread in threads:
        thread.start()
    until(lambda: world.service.public.get("/readyz").status == 503, "unready", within=1)
    alive = world.service.public.get("/livez").status
    code = world.service.program.wait(within=15)
    done.set()
    for thread in threads:
        thread.join(15)

    assert (code, alive) == (0, 200)
    assert trouble == []
    assert len(accepted) > 5
    world.service.start()
    world.sink.wait_for_all(accepted)


def test_sigterm_answers_long_polls_with_what_is_known_and_ends_streams(make_world: MakeWorld) -> None:
    world = make_world()
    world.provider.faults(callback="never", work_ms=60000)
    task = world.submit()
    stream = world.api.open_stream(f"/v1/tasks/{task}/events")
    events = stream.events()
    next(events)
    polled: list[Any] = []
    poll = threading.Thread(target=lambda: polled.append(world.api.get(f"/v1/tasks/{task}?wait=30s")))
    poll.start()
    until(lambda: world.service.metrics().value("voicehook_connections", listener="api") >= 2, "both are connected")

    code = world.service.terminate()

    poll.join(5)
    assert code == 0
    assert polled[0].status == 200
    assert polled[0].json()["status"] in ("pending", "processing")
    assert [event.name for event in events] in ([], ["task"])
    stream.close()
    world.service.start()
    world.provider.send_callback(world.provider_task(task).id, outcome="completed")
    world.delivered_once(task)


def test_sigterm_lets_running_submissions_and_deliveries_finish(make_world: MakeWorld) -> None:
    world = make_world(changes={"submission": {"wait": "5s"}})
    world.provider.faults(submit_delay_ms=1000, work_ms=60000, callback="never")
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(world.post()))
    waiting.start()
    until(lambda: world.provider.creates == 1, "the provider has it")

    code = world.service.terminate()

    waiting.join(5)
    assert code == 0
    assert answers[0].status in (200, 202)
    world.service.start()
    assert world.service.history(answers[0].json()["id"])["stage"] == "in_flight"
    assert world.provider.stats()["submits"] == 1


def test_a_second_sigterm_exits_at_once(make_world: MakeWorld) -> None:
    world = make_world(changes={"server": {"lame_duck": "30s"}})
    world.service.program.signal(signal.SIGTERM)
    until(lambda: world.service.public.get("/readyz").status == 503, "unready")

    began = time.monotonic()
    world.service.program.signal(signal.SIGTERM)
    code = world.service.program.wait(5)

    assert code != 0
    assert time.monotonic() - began < 2


def reload(world: World, outcome: str) -> None:
    before = world.service.metrics().value("voicehook_reloads_total", result=outcome)
    world.service.reload()
    until(lambda: world.service.metrics().value("voicehook_reloads_total", result=outcome) == before + 1, f"reload: {outcome}")


def test_a_good_file_is_taken_on_sighup(make_world: MakeWorld) -> None:
    world = make_world()
    world.provider.faults(callback="never", work_ms=60000)
    before = world.submit()
    old_path = world.provider_task(before).callback_path
    added = Sink()
    eve = Caller("eve", "vh-eve-0123456789", make_secret("eve"))
    fresh = Authority(world.folder / "fresh", "fresh-ca")
    files = fresh.server("renewed")
    tls = {"certificate": str(files.certificate), "key": str(files.key)}
    bundle = world.folder / "both.crt"
    bundle.write_bytes(world.authority.file.read_bytes() + fresh.file.read_bytes())
    world.service.write_config({
        "callers": [*world.service.settings["callers"], {"name": "eve", "key_sha256": [eve.key_sha256]}],
        "callbacks": {"secrets": [{"id": "k2", "key": "another-callback-secret-0123456789abcdef"},
                                  *world.service.settings["callbacks"]["secrets"]]},
        "sinks": [*world.service.settings["sinks"], {"name": "added", "type": "http", "url": added.url}],
        "server": {"log_level": "debug"}, "api": {"tls": tls}})

    reload(world, "ok")

    api = Client(world.service.api_port, bundle, eve.key)
    assert api.get("/v1/tasks").status == 200
    assert certificate_issuer(world.service.api_port, bundle) != certificate_issuer(world.service.public_port, bundle)
    after = world.submit(api)
    assert ".k2." in world.provider_task(after).callback_path
    for task in (before, after):
        assert world.provider.send_callback(world.provider_task(task).id, outcome="completed") == [200]
        added.wait_for(task)
        world.delivered(task)
    assert ".k1." in old_path
    added.close()


def certificate_issuer(port: int, trusted: Any) -> Any:
    context = ssl.create_default_context(cafile=str(trusted))
    connection = Client(port, trusted).raw()
    try:
        certificate = connection.socket.getpeercert()  # type: ignore[attr-defined]
        assert context and certificate
        return certificate["issuer"]
    finally:
        connection.close()


def test_a_bad_file_is_refused_by_name_and_the_old_one_stays(make_world: MakeWorld) -> None:
    world = make_world()
    good = world.service.config.read_text()
    bad_files = {
        "store.retention": toml.render(toml.merged(world.service.settings, {"store": {"retention": "9d"}})),
        "api.listen": toml.render(toml.merged(world.service.settings, {"api": {"listen": "127.0.0.1:1"}})),
        "nonsense": good + "\n[nonsense]\nx = 1\n",
        "callers": good.replace("key_sha256", "key_sha255", 1),
        "nowhere.crt": toml.render(toml.merged(world.service.settings, {
            "public": {"tls": {"certificate": "nowhere.crt", "key": "nowhere.key"}}})),
        "voicehook.toml": "this is = not toml [",
    }

    for name, text in bad_files.items():
        world.service.config.write_text(text)
        reload(world, "refused")
        lines = until(lambda: world.service.program.logged("reload_refused"), "the log tells")
        assert name in str(lines[-1]) or name in str(lines), name
        assert world.service.client(ANN).get("/v1/tasks").status == 200

    world.delivered_once(world.submit())
    world.service.config.write_text(good)
    reload(world, "ok")


def test_a_reload_takes_the_providers_key_and_keeps_operators_in(make_world: MakeWorld) -> None:
    world = make_world()
    world.service.write_config({"provider": {"api_key": "sk-evo-wrong"}})
    reload(world, "ok")
    task = world.submit(Prefer="respond-async")
    until(lambda: "submission_postponed" in world.service.timeline(task), "the wrong key is used")

    world.service.write_config({"provider": {"api_key": "sk-evo-test-0123456789abcdef0123456789abcdef"}})
    reload(world, "ok")

    assert Client(world.service.ops_port, world.authority.file, OPS_TOKEN).get("/ops/v1/summary").status == 200
    world.delivered_once(world.submit())
    assert world.service.history(task)["stage"] == "queued"  # probed slowly, and not lost
    assert SINK_SECRET not in world.service.program.err.read_text()
