"""An HTTP client that hides nothing, and raw connections for requests that no client would send."""
from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping


@dataclass(frozen=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, in any letter case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        return (self.header("Content-Type") or "").split(";")[0].strip()

    def __repr__(self) -> str:
        return f"<{self.status} {self.media_type} {self.body[:400]!r}>"


#: Told of every exchange: method, path with query, response.
Observer = Callable[[str, str, Response], None]


class Client:
    """One server. Each request has a connection of its own, unless `keep` is entered. `source`: the address it comes from."""

    def __init__(self, port: int, authority: Path | None = None, token: str | None = None,
                 timeout: float = 30.0, observer: Observer | None = None, source: str | None = None) -> None:
        self.port = port
        self._tls = ssl.create_default_context(cafile=str(authority)) if authority else None
        self._token = token
        self._timeout = timeout
        self._observer = observer
        self._source = (source, 0) if source else None

    def connect(self) -> http.client.HTTPConnection:
        if self._tls:
            return http.client.HTTPSConnection("localhost", self.port, timeout=self._timeout, context=self._tls,
                                               source_address=self._source)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self._timeout, source_address=self._source)

    def request(self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None,
                connection: http.client.HTTPConnection | None = None) -> Response:
        sent = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        for name, value in (headers or {}).items():
            sent[name] = value
        used = connection or self.connect()
        try:
            used.request(method, path, body.encode() if isinstance(body, str) else body,
                         {name: value for name, value in sent.items() if value != ""})
            answer = used.getresponse()
            response = Response(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            if connection is None:
                used.close()
        if self._observer:
            self._observer(method, path, response)
        return response

    def get(self, path: str, **headers: str) -> Response:
        return self.request("GET", path, None, _names(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Response:
        """POSTs JSON: text and bytes as they are, anything else is rendered."""
        sent = body if isinstance(body, (bytes, str)) or body is None else json.dumps(body)
        return self.request("POST", path, sent, {"Content-Type": "application/json", **_names(headers)})

    def open_stream(self, path: str, **headers: str) -> "EventStream":
        connection = self.connect()
        token = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        connection.request("GET", path, headers={**token, **_names(headers)})
        return EventStream(connection, connection.getresponse())

    def raw(self) -> "RawConnection":
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=self._timeout, source_address=self._source)
        return RawConnection(self._tls.wrap_socket(plain, server_hostname="localhost") if self._tls else plain)


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    """Python names to header names: idempotency_key is Idempotency-Key."""
    return {name.replace("_", "-").title(): value for name, value in headers.items()}


@dataclass(frozen=True)
class Event:
    name: str
    data: str
    id: str | None = None

    def json(self) -> Any:
        return json.loads(self.data)


class EventStream:
    """Server-sent events as they come."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self.response = response
        self.status = response.status

    def events(self) -> Iterator[Event]:
        """Until the server ends the stream. Comments are left out."""
        fields: dict[str, str] = {}
        while line := self.response.readline():
            text = line.decode().rstrip("\r\n")
            if not text:
                if "data" in fields:
                    yield Event(fields.get("event", "message"), fields["data"], fields.get("id"))
                fields = {}
            elif not text.startswith(":"):
                name, _, value = text.partition(":")
                value = value.removeprefix(" ")
                fields[name] = fields[name] + "\n" + value if name == "data" and name in fields else value

    def close(self) -> None:
        self._connection.close()


class RawConnection:
    """Bytes in, bytes out."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> bytes:
        """Everything until the server closes (or resets)."""
        received = b""
        try:
            while part := self.socket.recv(65536):
                received += part
        except (ConnectionResetError, ssl.SSLEOFError):
            pass
        return received

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "RawConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
