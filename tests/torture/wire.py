"""A TCP connection that fails in all the ways a network does: a process of its own between the service and somebody else."""
from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import sys
from pathlib import Path

from support.ports import free_port

#: pass: all goes through. reset: every connection, present or new, is reset. hole: connections are taken, and nothing
#: comes back any more. partition: the same for present ones, and new ones are not even taken.
MODES = ("pass", "reset", "hole", "partition")
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Wire:
    """The process, told its mode by lines."""

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--",
             sys.executable, "-B", "-m", "torture.wire", str(self.port), str(target_port)],
            cwd=Path(__file__).resolve().parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.turn("pass")

    def turn(self, mode: str) -> None:
        assert mode in MODES and self._process.stdin and self._process.stdout
        self._process.stdin.write(mode + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == mode + "\n"

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class _Proxy:
    """What runs in the process."""

    def __init__(self, port: int, target_port: int) -> None:
        self._port, self._target_port = port, target_port
        self._mode = "pass"
        self._open: set[asyncio.StreamWriter] = set()
        self._listener: asyncio.Server | None = None
        self._fill: list[socket.socket] = []

    async def serve(self) -> None:
        while line := await asyncio.to_thread(sys.stdin.readline):
            await self._turn(line.strip())
            print(line.strip(), flush=True)

    async def _turn(self, mode: str) -> None:
        was, self._mode = self._mode, mode
        if mode == "reset" or was in ("hole", "partition"):  # what had gone silent cannot speak again
            for writer in list(self._open):
                _reset(writer)
        for one in self._fill:
            one.close()
        self._fill.clear()
        if mode == "partition":
            self._stop_listening()
            self._fill = _deaf_listener(self._port)
        elif self._listener is None:
            self._listener = await asyncio.start_server(self._take, "127.0.0.1", self._port, backlog=256)

    def _stop_listening(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self._mode == "reset":
                _reset(writer)
                return
            there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._open.add(back)
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
            self._open.discard(back)
        except OSError:
            _reset(writer)
        finally:
            self._open.discard(writer)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                if self._mode == "pass":
                    target.write(data)
                    await target.drain()
        except OSError:
            pass
        if self._mode == "pass":
            target.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    plain = writer.get_extra_info("socket")
    if plain is not None and plain.fileno() >= 0:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()


def _deaf_listener(port: int) -> list[socket.socket]:
    """A listener that nobody accepts from, its queue full: the kernel drops whatever else asks to connect."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(0)
    held = [listener]
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
        held.append(one)
    return held


if __name__ == "__main__":
    asyncio.run(_Proxy(int(sys.argv[1]), int(sys.argv[2])).serve())
