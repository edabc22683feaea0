"""The public listener behind a load balancer: who the client is, what is not believed, and how a replica leaves."""
from __future__ import annotations

import http.client
import signal
import socket
import ssl
import struct
import threading
import time
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import pytest

from support.certificates import Authority, ServerFiles
from support.haproxy import Haproxy
from support.http import Client
from support.wait import stays, until
from support.world import MakeWorld, World, completed_body

#: Where the load balancer comes from; everybody else on this machine is a stranger.
BALANCER = "127.0.0.2"
BEHIND: dict[str, Any] = {"trusted_proxies": [f"{BALANCER}/32"], "proxy_protocol": "required"}
HANDSHAKE = 10.0


def v1(client: str) -> bytes:
    family, other = ("TCP6", "2001:db8::1") if ":" in client else ("TCP4", "192.0.2.1")
    return f"PROXY {family} {client} {other} 4711 443\r\n".encode()


def v2(client: str = "", extensions: bytes = b"") -> bytes:
    """Without a client: LOCAL, as a check of the load balancer's own."""
    if not client:
        command, family, addresses = 0x20, 0, b""
    else:
        address = ip_address(client)
        other = ip_address("2001:db8::1" if address.version == 6 else "192.0.2.1")
        command, family = 0x21, 0x21 if address.version == 6 else 0x11
        addresses = address.packed + other.packed + struct.pack("!HH", 4711, 443)
    rest = addresses + extensions
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", command, family, len(rest)) + rest


def connect(port: int, source: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=HANDSHAKE + 5, source_address=(source, 0))


def tls(world: World, plain: socket.socket) -> ssl.SSLSocket:
    return ssl.create_default_context(cafile=str(world.authority.file)).wrap_socket(plain, server_hostname="localhost")


def over(stream: socket.socket) -> http.client.HTTPConnection:
    """HTTP over a connection that is there already."""
    connection = http.client.HTTPConnection("localhost", timeout=15)
    connection.sock = stream
    return connection


def seen_source(world: World, connection: http.client.HTTPConnection | None = None, **headers: str) -> str:
    """What the timeline says of where a callback came from."""
    task = world.slow_task()
    provider_task = world.provider_task(task)
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = world.service.public.request("POST", provider_task.callback_path, completed_body(provider_task.id), sent, connection)
    assert (answer.status, answer.json()) == (200, {"status": "accepted"})
    return next(entry["detail"] for entry in world.service.history(task)["timeline"] if entry["kind"] == "callback")


def rejected(world: World, reason: str) -> float:
    return world.service.metrics().value("voicehook_http_rejected_total", listener="public", reason=reason)


def open_connections(world: World) -> float:
    return world.service.metrics().value("voicehook_connections", listener="public")


@pytest.fixture(scope="module")
def _behind(tmp_path_factory: pytest.TempPathFactory, authority: Authority, files: ServerFiles) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("behind"), authority, files, changes={"public": BEHIND})
    yield made
    made.close()


@pytest.fixture
def behind(_behind: World) -> Iterator[World]:
    """A world whose public listener wants a header from 127.0.0.2."""
    yield _behind
    _behind.service.check_conservation()


# ---- who the client is ----


@pytest.mark.parametrize("header, client", [
    (v1("203.0.113.7"), "203.0.113.7"),
    (v1("2001:db8::7"), "2001:db8::7"),
    (v2("203.0.113.8"), "203.0.113.8"),
    (v2("2001:db8::8"), "2001:db8::8"),
    (v2("203.0.113.9", extensions=b"\x02\x00\x05hooks" + b"\x04\x0b\xb8" + bytes(3000)), "203.0.113.9"),
    (b"PROXY UNKNOWN\r\n", BALANCER),
    (v2(), BALANCER),
], ids=["v1-ipv4", "v1-ipv6", "v2-ipv4", "v2-ipv6", "v2-extensions", "v1-unknown", "v2-local"])
def test_the_header_of_the_load_balancer_tells_the_client(behind: World, header: bytes, client: str) -> None:
    plain = connect(behind.service.public_port, BALANCER)
    plain.sendall(header)

    with tls(behind, plain) as stream:
        told = seen_source(behind, over(stream))

    assert client in told.split(), told


def test_a_header_may_come_byte_by_byte(behind: World) -> None:
    plain = connect(behind.service.public_port, BALANCER)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in v2("203.0.113.10", extensions=b"\xea\x00\x01x"):
        plain.sendall(bytes([byte]))

    with tls(behind, plain) as stream:
        told = seen_source(behind, over(stream))

    assert "203.0.113.10" in told


