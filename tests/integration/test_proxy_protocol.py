"""The public listener behind a load balancer that speaks the PROXY protocol: who is believed, and what is not."""
from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import closing
from typing import Iterator

import pytest

from support.certificates import Authority, ServerFiles
from support.proxy_protocol import (BALANCER, BEHIND, HANDSHAKE, connect, open_connections, over, rejected, seen_source,
                                    start_tls, v1, v2)
from support.wait import until
from support.world import MakeWorld, World


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

    with start_tls(behind, plain) as stream:
        told = seen_source(behind, over(stream))

    assert client in told.replace(",", "").split(), told


def test_a_header_may_come_byte_by_byte(behind: World) -> None:
    plain = connect(behind.service.public_port, BALANCER)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in v2("203.0.113.10", extensions=b"\xea\x00\x01x"):
        plain.sendall(bytes([byte]))

    with start_tls(behind, plain) as stream:
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
        with start_tls(behind, plain) as stream:
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
        start_tls(behind, plain)
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
], ids=["http", "tls", "nul", "newline", "port", "leading-zero", "family", "108-bytes", "65535", "too-short", "no-family",
        "version-3"])
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
