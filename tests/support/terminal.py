"""A terminal for programs that behave differently on one."""
from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import Sequence


class Terminal:
    """Runs a command with all three streams on a pseudo-terminal of its own."""

    def __init__(self, command: Sequence[str | Path], folder: Path, columns: int = 80) -> None:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        self.process = subprocess.Popen(list(map(str, command)), cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs,
                                        env=environment, start_new_session=True)
        os.close(theirs)
        self._ours = ours
        self.seen = b""

    def read_until(self, text: str, within: float = 15.0) -> str:
        """Everything that was shown, once `text` is among it."""
        deadline = time.monotonic() + within
        while text.encode() not in self.seen:
            left = deadline - time.monotonic()
            assert left > 0 and self._read(left), f"{text!r} was not shown: {self.seen!r}"
        return self.seen.decode(errors="replace")

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def end(self, within: float = 15.0) -> int:
        """Reads to the end; the exit code."""
        deadline = time.monotonic() + within
        while self._read(max(0.0, deadline - time.monotonic())):
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        os.close(self._ours)

    def _read(self, within: float) -> bool:
        """False at the end, or when nothing comes in time."""
        ready, _, _ = select.select([self._ours], [], [], within)
        if not ready:
            return False
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # how Linux tells that the other side is closed
            return False
        self.seen += piece
        return bool(piece)
