"""Several replicas on one PostgreSQL database: deaths, stops, pauses and outages, seen from outside."""
from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import pytest

from support import toml
from support.certificates import Authority, ServerFiles
from support.postgres import Postgres, memory_folder
from support.program import run
from support.replicas import Replicas, at_once
from support.service import Service
from support.sink import HANG
from support.traffic import Traffic, judge, wait_until_delivered
from support.wait import stays, until
from support.world import MakeWorld, World, completed_body

#: As the provider tries, and queries only for what really was lost.
LIKE_THE_PROVIDER: dict[str, Any] = {"retry": "1s,2s,4s", "changes": {"polling": {"first_after": "3s"}}}
#: A dead replica's work goes on after this many seconds at most.
RESUMED_WITHIN = 30.0
_names = itertools.count(1)

MakeReplicas = Callable[..., Replicas]


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """In memory, but with every promise of durability made: the service asks for it."""
    with Postgres(memory_folder()) as made:
        yield made


@pytest.fixture
def database(server: Postgres) -> str:
    """The URL of an empty database."""
    return server.create_database(f"test{next(_names)}")


@pytest.fixture
def make_replicas(tmp_path: Path, authority: Authority, files: ServerFiles, database: str) -> Iterator[MakeReplicas]:
    made: list[Replicas] = []

    def make(**options: Any) -> Replicas:
        made.append(Replicas(tmp_path / "replicas", authority, files, {"url": database}, **options))
        return made[-1]

    yield make
    for world in made:
        world.service.check_conservation()
        world.close()


@pytest.fixture(scope="module")
def _pair(tmp_path_factory: pytest.TempPathFactory, authority: Authority, files: ServerFiles,
          server: Postgres) -> Iterator[Replicas]:
    made = Replicas(tmp_path_factory.mktemp("pair"), authority, files, {"url": server.create_database("pair")},
                    **LIKE_THE_PROVIDER)
    yield made
    made.close()


@pytest.fixture
def pair(_pair: Replicas) -> Iterator[Replicas]:
    """Two replicas that most tests share."""
    _pair.wait_balanced()
    yield _pair
    _pair.provider.calm()
    _pair.sink.always(200)
    _pair.service.check_conservation()