def test_header_and_tls_may_come_in_one_packet(behind: World) -> None:
    """The client's first TLS bytes are made before anything is sent."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=str(behind.authority.file))
    session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    with closing(connect(behind.service.public_port, BALANCER)) as plain:
        plain.sendall(v1("203.0.113.11") + outgoing.read())

        while True:
            arrived = plain.recv(65536)
            assert arrived, "closed"
            incoming.write(arrived)
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass

    assert session.version() in ("TLSv1.2", "TLSv1.3")


def test_forwarded_for_counts_only_from_a_client_that_is_trusted_itself(behind: World) -> None:
    told = []
    for header in (v2("203.0.113.12"), v2(BALANCER), b"PROXY UNKNOWN\r\n"):
        plain = connect(behind.service.public_port, BALANCER)
        plain.sendall(header)
        with tls(behind, plain) as stream:
            told.append(seen_source(behind, over(stream), X_Forwarded_For="198.51.100.1"))

    assert "203.0.113.12" in told[0] and "198.51.100.1" not in told[0]
    assert "198.51.100.1" in told[1]
    assert BALANCER in told[2] and "198.51.100.1" not in told[2], "that may be anybody's"


# ---- who is not believed ----


def test_a_stranger_is_served_as_itself(behind: World) -> None:
    told = seen_source(behind, X_Forwarded_For="203.0.113.13")

    assert "127.0.0.1" in told and "203.0.113.13" not in told


@pytest.mark.parametrize("header", [v1("203.0.113.14"), v2("203.0.113.14")], ids=["v1", "v2"])
def test_a_strangers_header_is_not_read(behind: World, header: bytes) -> None:
    before = rejected(behind, "tls"), rejected(behind, "proxy_header")

    plain = connect(behind.service.public_port, "127.0.0.3")
    plain.sendall(header)
    with pytest.raises((ssl.SSLError, OSError)):
        tls(behind, plain)
    plain.close()

    until(lambda: rejected(behind, "tls") == before[0] + 1, "it counts as a failed handshake")
    assert rejected(behind, "proxy_header") == before[1]


@pytest.mark.parametrize("sent", [
    b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    b"\0",
    b"\n",
    b"PROXY TCP4 203.0.113.7 192.0.2.1 65536 443\r\n",
    b"PROXY TCP4 203.0.113.07 192.0.2.1 4711 443\r\n",
    b"PROXY TCP6 203.0.113.7 192.0.2.1 4711 443\r\n",
    b"PROXY UNKNOWN " + b"x" * 108,
    v2("203.0.113.7")[:12] + b"\x21\x11\xff\xff" + bytes(65535),
    v2("203.0.113.7")[:12] + b"\x21\x11\x00\x0b" + bytes(11),
    v2("203.0.113.7")[:12] + b"\x21\x51\x00\x0c" + bytes(12),
    v2("203.0.113.7")[:12] + b"\x31\x11\x00\x0c" + bytes(12),
], ids=["http", "tls", "nul", "newline", "port", "leading-zero", "family", "108-bytes", "65535", "too-short", "no-family", "version-3"])
def test_what_is_no_header_is_closed_at_once_without_a_byte(behind: World, sent: bytes) -> None:
    before = rejected(behind, "proxy_header")
    began = time.monotonic()

    with closing(connect(behind.service.public_port, BALANCER)) as plain:
        try:
            plain.sendall(sent)
            received = plain.recv(1000)
        except (ConnectionResetError, BrokenPipeError):
            received = b""

    assert received == b""
    assert time.monotonic() - began < HANDSHAKE / 2, "at once, not at the deadline"
    until(lambda: rejected(behind, "proxy_header") == before + 1, "it is counted")


def test_every_beginning_of_a_header_that_ends_there_leaves_nothing_behind(behind: World) -> None:
    for header in (v1("203.0.113.7"), v2("203.0.113.7", extensions=b"\xea\x00\x01x")):
        for count in range(len(header)):
            with closing(connect(behind.service.public_port, BALANCER)) as plain:
                plain.sendall(header[:count])

    until(lambda: open_connections(behind) == 0, "all are gone")
    assert behind.service.public.get("/readyz").status == 200


def test_stalled_headers_hold_their_places_no_longer_than_a_handshake(make_world: MakeWorld) -> None:
    places = 100
    world = make_world(changes={"public": BEHIND, "server": {"max_connections": places}})
    began = time.monotonic()
    stalled = [connect(world.service.public_port, BALANCER) for _ in range(places - 1)]
    for each, header in zip(stalled, (b"", b"PROXY TCP4 203.0.113.7 ", v2("203.0.113.7")[:20]) * places):
        each.sendall(header)
    until(lambda: open_connections(world) == places - 1, "all are in")
    dripping = connect(world.service.public_port, BALANCER)
    drip = threading.Thread(target=_drip, args=(dripping, v1("203.0.113.7")[:-2]), daemon=True)
    drip.start()
    until(lambda: open_connections(world) == places, "no place is left")

    with pytest.raises(OSError):
        world.service.public.get("/livez")
    until(lambda: open_connections(world) == 0, "their deadline", HANDSHAKE + 5)

    took = time.monotonic() - began
    assert took > HANDSHAKE - 1, f"{took} s"
    assert rejected(world, "timeout_proxy_header") == places
    assert rejected(world, "connection_cap") >= 1
    assert all(each.recv(1) == b"" for each in stalled), "without a byte"
    assert world.service.public.get("/readyz").status == 200
    for each in (*stalled, dripping):
        each.close()
    drip.join(5)


def _drip(connection: socket.socket, data: bytes) -> None:
    """A byte now and then, until nobody wants more."""
    for byte in data:
        try:
            connection.sendall(bytes([byte]))
        except OSError:
            return
        time.sleep(0.4)


def test_nobody_is_trusted_is_a_mistake_of_the_configuration(make_world: MakeWorld) -> None:
    world = make_world(start=False, changes={"public": {"proxy_protocol": "required"}})

    code, said = world.service.start_refused()

    assert code == 2
    assert "public.proxy_protocol: needs public.trusted_proxies" in said


# ---- HAProxy ----


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
    with tls(world, connect(balanced.haproxy.port, "127.0.0.77")) as stream:
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
