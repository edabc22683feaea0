"""Far sides that nobody should have: each accepts, reads the request, and then does something else than answer well."""
from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import Callable, Iterator

from .ports import free_port

_BLOCK = b"x" * 65536


def _drip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        time.sleep(0.1)


def _for_ever(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


def _after(head: bytes, more: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from more


def _chunks() -> Iterator[bytes]:
    yield from _for_ever(b"10000\r\n" + _BLOCK + b"\r\n")


_OK = b"HTTP/1.1 200 OK\r\n"

#: What each of them sends, by name. An iterator that ends closes the connection; None stays silent.
BEHAVIOURS: dict[str, Callable[[], Iterator[bytes]] | None] = {
    "silent": None,
    "byte_by_byte": lambda: _drip(_after(_OK + b"X-Slow: ", _for_ever(b"x"))),
    "endless_header": lambda: _after(_OK, _for_ever(b"X-More: " + b"x" * 1000 + b"\r\n")),
    "endless_line": lambda: _after(_OK + b"X-Long: ", _for_ever(_BLOCK)),
    "endless_body": lambda: _after(_OK + b"Transfer-Encoding: chunked\r\n\r\n", _chunks()),
    "endless_failure": lambda: _after(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n", _chunks()),
    "ten_gigabytes": lambda: _after(_OK + b"Content-Length: 10737418240\r\n\r\n", _for_ever(_BLOCK)),
    "until_it_closes": lambda: _after(_OK + b"\r\n", _for_ever(_BLOCK)),
    "slow_body": lambda: _drip(_after(_OK + b"Content-Length: 1000\r\n\r\n", _for_ever(b"x"))),
    "absurd_length": lambda: iter([_OK + b"Content-Length: 99999999999999999999999999\r\n\r\n"]),
    "garbage": lambda: iter([os.urandom(64).replace(b"H", b"h") + b"\r\n\r\n"]),
    "another_protocol": lambda: iter([b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n"]),
    "two_lengths": lambda: iter([_OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"]),
    "smuggled": lambda: iter([_OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]),
    "switching_protocols": lambda: iter([b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"]),
    "processing_for_ever": lambda: _for_ever(b"HTTP/1.1 102 Processing\r\n\r\n"),
    "processing_slowly": lambda: _drip(_for_ever(b"HTTP/1.1 10")),
    "closes_at_once": lambda: iter([]),
    "closes_in_the_header": lambda: iter([_OK + b"Content-Le"]),
}

#: The cause of an attempt at each of them; None: its 200 counts, whatever comes behind.
CAUSES: dict[str, str | None] = {
    "silent": "timeout", "byte_by_byte": "timeout", "endless_header": "too_large", "endless_line": "too_large",
    "endless_body": None, "endless_failure": "status_5xx", "ten_gigabytes": None, "until_it_closes": None, "slow_body": None,
    "absurd_length": "protocol", "garbage": "protocol", "another_protocol": "protocol", "two_lengths": "protocol",
    "smuggled": "protocol", "switching_protocols": "protocol", "processing_for_ever": "protocol", "processing_slowly": "timeout",
    "closes_at_once": "reset", "closes_in_the_header": "reset",
}


class HostileSink:
    """`behaviour` of BEHAVIOURS, on `port`. `sent` are the bytes that the other side let it send on its fattest connection."""

    def __init__(self, behaviour: str, read_request: bool = True) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.accepted = 0
        self.sent = 0
        self._pieces = BEHAVIOURS[behaviour]
        self._read_request = read_request
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        sent = 0
        with peer, contextlib.suppress(OSError):
            peer.settimeout(10)
            if self._read_request:
                read_request(peer)
            if self._pieces is None:
                while peer.recv(65536):
                    pass
                return
            for piece in self._pieces():
                if self._closing.is_set():
                    return
                peer.sendall(piece)
                sent += len(piece)
                self.sent = max(self.sent, sent)

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def read_request(peer: socket.socket) -> bytes:
    """One request with its body, as far as it comes."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = peer.recv(65536)
        if not part:
            return got
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length and (part := peer.recv(65536)):
        body += part
    return head + b"\r\n\r\n" + body


class RawSink:
    """Answers 204 to everything, and keeps the bytes of every request as they came."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            peer.settimeout(10)
            self.requests.append(read_request(peer))
            peer.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
