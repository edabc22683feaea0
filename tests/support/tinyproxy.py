"""A private tinyproxy: an HTTP proxy on the way out, with a user name or without."""
from __future__ import annotations

import re
import shutil
import socket
from pathlib import Path

from .ports import free_port
from .program import Program
from .wait import until

_CONFIGURATION = """
Port {port}
Listen 127.0.0.1
Timeout 60
MaxClients 100
LogFile "{folder}/tinyproxy.log"
LogLevel Connect
PidFile "{folder}/tinyproxy.pid"
Allow 127.0.0.1
DisableViaHeader Yes
{more}
"""


def executable() -> str | None:
    return shutil.which("tinyproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class Tinyproxy:
    """Listens on `url`. `user` and `password`: nobody else is let through. `more`: further lines of its configuration."""

    def __init__(self, folder: Path, user: str = "", password: str = "", more: str = "") -> None:
        program = executable()
        assert program, "tinyproxy is not there: ./dev setup"
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "tinyproxy.log"
        basic = f"BasicAuth {user} {password}\n" if user else ""
        configuration = folder / "tinyproxy.conf"
        configuration.write_text(_CONFIGURATION.format(port=self.port, folder=folder, more=basic + more))
        self.program = Program([program, "-d", "-c", configuration], folder, "tinyproxy")
        until(self._listens, "tinyproxy listens", 10)

    def _listens(self) -> bool:
        if not self.program.running:
            raise SystemError(f"tinyproxy ended: {self.program.tail()}")
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True

    def tunnels(self) -> list[str]:
        """The targets it was asked to connect to, in order: "localhost:8443"."""
        told = self._log.read_text(errors="replace") if self._log.exists() else ""
        return re.findall(r": CONNECT (\S+) HTTP/", told)

    def close(self) -> None:
        self.program.kill()
