"""A private NATS server with JetStream, with or without TLS and users, and a client that speaks its protocol."""
from __future__ import annotations

import base64
import json
import shutil
import signal
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from .certificates import Authority, ServerFiles
from .ports import free_port
from .program import Program
from .wait import until

_PROJECT = Path(__file__).resolve().parents[2]


def executable() -> str | None:
    """nats-server, installed or unpacked by ./dev setup."""
    unpacked = _PROJECT / "build" / "nats-server"
    return shutil.which("nats-server", path="/usr/sbin:/usr/bin:/usr/local/bin") or (str(unpacked) if unpacked.is_file() else None)


#: What a client says in CONNECT to be let in, made of what the server says in INFO.
Login = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class NatsError(Exception):
    """What JetStream answers instead."""


class NatsClient:
    """One connection that asks, and waits for the answer."""

    def __init__(self, port: int, trust: Path | None = None, login: Login | None = None,
                 shown: ServerFiles | None = None) -> None:
        self._socket: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        information = b""
        while not information.endswith(b"\r\n"):
            information += self._socket.recv(1)
        if trust:
            context = ssl.create_default_context(cafile=str(trust))
            if shown:
                context.load_cert_chain(shown.certificate, shown.key)
            self._socket = context.wrap_socket(self._socket, server_hostname="localhost")
        self._read = self._socket.makefile("rb")
        self._asked = 0
        hello = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True, "name": "tests",
                 **(login(json.loads(information.removeprefix(b"INFO "))) if login else {})}
        self._socket.sendall(b"CONNECT %s\r\nSUB _INBOX.tests.* 1\r\nPING\r\n" % json.dumps(hello).encode())
        while (line := self._line()) != b"PONG":
            if line.startswith(b"-ERR"):
                raise ConnectionError(line.decode())

    def ask(self, subject: str, question: Any = None) -> dict[str, Any]:
        """The answer to a request of JetStream's API."""
        self._asked += 1
        payload = b"" if question is None else json.dumps(question).encode()
        inbox = f"_INBOX.tests.{self._asked}"
        self._socket.sendall(b"PUB $JS.API.%s %s %d\r\n%s\r\n" % (subject.encode(), inbox.encode(), len(payload), payload))
        while True:
            line = self._line()
            words = line.split()
            if words[0] == b"PING":
                self._socket.sendall(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                body = self._read.read(int(words[-1]) + 2)[:-2]
                if words[0] == b"HMSG":
                    raise NatsError(body.decode())
                if words[1].decode() == inbox:
                    answer = json.loads(body)
                    if "error" in answer:
                        raise NatsError(answer["error"])
                    return dict(answer)
            elif words[0] == b"-ERR":
                raise NatsError(line.decode())

    def close(self) -> None:
        self._read.close()
        self._socket.close()

    def _line(self) -> bytes:
        line = self._read.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed")
        return line[:-2]


@dataclass(frozen=True)
class Message:
    """A message of a stream; names of headers as they were sent."""

    sequence: int
    subject: str
    headers: dict[str, str]
    data: bytes


def _headers(block: bytes) -> dict[str, str]:
    lines = block.decode().split("\r\n")
    assert lines[0] == "NATS/1.0" and lines[-2:] == ["", ""], lines
    return dict(line.split(": ", 1) for line in lines[1:-2])


class Nats:
    """Listens on `port` of 127.0.0.1; `url` names it. Streams are kept over a restart, in `folder`.

    `strangers` without a certificate of the authority are "welcome" or "refused". `more` are lines of its configuration; `login` lets the client of the tests in."""

    def __init__(self, folder: Path, authority: Authority | None = None, files: ServerFiles | None = None, more: Sequence[str] = (),
                 login: Login | None = None, start: bool = True, jetstream: bool = True,
                 strangers: str = "welcome") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.url = f"{'tls' if files else 'nats'}://localhost:{self.port}"
        self._trust = authority.file if authority and files else None
        self._login = login
        self._shown = files if strangers == "refused" else None
        lines = [f'listen: "127.0.0.1:{self.port}"', *more]
        if jetstream:
            lines.append(f'jetstream {{ store_dir: "{folder / "store"}", max_mem: 64MB, max_file: 1GB }}')
        if files:
            assert authority
            lines.append(f'tls {{ cert_file: "{files.certificate}", key_file: "{files.key}", ca_file: "{authority.file}", verify: {str(strangers == "refused").lower()} }}')
        self.configuration = folder / "nats.conf"
        self.configuration.write_text("\n".join(lines) + "\n")
        self.program: Program
        if start:
            self.start()

    def start(self) -> "Nats":
        found = executable()
        assert found, "nats-server is not there: ./dev setup"
        self.program = Program([found, "-c", self.configuration], self.folder, "nats")

        def ready() -> bool:
            if not self.program.running:
                raise SystemError(f"nats-server ended: {self.program.tail()}")
            self.client().close()
            return True

        until(ready, "nats-server answers")
        return self

    def client(self) -> NatsClient:
        return NatsClient(self.port, self._trust, self._login, self._shown)

    def ask(self, subject: str, question: Any = None) -> dict[str, Any]:
        client = self.client()
        try:
            return client.ask(subject, question)
        finally:
            client.close()

    def make_stream(self, name: str, *subjects: str, **more: Any) -> None:
        self.ask(f"STREAM.CREATE.{name}", {"name": name, "subjects": list(subjects), "retention": "limits", "storage": "file", "num_replicas": 1, **more})

    def change_stream(self, name: str, *subjects: str, **more: Any) -> None:
        self.ask(f"STREAM.UPDATE.{name}", {"name": name, "subjects": list(subjects), "retention": "limits", "storage": "file", "num_replicas": 1, **more})

    def count(self, stream: str) -> int:
        return int(self.ask(f"STREAM.INFO.{stream}")["state"]["messages"])

    def messages(self, stream: str) -> list[Message]:
        client = self.client()
        try:
            state = client.ask(f"STREAM.INFO.{stream}")["state"]
            found = [client.ask(f"STREAM.MSG.GET.{stream}", {"seq": sequence})["message"]
                     for sequence in range(state["first_seq"], state["last_seq"] + 1) if state["messages"]]
        finally:
            client.close()
        return [Message(item["seq"], item["subject"], _headers(base64.b64decode(item["hdrs"])), base64.b64decode(item.get("data", "")))
                for item in found]

    def of_task(self, stream: str, task: str) -> list[Message]:
        """The messages whose data speaks of the task."""
        return [message for message in self.messages(stream) if task.encode() in message.data]

    def stop(self) -> None:
        """It is asked to end, and has."""
        self.program.terminate()

    def freeze(self) -> None:
        """It takes connections (the kernel does) and answers nothing."""
        self.program.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.program.signal(signal.SIGCONT)

    def close(self) -> None:
        if hasattr(self, "program"):
            self.program.kill()
