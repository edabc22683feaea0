"""A DNS server of the test's own: it answers by UDP what the test says, and differently every time if that is wanted."""
from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field

_A, _CNAME, _AAAA = 1, 5, 28


@dataclass(frozen=True)
class Host:
    """What a name has. With `turns` the answer to look-up n is that of turn n, the last one from then on."""

    addresses: tuple[str, ...] = ()
    alias: str = ""
    turns: tuple[tuple[str, ...], ...] = field(default=())


class DnsServer:
    """Knows `hosts`; every other name, too: it has the addresses of `otherwise`. No answer may be kept (TTL 0)."""

    def __init__(self, address: str, hosts: dict[str, Host], otherwise: tuple[str, ...]) -> None:
        self._hosts = {name.lower(): host for name, host in hosts.items()}
        self._otherwise = Host(otherwise)
        self.asked: Counter[tuple[str, int]] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                query, client = self._socket.recvfrom(4096)
            except OSError:
                return
            with contextlib.suppress(OSError, IndexError, struct.error, UnicodeDecodeError):
                self._socket.sendto(self._answer(query), client)

    def _answer(self, query: bytes) -> bytes:
        name, end = _read_name(query, 12)
        kind = struct.unpack(">H", query[end:end + 2])[0]
        records = []
        owner, host = name, self._find(name)
        turn = self.asked[name, kind]
        self.asked[name, kind] += 1
        while host.alias:
            records.append(_record(owner, _CNAME, _write_name(host.alias)))
            owner, host = host.alias, self._find(host.alias)
        addresses = host.turns[min(turn, len(host.turns) - 1)] if host.turns else host.addresses
        for text in addresses:
            address = ipaddress.ip_address(text)
            if kind == (_A if address.version == 4 else _AAAA):
                records.append(_record(owner, kind, address.packed))
        header = query[:2] + struct.pack(">HHHHH", 0x8580, 1, len(records), 0, 0)
        return header + query[12:end + 4] + b"".join(records)

    def _find(self, name: str) -> Host:
        return self._hosts.get(name.lower().rstrip("."), self._otherwise)

    def close(self) -> None:
        self._socket.close()


def _read_name(packet: bytes, at: int) -> tuple[str, int]:
    labels = []
    while length := packet[at]:
        labels.append(packet[at + 1:at + 1 + length].decode("latin-1"))
        at += 1 + length
    return ".".join(labels), at + 1


def _write_name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in name.rstrip(".").split(".")) + b"\0"


def _record(owner: str, kind: int, data: bytes) -> bytes:
    return _write_name(owner) + struct.pack(">HHIH", kind, 1, 0, len(data)) + data
