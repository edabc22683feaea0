"""Checks every include line of the project against the layer table. Exit 1 and a line per violation if any."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from includes import Include, read_includes, resolve, resolve_in_tests, source_files
from layer_table import COMMON_LIBRARIES, LIBRARIES, TABLE, Room

MAX_LINES = 400


def room_of(file: str) -> tuple[str, Room] | None:
    """The room that a file is in: the one with the longest folder."""
    fitting = [(name, room) for name, room in TABLE.items() if file.startswith(room.folder + "/")]
    return max(fitting, key=lambda item: len(item[1].folder), default=None)


def library_of(target: str) -> str:
    for prefix, library in LIBRARIES:
        if target.startswith(prefix):
            return library
    if target.startswith("boost/"):
        return "boost (" + target.split("/")[1] + ")"
    if "/" in target:
        return "unknown (" + target + ")"
    return "posix" if target.endswith(".h") else "std"


def check_library(include: Include, name: str, room: Room) -> str | None:
    library = library_of(include.target)
    if library in COMMON_LIBRARIES or library in room.libraries:
        return None
    if include.file in room.reserved.get(library, ()):
        return None
    # A composition root and tests may use any library, but Beast has its two places.
    if "*" in room.libraries and (library != "beast" or name == "tests"):
        return None
    return f"room {name} may not include {library}: <{include.target}>"


def check_room(include: Include, root: Path, name: str, room: Room) -> str | None:
    found = resolve(root, include.target)
    if found is None:
        if resolve_in_tests(root, root / include.file, include.target):
            return None
        return f'"{include.target}" is not a path from the root or from server/: each include line shows its room'
    target = room_of(found.relative_to(root).as_posix())
    if target is None:
        return f'"{include.target}" is in no room of the table'
    if target[0] == name or target[0] in room.rooms or "*" in room.rooms:
        return None
    return f'room {name} may not include room {target[0]}: "{include.target}"'


def violations(root: Path) -> list[str]:
    complaints: list[str] = []
    for path in source_files(root):
        file = path.relative_to(root).as_posix()
        placed = room_of(file)
        if placed is None:
            complaints.append(f"{file}:1: is in no room of the table")
            continue
        name, room = placed
        for include in read_includes(root, path):
            wrong = check_room(include, root, name, room) if include.quoted else check_library(include, name, room)
            if wrong:
                complaints.append(f"{include.file}:{include.line}: {wrong}")
    return complaints


def long_files(root: Path) -> list[str]:
    counted = ((path, len(path.read_text(encoding="utf-8", errors="replace").splitlines())) for path in source_files(root))
    return [f"{path.relative_to(root)}: {lines} lines: a file above {MAX_LINES} has two jobs"
            for path, lines in counted if lines > MAX_LINES]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    root = parser.parse_args().root.resolve()
    complaints = violations(root)
    for line in long_files(root):
        print(f"warning: {line}")
    for line in complaints:
        print(line)
    print(f"{len(source_files(root))} files, {len(complaints)} violations of the layer table")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
