"""A file system in a file: mounted over a loop device, copied as a power cut would leave it, mounted again."""
from __future__ import annotations

import random
import subprocess
from pathlib import Path

SECTOR = 512


def run_command(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")


class Image:
    """ext4 in `file`, at `folder` while mounted. Nothing is written back by age: only what was synced is in the file."""

    def __init__(self, file: Path, folder: Path) -> None:
        self.file = file
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._mounted = False

    @classmethod
    def made(cls, file: Path, folder: Path, mebibytes: int) -> "Image":
        """A new and empty one, mounted."""
        with open(file, "wb") as fresh:
            fresh.truncate(mebibytes << 20)
        run_command("mkfs.ext4", "-q", "-F", "-J", "size=4", "-E", "lazy_itable_init=0,nodiscard", str(file))
        return cls(file, folder).mount()

    def mount(self) -> "Image":
        run_command("mount", "-o", "loop,noatime,commit=600", str(self.file), str(self.folder))
        self._mounted = True
        return self

    def remount(self, option: str) -> None:
        run_command("mount", "-o", f"remount,{option}", str(self.folder))

    def copy(self, file: Path, folder: Path) -> "Image":
        """What the disk holds now, not mounted."""
        run_command("cp", "--sparse=always", str(self.file), str(file))
        return Image(file, folder)

    def contents(self) -> dict[str, bytes]:
        """The files as programs see them, whether they are on the disk or not."""
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def unmount(self) -> None:
        if self._mounted:
            run_command("umount", str(self.folder))
            self._mounted = False

    def close(self) -> None:
        self.unmount()
        self.file.unlink(missing_ok=True)


def tear(folder: Path, wanted: dict[str, bytes], choice: random.Random) -> int:
    """Lets any subset of the writes that were not yet synced reach the disk, sector by sector, in no order: what differs
    between `wanted` and the files in `folder` is one coin each. Returns how many sectors did."""
    reached = 0
    for name, live in wanted.items():
        path = folder / name
        if not path.exists():
            continue
        before = path.read_bytes()
        if live == before:
            continue
        with open(path, "r+b") as file:
            for begin in range(0, len(live), SECTOR):
                sector = live[begin:begin + SECTOR]
                if sector != before[begin:begin + SECTOR] and choice.random() < 0.5:
                    file.seek(begin)
                    file.write(sector)
                    reached += 1
    return reached
