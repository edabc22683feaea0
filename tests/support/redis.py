"""A private Redis server, with or without TLS and users, and a client that speaks its protocol."""
from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

from .certificates import Authority, ServerFiles
from .ports import free_port
from .program import Program
from .wait import until


def executable() -> str | None:
    """redis-server, or the program of redis-tools that it is a name of."""
    path = "/usr/bin:/usr/local/bin:/usr/sbin"
    return shutil.which("redis-server", path=path) or shutil.which("redis-check-rdb", path=path)


class RedisError(Exception):
    """What the server says after '-'."""


class RedisClient:
    """One connection. Texts go as UTF-8, and answers come as bytes, numbers, None or lists of them."""

    def __init__(self, port: int, trust: Path | None = None, login: Sequence[str] = (), shown: ServerFiles | None = None) -> None:
        self._socket: socket.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        if trust:
            context = ssl.create_default_context(cafile=str(trust))
            if shown:
                context.load_cert_chain(shown.certificate, shown.key)
            self._socket = context.wrap_socket(self._socket, server_hostname="localhost")
        self._read = self._socket.makefile("rb")
        if login:
            self.ask("AUTH", *login)

    def ask(self, *words: str | bytes | int) -> Any:
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self._answer()

    def close(self) -> None:
        self._read.close()
        self._socket.close()

    def _answer(self) -> Any:
        line = self._read.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode(errors="replace"))
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            return self._read.read(int(rest) + 2)[:-2]
        return [self._answer() for _ in range(int(rest))]


@dataclass(frozen=True)
class Entry:
    """An entry of a stream; `fields` in their order."""

    id: str
    fields: list[tuple[bytes, bytes]]

    def __getitem__(self, name: str) -> bytes:
        return dict(self.fields)[name.encode()]


class Redis:
    """Listens on `port` of 127.0.0.1; `url` names it. Everything is kept over a restart, in `folder`.

    `strangers` without a certificate of the authority are "welcome" or "refused". `users` are lines of an ACL file; the client of the tests logs in as `admin`, who may do everything, if there are any."""

    def __init__(self, folder: Path, authority: Authority | None = None, files: ServerFiles | None = None, users: Sequence[str] = (),
                 options: Sequence[str] = (), start: bool = True, strangers: str = "welcome") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self._authority = authority if files else None
        self._shown = files if strangers == "refused" else None
        self.url = f"{'rediss' if files else 'redis'}://localhost:{self.port}"
        self._login = ("admin", "admin-password") if users else ()
        words = ["--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no",
                 "--port", "0" if files else str(self.port)]
        if files:
            assert authority
            words += ["--tls-port", str(self.port), "--tls-cert-file", str(files.certificate), "--tls-key-file", str(files.key),
                      "--tls-ca-cert-file", str(authority.file), "--tls-auth-clients", "yes" if strangers == "refused" else "no"]
        if users:
            acl = folder / "users.acl"
            acl.write_text("\n".join(["user default off", "user admin on >admin-password ~* &* +@all", *users]) + "\n")
            words += ["--aclfile", str(acl)]
        found = executable()
        assert found, "redis-server is not there: ./dev setup"
        program = folder / "redis-server"
        if not program.exists():
            os.symlink(found, program)
        self._command = [program, *words, *options]
        self.program: Program
        if start:
            self.start()

    def start(self) -> "Redis":
        self.program = Program(self._command, self.folder, "redis")

        def ready() -> bool:
            if not self.program.running:
                raise SystemError(f"redis ended: {self.program.out.read_text()[-2000:]}")
            try:
                return bool(self.ask("PING") == b"PONG")
            except RedisError as error:
                raise ValueError(str(error)) from None

        until(ready, "redis answers")
        return self

    def client(self) -> RedisClient:
        return RedisClient(self.port, self._authority.file if self._authority else None, self._login, self._shown)

    def ask(self, *words: str | bytes | int) -> Any:
        """The answer to one command."""
        client = self.client()
        try:
            return client.ask(*words)
        finally:
            client.close()

    def entries(self, stream: str) -> list[Entry]:
        def fields(flat: list[bytes]) -> list[tuple[bytes, bytes]]:
            return list(zip(flat[::2], flat[1::2]))

        return [Entry(identifier.decode(), fields(flat)) for identifier, flat in self.ask("XRANGE", stream, "-", "+")]

    def of_task(self, stream: str, task: str) -> list[Entry]:
        """The entries whose data speaks of the task."""
        return [entry for entry in self.entries(stream) if task.encode() in entry["data"]]

    def wait_for(self, stream: str, task: str, within: float = 15.0) -> Entry:
        return until(lambda: self.of_task(stream, task), f"an entry for {task}", within)[0]

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
