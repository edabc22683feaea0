"""A result sink that remembers every request and answers by script."""
from __future__ import annotations

import json
import os
import socket
import ssl
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterable, Mapping

from .certificates import ServerFiles
from .ports import free_port
from .wait import until

RESET = "reset"
HANG = "hang"


@dataclass(frozen=True)
class Answer:
    """What to do with a request: a status with headers, RESET, or HANG (until the sink is closed)."""

    status: int | str = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    at: float
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    answer: Answer

    def json(self) -> Any:
        return json.loads(self.body)


class Sink:
    """Answers 200, or what the script has next. It listens on `port` of `host`, an address of either family."""

    def __init__(self, tls: ServerFiles | None = None, port: int | None = None, host: str = "127.0.0.1") -> None:
        self.port = port or free_port()
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"
        self._lock = threading.Lock()
        self._script: deque[Answer] = deque()
        self._default = Answer()
        self._received: list[Received] = []
        self._closing = threading.Event()
        kind = _ServerOnIpv6 if ":" in host else _Server
        self._server = kind((host, self.port), self._handler())
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.certificate, tls.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def script(self, *answers: Answer | int | str) -> None:
        """The next requests get these, one each; then the default again."""
        with self._lock:
            self._script = deque(answer if isinstance(answer, Answer) else Answer(answer) for answer in answers)

    def always(self, answer: Answer | int | str) -> None:
        """The default from now on."""
        with self._lock:
            self._default = answer if isinstance(answer, Answer) else Answer(answer)

    @property
    def received(self) -> list[Received]:
        with self._lock:
            return list(self._received)

    def of_task(self, task: str) -> list[Received]:
        """The requests whose body speaks of the task, in their order."""
        return [item for item in self.received if task.encode() in item.body]

    def wait_for(self, task: str, count: int = 1, within: float = 15.0) -> list[Received]:
        return until(lambda: (found := self.of_task(task)) if len(self.of_task(task)) >= count else [],
                     f"{count} requests for {task} at the sink", within)

    def wait_for_all(self, tasks: Iterable[str], within: float = 30.0) -> None:
        """Until each task was delivered (answered with 2xx) at least once."""
        wanted = set(tasks)

        def missing() -> set[str]:
            bodies = b"\n".join(item.body for item in self.received if isinstance(item.answer.status, int)
                                and item.answer.status < 300)
            return {task for task in wanted if task.encode() not in bodies}

        until(lambda: not missing(), f"delivery of {len(wanted)} tasks", within, every=0.1)

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _next(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        with self._lock:
            answer = self._script.popleft() if self._script else self._default
            self._received.append(Received(time.time(), path, headers, body, answer))
            return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = sink._next(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                if answer.status == RESET:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.close_connection = True
                    os.close(self.connection.detach())
                    return
                if answer.status == HANG:
                    sink._closing.wait(60)
                    self.close_connection = True
                    return
                self.send_response(int(answer.status))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: Any) -> None:
        """Clients may leave at any time."""


class _ServerOnIpv6(_Server):
    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()