class Readiness:
    """What /readyz of a replica answers, asked all the time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stop = threading.Event()
        self._seen: list[tuple[float, int]] = []
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        while not self._stop.wait(0.02):
            try:
                self._seen.append((time.monotonic(), self._service.ops.get("/readyz").status))
            except OSError:
                pass

    def first(self, status: int, since: float, within: float = 15.0) -> float:
        """How long after `since` it first was `status`."""
        return until(lambda: next((at for at, seen in self._seen if at >= since and seen == status), 0.0),
                     f"/readyz is {status}", within) - since

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10)


# ---- at the same moment ----


def test_a_hundred_identical_callbacks_at_once_over_two_replicas_are_one_result(pair: Replicas) -> None:
    task = pair.slow_task()

    answers = pair.identical_callbacks(task, 100)

    assert {answer.status for answer in answers} == {200}
    assert Counter(answer.json()["status"] for answer in answers) == {"accepted": 1, "duplicate": 99}
    pair.delivered_once(task)


def test_an_idempotency_key_at_both_replicas_at_once_makes_one_task(pair: Replicas) -> None:
    clients = [one.client() for one in pair.replicas]
    keys = [f"both-{number}" for number in range(10)]

    for key in keys:
        answers = at_once([lambda client=client: pair.post(client, idempotency_key=key) for client in clients * 4])

        assert {answer.status for answer in answers} <= {200, 202, 409}, answers
        tasks = {answer.json()["id"] for answer in answers if answer.status != 409}
        assert len(tasks) == 1, answers
        assert {pair.submit(client, idempotency_key=key) for client in clients} == tasks
        pair.delivered_once(tasks.pop())


# ---- one of them goes ----


def submitting_by(world: Replicas, number: int) -> str:
    """A task that the provider has and never calls back for, whose submission this replica still waits for."""
    world.provider.faults(submit_response={"kind": "hang", "times": 1}, callback={"kind": "never", "times": 1})
    task = world.submit(world.replicas[number].client(), Prefer="respond-async")
    until(lambda: world.provider.paid_for(task), "the provider has it")
    return task


def test_what_a_stopped_replica_held_goes_on_at_once(make_replicas: MakeReplicas) -> None:
    world = make_replicas(changes={"server": {"lame_duck": "300ms", "drain": "1s"}})
    held = world.held_by(0, 3)

    assert world.replicas[0].terminate() == 0
    began = time.monotonic()
    for task in held:
        world.sink.wait_for(task, 2, within=5)

    assert time.monotonic() - began < 3
    for task in held:
        world.settled(task)
        assert [item.answer.status for item in world.sink.of_task(task)] == [HANG, 200]


def test_a_dead_replicas_work_goes_on_and_a_paused_one_that_wakes_changes_nothing(make_replicas: MakeReplicas) -> None:
    world = make_replicas(count=3, changes={"provider": {"submit_timeout": "5s"}, "polling": {"first_after": "1s"}})
    submitted = [submitting_by(world, 0), submitting_by(world, 1)]
    held = [*world.held_by(0, 3), *world.held_by(1, 3)]

    world.kill(0)
    world.pause(1)
    began = time.monotonic()
    for task in held:
        world.sink.wait_for(task, 2, within=RESUMED_WITHIN)
    for task in submitted:
        world.delivered(task, within=max(1.0, RESUMED_WITHIN - (time.monotonic() - began)))
    took = time.monotonic() - began
    world.resume(1)
    woken = world.replicas[1]

    assert took < RESUMED_WITHIN
    until(lambda: woken.public.get("/readyz").status == 200, "the woken replica is ready")
    world.delivered_once(world.submit(woken.client()))
    stays(lambda: {len(world.sink.of_task(task)) for task in held} == {2}, "one more delivery of each", 1.5)
    for task in held:
        assert [item["state"] for item in woken.deliveries(task)] == ["delivered"]
    for task in submitted:
        assert len(world.provider.paid_for(task)) == 1
        assert len(world.sink.of_task(task)) == 1


def test_a_rolling_restart_under_traffic_loses_no_callback_and_fails_no_submission(pair: Replicas) -> None:
    by_query = pair.service.summary()["results"]["query"]
    traffic = Traffic(pair, 60)
    traffic.wait_for(60)

    pair.rolling_restart()
    accepted = traffic.stop()

    wait_until_delivered(pair, accepted, 20)
    found = judge(pair, accepted)
    assert (traffic.refused, found.wrong, found.given_up, found.by_query - by_query) == ([], [], 0, 0)


# ---- the database goes ----


def test_a_restart_of_the_database_under_traffic_heals_by_itself(pair: Replicas, server: Postgres) -> None:
    watches = [Readiness(one) for one in pair.replicas]
    traffic = Traffic(pair, 60)
    traffic.wait_for(60)

    gone = time.monotonic()
    server.stop()
    try:
        down = [watch.first(503, gone) for watch in watches]
    finally:
        server.start()
    back = time.monotonic()
    up = [watch.first(200, back) for watch in watches]
    told = len(traffic.accepted)
    traffic.wait_for(told + 60)
    accepted = traffic.stop()
    for watch in watches:
        watch.close()

    assert max(down) < 1.5, f"unready after {down} s: a second, and what a busy machine adds"
    assert max(up) < 5, f"ready after {up} s"
    wait_until_delivered(pair, accepted, 30)
    assert judge(pair, accepted).wrong == []


def test_an_intake_whose_database_hangs_answers_503_in_time(pair: Replicas, server: Postgres) -> None:
    task = pair.slow_task()
    provider_task = pair.provider_task(task)
    body = completed_body(provider_task.id)

    server.pause()
    try:
        began = time.monotonic()
        answers = at_once([
            lambda: pair.replicas[0].public.post(provider_task.callback_path, body),
            lambda: pair.replicas[1].public.post(provider_task.callback_path, body),
            lambda: pair.post(pair.replicas[0].client())])
        took = time.monotonic() - began
    finally:
        server.resume()

    assert [answer.status for answer in answers] == [503, 503, 503], answers
    assert all(answer.header("Retry-After") for answer in answers)
    assert took < 8, f"{took} s, and the provider waits ten"
    pair.wait_balanced()
    answer = pair.public.post(provider_task.callback_path, body)
    assert answer.json()["status"] in ("accepted", "duplicate"), "what was sent may have become durable after all"
    pair.delivered_once(task)


def test_sessions_that_the_database_ends_cost_no_result(pair: Replicas, server: Postgres) -> None:
    traffic = Traffic(pair, 60)
    traffic.wait_for(30)

    ended = 0
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        ended += server.end_sessions("pair", share=0.5)
        time.sleep(0.1)  # let some of them begin anew
    accepted = traffic.stop()

    assert ended > 5
    wait_until_delivered(pair, accepted, 30)
    assert judge(pair, accepted).wrong == []


# ---- what must not start ----


def refusals(world: World, stores: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What the service says to each of these sections `store`, started at the same time: each may wait for its database."""

    def refused(number: int, store: Mapping[str, Any]) -> str:
        config = world.folder / f"refused{number}.toml"
        config.write_text(toml.render(toml.merged(world.service.settings, {"store": {"url": None, **store}})))
        done = run([world.service.command()[0], "serve", "--config", config], world.folder, within=30)
        assert done.returncode == 2, done.stderr
        return done.stderr

    with ThreadPoolExecutor(len(stores)) as pool:
        return dict(zip(stores, pool.map(refused, range(len(stores)), stores.values())))


