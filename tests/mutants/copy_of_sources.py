"""A copy of the sources in which mistakes are planted, so that the sources themselves never have one."""
from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from table import Mutant


class StaleTable(Exception):
    """The text that a mutant replaces is not in the sources any more, or more than once."""


class CopyOfSources:
    """What git knows of the working tree, without what it ignores; a file that has not changed keeps its time."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.folder = folder

    def refresh(self) -> None:
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=self.root,
                                check=True, capture_output=True, text=True)
        wanted = {name for name in listed.stdout.split("\0") if name and (self.root / name).is_file()}
        for name in sorted(wanted):
            self._copy(name)
        if not self.folder.exists():
            return
        for path in [path for path in self.folder.rglob("*") if path.is_file()]:
            if str(path.relative_to(self.folder)) not in wanted:
                path.unlink()

    def _copy(self, name: str) -> None:
        source, target = self.root / name, self.folder / name
        if target.is_file() and target.read_bytes() == source.read_bytes():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        shutil.copymode(source, target)

    def check(self, mutants: Iterable[Mutant]) -> None:
        """Every text must be there exactly once, or the list says nothing about today's sources."""
        problems = []
        for mutant in mutants:
            for edit in mutant.edits:
                path = self.folder / edit.file
                count = path.read_text().count(edit.before) if path.is_file() else 0
                if count != 1:
                    first = edit.before.strip().splitlines()[0]
                    problems.append(f"  {mutant.name}: {edit.file} has {count} times: {first}")
        if problems:
            raise StaleTable("the list is stale; mend tests/mutants/table.py:\n" + "\n".join(problems))

    @contextlib.contextmanager
    def planted(self, mutant: Mutant) -> Iterator[None]:
        files = {edit.file for edit in mutant.edits}
        before = {name: (self.folder / name).read_text() for name in files}
        try:
            for edit in mutant.edits:
                path = self.folder / edit.file
                path.write_text(path.read_text().replace(edit.before, edit.after))
            yield
        finally:
            for name, text in before.items():
                (self.folder / name).write_text(text)
