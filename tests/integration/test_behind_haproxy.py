"""HAProxy in front of the public listener: whom the timeline shows, and how a replica leaves without a failed request."""
from __future__ import annotations

import http.client
import signal
import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import pytest

from support.certificates import Authority
from support.haproxy import Haproxy
from support.http import Client
from support.proxy_protocol import BALANCER, BEHIND, connect, over, rejected, seen_source, start_tls
from support.wait import stays, until
from support.world import MakeWorld, completed_body


class Balanced:
    """Worlds whose provider comes in through one HAProxy."""

    def __init__(self, make_world: MakeWorld, folder: Path, authority: Authority, count: int = 1, send_proxy: str = "v2",
                 server: Mapping[str, Any] | None = None) -> None:
        self.worlds = [make_world(start=False, changes={"public": BEHIND, "server": server or {}}) for _ in range(count)]
        ports = [world.service.public_port for world in self.worlds]
        self.haproxy = Haproxy(folder, [("127.0.0.1", port, port) for port in ports], authority.file, send_proxy, source=BALANCER)
        for world in self.worlds:
            world.service.write_config({"public": {"base_url": f"https://127.0.0.1:{self.haproxy.port}"}})
            world.service.start()
        self.client = Client(self.haproxy.port, authority.file)


MakeBalanced = Callable[..., Balanced]


@pytest.fixture
def make_balanced(make_world: MakeWorld, tmp_path: Path, authority: Authority) -> Iterator[MakeBalanced]:
    made: list[Balanced] = []

    def make(**options: Any) -> Balanced:
        made.append(Balanced(make_world, tmp_path / f"haproxy{len(made)}", authority, **options))
        return made[-1]

    yield make
    for each in made:
        each.haproxy.close()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_behind_haproxy_the_timeline_shows_the_provider(make_balanced: MakeBalanced, version: str) -> None:
    balanced = make_balanced(send_proxy=version)
    balanced.haproxy.wait_for_all()
    world = balanced.worlds[0]

    task = world.submit()
    world.ended(task)
    world.delivered_once(task)
    with start_tls(world, connect(balanced.haproxy.port, "127.0.0.77")) as stream:
        told = seen_source(world, over(stream))

    sources = [entry["detail"] for entry in world.service.history(task)["timeline"] if entry["kind"] == "callback"]
    assert len(sources) == 1 and "127.0.0.1" in sources[0] and BALANCER not in sources[0], "the simulator's address"
    assert "127.0.0.77" in told
    assert rejected(world, "proxy_header") == 0 == rejected(world, "tls")


def test_haproxy_without_the_header_finds_nobody_ready(make_balanced: MakeBalanced) -> None:
    balanced = make_balanced(send_proxy="")
    world = balanced.worlds[0]

    until(lambda: rejected(world, "proxy_header") > 2, "its checks are refused")
    balanced.haproxy.wait_for()
    assert world.service.public.get("/readyz").status == 200, "whoever comes directly is served"
    stays(lambda: balanced.haproxy.up() == set(), "no check succeeds", 0.5)


class Load:
    """Requests every few milliseconds: callbacks over new connections, others over kept ones; nothing is tried twice."""

    def __init__(self, client: Client, kept: int = 12, fresh: int = 2) -> None:
        self.answered = 0
        self.failures: list[str] = []
        self._client = client
        self._stop = threading.Event()
        ways = [self._keep] * kept + [self._renew] * fresh
        self._threads = [threading.Thread(target=way, daemon=True) for way in ways]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _keep(self) -> None:
        # Reconnects by itself after an answer with "Connection: close", and never otherwise.
        connection = self._client.connect()
        while not self._stop.wait(0.02):
            self._ask(200, "GET", "/livez", connection=connection)
        connection.close()

    def _renew(self) -> None:
        while not self._stop.wait(0.005):
            self._ask(404, "POST", "/callbacks/v1/forged", completed_body("task-that-nobody-knows"))

    def _ask(self, expected: int, method: str, path: str, body: bytes | None = None,
             connection: http.client.HTTPConnection | None = None) -> None:
        try:
            answer = self._client.request(method, path, body, {"Content-Type": "application/json"}, connection)
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"{time.monotonic():.3f} {error!r}")
            if connection:
                connection.close()
            return
        if answer.status != expected:
            self.failures.append(f"{time.monotonic():.3f} {answer!r}")
        self.answered += 1


def test_without_a_lame_duck_kept_connections_are_cut(make_balanced: MakeBalanced) -> None:
    """What the next test would see if the lame duck did not work."""
    balanced = make_balanced(count=2, server={"lame_duck": "0s"})
    balanced.haproxy.wait_for_all()
    load = Load(balanced.client)
    until(lambda: load.answered > 50, "requests are answered")

    assert balanced.worlds[0].service.terminate() == 0
    until(lambda: load.failures, "whoever kept a connection finds it closed")
    load.stop()


def test_no_request_fails_while_services_behind_haproxy_are_restarted(make_balanced: MakeBalanced) -> None:
    balanced = make_balanced(count=2, server={"lame_duck": "1500ms"})
    balanced.haproxy.wait_for_all()
    load = Load(balanced.client)
    until(lambda: load.answered > 50, "requests are answered")

    for number in (0, 1, 0, 1):
        service, other = balanced.worlds[number].service, f"server{1 - number}"
        service.program.signal(signal.SIGTERM)
        balanced.haproxy.wait_for(other)
        assert service.program.running, "it is taken out before it stops listening"
        answered = load.answered
        assert service.program.wait() == 0
        assert load.answered > answered, "the other one answers"
        service.start()
        balanced.haproxy.wait_for_all()
    load.stop()

    assert load.failures == []
    stat = balanced.haproxy.rows()
    assert all(int(stat[name]["stot"]) > 100 for name in stat), "both had their share"
    assert sum(int(stat[name]["stot"]) for name in stat) < load.answered, "some connections were kept"
    assert {stat[name]["econ"] for name in stat} == {"0"}, "no connection to a server was refused"
