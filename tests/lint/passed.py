"""Remembers what passed a slow check, by the content of everything that the result depends on."""
from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Iterable


class Passed:
    """A folder with one empty file per passed check; delete it to forget."""

    def __init__(self, folder: Path, *context: str) -> None:
        self._folder = folder
        self._context = context
        folder.mkdir(parents=True, exist_ok=True)

    def key(self, files: Iterable[Path], *more: str) -> str:
        digest = hashlib.sha256()
        for text in (*self._context, *more):
            digest.update(text.encode() + b"\0")
        for path in files:
            digest.update(str(path).encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()

    def has(self, key: str) -> bool:
        return (self._folder / key).exists()

    def add(self, key: str) -> None:
        (self._folder / key).touch()
