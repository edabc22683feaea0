"""An operations API that answers what a test tells it to: for answers that the real one never gives."""
from __future__ import annotations

import json
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .certificates import ServerFiles
from .ports import free_port


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    token: str | None
    last_event_id: str | None
    body: bytes


class OpsStub:
    """`answers` by path without query: a status and a body (text, bytes, or anything to be rendered as JSON). `streams`: one
    list of chunks for each connection to /ops/v1/events; when none is left, the stream stays open and silent."""

    def __init__(self, tls: ServerFiles | None = None) -> None:
        self.port = free_port()
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"
        self.answers: dict[str, tuple[int, Any]] = {}
        self.streams: list[list[bytes]] = []
        self.asked: list[Asked] = []
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls.certificate, tls.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> "OpsStub":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _handler(stub) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stub.asked.append(Asked(self.command, self.path, (self.headers.get("Authorization") or "").removeprefix("Bearer "),
                                        self.headers.get("Last-Event-ID"), body))
                self.close_connection = True
                if self.path == "/ops/v1/events" and self.path not in stub.answers:
                    self._stream()
                else:
                    self._answer(*stub.answers.get(self.path.split("?")[0], (404, {"detail": "There is no such thing."})))

            do_POST = do_GET

            def _answer(self, status: int, what: Any) -> None:
                sent = what if isinstance(what, bytes) else (what if isinstance(what, str) else json.dumps(what)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def _stream(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                chunks = stub.streams.pop(0) if stub.streams else None
                for chunk in chunks or []:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                if chunks is None:
                    stub._closing.wait()
                self.wfile.write(b"0\r\n\r\n")

        return Handler