def test_a_database_that_forgets_on_a_power_cut_is_refused(make_world: MakeWorld, server: Postgres, database: str) -> None:
    world = make_world(start=False)
    name = database.rsplit("/", 1)[1]

    server.configure(fsync="off")
    without_fsync = refusals(world, {"fsync": {"url": database}})
    server.configure(fsync="on")
    server.query(f"ALTER DATABASE {name} SET synchronous_commit = off")
    without_waiting = refusals(world, {"synchronous_commit": {"url": database}})

    for setting, said in {**without_fsync, **without_waiting}.items():
        assert setting in said and "store.allow_unsafe_commits" in said
    world.service.write_config({"store": {"url": database, "allow_unsafe_commits": True}})
    world.service.start()
    world.delivered_once(world.submit())


def test_a_database_that_does_not_let_us_in_is_refused(make_world: MakeWorld, server: Postgres, database: str) -> None:
    server.create_role("locked", "the-right-password")
    world = make_world(start=False)
    locked = server.url(database.rsplit("/", 1)[1], user="locked")

    said = refusals(world, {
        "no database": {"url": server.url("nowhere")}, "no password": {"url": locked},
        "wrong": {"url": locked, "password": "the-wrong-password"},
        "wrong in the URL": {"url": locked.replace("locked@", "locked:the-wrong-password@")}})

    assert all("store.url" in one and "the-wrong-password" not in one for one in said.values()), said
    assert "nowhere" in said["no database"]
    assert all("password" in said[name] for name in ("no password", "wrong", "wrong in the URL"))
    world.service.write_config({"store": {"url": locked, "password": "the-right-password"}})
    world.service.start()
    world.delivered_once(world.submit())
    assert "the-right-password" not in world.service.program.err.read_text()


def test_a_database_of_a_newer_version_is_refused(make_world: MakeWorld, server: Postgres, database: str) -> None:
    world = make_world(changes={"store": {"url": database}})
    task = world.submit()
    world.delivered_once(task)
    assert world.service.terminate() == 0
    name = database.rsplit("/", 1)[1]

    server.query("UPDATE voicehook.meta SET value = value + 1000", name)
    said = refusals(world, {"newer": {"url": database}})["newer"]
    server.query("UPDATE voicehook.meta SET value = value - 1000", name)

    assert "newer" in said and "store.url" in said
    world.service.start()
    assert world.task(task)["status"] == "completed"


def test_a_database_that_cannot_be_reached_or_verified_is_refused_in_the_end(
        make_world: MakeWorld, files: ServerFiles, authority: Authority) -> None:
    stranger = Authority(authority.file.parent, "stranger")
    with Postgres(memory_folder(), tls=files) as server:
        def url(**options: Any) -> dict[str, str]:
            return {"url": server.url(host="localhost", **options)}

        world = make_world(start=False)
        said = refusals(world, {"stranger": url(sslmode="verify-full", sslrootcert=stranger.file), "plain": url(sslmode="disable"),
                                "nobody": url(port=1)})
        world.service.write_config({"store": url(sslmode="verify-full", sslrootcert=authority.file)})
        world.service.start()
        world.delivered_once(world.submit())
        encrypted = server.query("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                                 "WHERE usename = 'voicehook'")
        world.service.terminate()

    assert "certificate" in said["stranger"] and "encryption" in said["plain"] and "refused" in said["nobody"]
    assert all("store.url" in one for one in said.values())
    assert encrypted == "t"
