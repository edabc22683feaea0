"""Runs a service of deploy/compose.yaml in a root file system, confined as an engine would do it. Needs root, and mount and
network namespaces of its own."""
from __future__ import annotations

import fcntl
import signal
import socket
import struct
import subprocess
from pathlib import Path
from typing import Any

from dockerfile import Stage
from image_roots import run

_DEVICES = ("null", "zero", "full", "random", "urandom")
_NAMES = "127.0.0.1 localhost voicehook simulator\n"


def bring_loopback_up() -> None:
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket() as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        _, flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, get_flags, request))
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sH14x", b"lo", flags | up))


class Container:
    """One service of the compose file. Volumes are folders below `work`; the service's names all mean this machine."""

    def __init__(self, work: Path, image: Stage, service: dict[str, Any], compose_folder: Path) -> None:
        self.root = work / image.name
        self.output = work / f"{image.name}.out"
        self.output.unlink(missing_ok=True)
        self._image = image
        self._service = service
        self._volumes = [self._volume(text, work, compose_folder) for text in service.get("volumes", [])]
        self.process: subprocess.Popen[bytes]

    def _volume(self, text: str, work: Path, compose_folder: Path) -> tuple[Path, str, str]:
        source, target, *mode = text.split(":")
        if source.startswith("."):
            return compose_folder / source, target, *(mode or ["rw"])  # type: ignore[return-value]
        folder = work / "volumes" / source
        if not folder.exists():
            folder.mkdir(parents=True)
            # A new volume takes over the owner of the image's folder.
            inside = self.root / target.lstrip("/")
            if inside.is_dir():
                run("chown", f"--reference={inside}", folder)
                run("chmod", f"--reference={inside}", folder)
        return folder, target, *(mode or ["rw"])  # type: ignore[return-value]

    def mount(self) -> None:
        """The root read-only, the volumes in it, a /dev with five devices, and nothing else that can be written."""
        assert self._service.get("read_only"), "compose.yaml: every service has read_only"
        run("mount", "--bind", self.root, self.root)
        (self.root / "etc/hosts").write_text(_NAMES)
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.root / "dev")
        for name in _DEVICES:
            (self.root / "dev" / name).touch()
            run("mount", "--bind", f"/dev/{name}", self.root / "dev" / name)
        run("mount", "-o", "remount,ro", self.root / "dev")
        for source, target, mode in self._volumes:
            place = self.root / target.lstrip("/")
            if source.is_dir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
            run("mount", "--bind", source, place)
            if mode == "ro":
                run("mount", "-o", "remount,bind,ro", place)
        run("mount", "-o", "remount,bind,ro", self.root)

    def unmount(self) -> None:
        run("umount", "--recursive", self.root)

    def _confined(self, user: str, words: list[str]) -> list[str]:
        uid, gid = user.split(":")
        kept = ",".join(["-all", *(f"+{name.lower()}" for name in self._service.get("cap_add", []))])
        assert self._service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in self._service["security_opt"]
        folder = self._service.get("working_dir", self._image.workdir)
        return ["chroot", str(self.root), "/usr/bin/env", "-i", f"--chdir={folder}", "PATH=/usr/local/bin:/usr/bin:/bin",
                "setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs", "--inh-caps=-all",
                f"--bounding-set={kept}", "--", *words]

    def run(self, *words: str, user: str | None = None) -> subprocess.CompletedProcess[str]:
        """One command inside, as the container's user or another."""
        command = self._confined(user or self._user, list(words))
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)

    @property
    def _user(self) -> str:
        return self._service.get("user", self._image.user)

    def start(self) -> None:
        """The container's own command, as process 1 of a process namespace."""
        words = [*self._service.get("entrypoint", self._image.entrypoint), *self._service.get("command", self._image.command)]
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc",
                 *self._confined(self._user, words)], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    @property
    def pid(self) -> int:
        """Process 1 of the container, as this machine numbers it."""
        number = self.process.pid
        return int(Path(f"/proc/{number}/task/{number}/children").read_text().split()[0])

    def status(self, field: str) -> list[str]:
        """A field of process 1's /proc/…/status."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(line.split()[1:] for line in lines if line.startswith(field + ":"))

    def stop(self, within: float) -> int:
        """The image's stop signal to process 1, and the exit code."""
        subprocess.run(["kill", "-s", signal.Signals[self._image.stop_signal].name[3:], str(self.pid)], check=True)
        return self.process.wait(within)
