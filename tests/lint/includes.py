"""Reads the include lines of the project's C++ files."""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

SOURCE_FOLDERS = ("server", "client", "config", "tests")
#: What a quoted include is relative to.
INCLUDE_ROOTS = ("server", "", "tests")

_INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


@dataclass(frozen=True)
class Include:
    file: str  # relative to the project's root
    line: int
    target: str
    quoted: bool


def source_files(root: Path, suffixes: tuple[str, ...] = (".hpp", ".cpp")) -> list[Path]:
    found: list[Path] = []
    for folder in SOURCE_FOLDERS:
        found += (path for path in (root / folder).rglob("*") if path.suffix in suffixes and path.is_file())
    return sorted(found)


def read_includes(root: Path, path: Path) -> Iterator[Include]:
    name = path.relative_to(root).as_posix()
    for number, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if found := _INCLUDE.match(text):
            yield Include(name, number, found[1] or found[2], found[1] is not None)


def resolve(root: Path, target: str) -> Path | None:
    """The project's file that a quoted include names; nothing when there is none."""
    for base in INCLUDE_ROOTS:
        if (candidate := root / base / target).is_file():
            return candidate
    return None


def closure(root: Path, path: Path) -> list[Path]:
    """The file and every file of the project that it includes, directly or not, in a fixed order."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        waiting += [found for include in read_includes(root, current) if include.quoted
                    and (found := resolve(root, include.target) or _beside(current, include.target))]
    return sorted(seen)


def _beside(path: Path, target: str) -> Path | None:
    candidate = path.parent / target
    return candidate if candidate.is_file() else None
