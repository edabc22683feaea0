"""The PROXY protocol from a load balancer's side, and what the service makes of it."""
from __future__ import annotations

import http.client
import socket
import ssl
import struct
from ipaddress import ip_address
from typing import Any

from .world import World, completed_body

#: Where the load balancer comes from; everybody else on this machine is a stranger.
BALANCER = "127.0.0.2"
BEHIND: dict[str, Any] = {"trusted_proxies": [f"{BALANCER}/32"], "proxy_protocol": "required"}
#: How long header and TLS handshake may take together.
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
    """A connection that comes from this address of 127.0.0.0/8."""
    return socket.create_connection(("127.0.0.1", port), timeout=HANDSHAKE + 5, source_address=(source, 0))


def start_tls(world: World, plain: socket.socket) -> ssl.SSLSocket:
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
