"""Reads the include lines of the project's C++ files."""
from __future__ import annotations

import functools
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


@functools.cache
def _test_headers(root: Path) -> dict[str, Path]:
    return {path.name: path for path in (root / "tests").rglob("*.hpp")}


def resolve_in_tests(root: Path, includer: Path, target: str) -> Path | None:
    """The same for an include line of a test: headers of test libraries are named without their folder."""
    if not includer.is_relative_to(root / "tests"):
        return None
    beside = includer.parent / target
    return beside if beside.is_file() else _test_headers(root).get(target)


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
                    and (found := resolve(root, include.target) or resolve_in_tests(root, current, include.target))]
    return sorted(seen)
