"""Stands between the service and the provider, and writes down every submission and query as it went over the wire."""
from __future__ import annotations

import http.client
import os
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .certificates import ServerFiles
from .ports import free_port


@dataclass(frozen=True)
class Submission:
    key: str
    body: bytes
    headers: dict[str, str]  # names in lower case


@dataclass(frozen=True)
class Query:
    path: str
    headers: dict[str, str]  # names in lower case


class Tap:
    """Listens with TLS, forwards to the provider's port, passes answers and their absence on."""

    def __init__(self, files: ServerFiles, authority: Path, provider_port: int) -> None:
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self._trust = ssl.create_default_context(cafile=str(authority))
        self._provider_port = provider_port
        self._lock = threading.Lock()
        self._submissions: list[Submission] = []
        self._queries: list[Query] = []
        self._server = _Server(("127.0.0.1", self.port), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def submissions(self, task: str) -> list[Submission]:
        """What was submitted for a task of ours, told by the callback URL in the body: whatever its key."""
        with self._lock:
            return [item for item in self._submissions if task.encode() in item.body]

    def queries(self, provider_task: str) -> list[Query]:
        """What was asked about a task of the provider's."""
        with self._lock:
            return [item for item in self._queries if item.path == f"/v1/tasks/{provider_task}"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> http.client.HTTPResponse:
        upstream = http.client.HTTPSConnection("localhost", self._provider_port, timeout=30, context=self._trust)
        upstream.request(method, path, body or None, headers)
        return upstream.getresponse()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        tap = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with tap._lock:
                    if self.command == "POST":
                        tap._submissions.append(Submission(headers.get("idempotency-key", ""), body, headers))
                    else:
                        tap._queries.append(Query(self.path, headers))
                kept = {name: value for name, value in headers.items() if name not in ("host", "connection", "content-length")}
                try:
                    answer = tap._forward(self.command, self.path, kept, body)
                    content = answer.read()
                except (OSError, http.client.HTTPException):
                    self._reset()
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _pass_on

            def _reset(self) -> None:
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.close(self.connection.detach())

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """The service may hang up at any time."""
