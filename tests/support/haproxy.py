"""A private HAProxy that passes TCP on to the servers that are ready, and what it thinks of them."""
from __future__ import annotations

import csv
import shutil
import socket
from pathlib import Path
from typing import Sequence

from .ports import free_port
from .program import Program
from .wait import until

# What deploy/haproxy.cfg does, checked more often. A connection that a server refuses goes to the next one.
_CONFIGURATION = """
global
    log stdout format raw local0
    stats socket ipv4@127.0.0.1:{admin_port} level admin
    stats timeout 1h
    maxconn 4000
defaults
    mode tcp
    log global
    option tcplog
    option dontlognull
    option redispatch 1
    retries 3
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout queue 5s
    timeout check 1s
frontend clients
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    balance roundrobin
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
    http-check expect status 200
    default-server inter {check_every} fall 2 rise 1
{servers}
"""

#: `send_proxy`: the header that begins each connection to a server.
_SEND_PROXY = {"": "", "v1": " send-proxy", "v2": " send-proxy-v2"}


def executable() -> str | None:
    return shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class Haproxy:
    """Listens on `port` in front of `backends`: (host, port, port of its health), named server0, server1 …

    `wait_for_all` before it is used: until a server's first check is done, nothing is known of it.
    Health is GET /readyz, over TLS when `tls` is the authority of the servers' certificates. `send_proxy` is "", "v1" or
    "v2"; checks carry a header, too, unless the port of the health is another one. `source` is the address from which it
    comes to the servers: with a header that must not be 127.0.0.1, so that `public.trusted_proxies` can name it without
    asking those for a header who come to the service directly. Its log is `program.out`.
    """

    def __init__(self, folder: Path, backends: Sequence[tuple[str, int, int]], tls: Path | None = None, send_proxy: str = "",
                 check_every: str = "100ms", name: str = "haproxy", source: str = "") -> None:
        program = executable()
        assert program, "haproxy is not there: ./dev setup"
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.admin_port = free_port(), free_port()
        check = f"check-ssl check-sni localhost verify required verifyhost localhost ca-file {tls}" if tls else ""
        servers = "\n".join(
            f"    server server{index} {host}:{port}{f' source {source}' if source else ''}{_SEND_PROXY[send_proxy]} check"
            f"{'' if health == port else f' port {health}'} {check}" for index, (host, port, health) in enumerate(backends))
        configuration = folder / f"{name}.cfg"
        configuration.write_text(_CONFIGURATION.format(port=self.port, admin_port=self.admin_port, check_every=check_every,
                                                       servers=servers))
        self.program = Program([program, "-db", "-f", configuration], folder, name)
        self._names = [f"server{index}" for index in range(len(backends))]

    def ask(self, command: str) -> str:
        """Haproxy's answer to a command of its admin socket."""
        with socket.create_connection(("127.0.0.1", self.admin_port), timeout=5) as connection:
            connection.sendall(command.encode() + b"\n")
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts).decode()

    def rows(self) -> dict[str, dict[str, str]]:
        """What `show stat` says of each server, by name: `status`, `scur` (open connections), `econ`, `wredis` …"""
        table = csv.DictReader(self.ask("show stat").removeprefix("# ").splitlines())
        return {row["svname"]: row for row in table if row["pxname"] == "servers" and row["svname"] != "BACKEND"}

    def up(self) -> set[str]:
        """The servers that passed their last checks, which there have been."""
        return {name for name, row in self.rows().items() if row["status"] == "UP" and row["check_status"].endswith("L7OK")}

    def wait_for(self, *names: str, within: float = 15.0) -> None:
        """Until these servers are up, and no other."""

        def ask() -> bool:
            if not self.program.running:
                raise SystemError(f"haproxy ended: {self.program.tail()}")
            return self.up() == set(names)

        until(ask, f"haproxy has {', '.join(names) or 'nobody'} up", within)

    def wait_for_all(self, within: float = 15.0) -> "Haproxy":
        self.wait_for(*self._names, within=within)
        return self

    def close(self) -> None:
        self.program.kill()
