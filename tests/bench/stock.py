"""Fills a store with tasks quickly: copies of a task that went in through the API, row by row, as the schema has them."""
from __future__ import annotations

import itertools
import os
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

#: Columns that say when something happened; what is yet to come (due_at, deadline) stays.
PAST = {"created_at", "accepted_at", "ended_at", "at", "unknown_since"}
_AT_ONCE = 20_000
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Copy:
    """A task made here."""

    id: str
    provider_id: str


def uuid7(milliseconds: int, random: bytes) -> str:
    tail = int.from_bytes(random, "big")
    text = f"{milliseconds:012x}7{tail & 0xfff:03x}{0x8000 | (tail >> 12 & 0x3fff):04x}{tail >> 26 & 0xffffffffffff:012x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Template:
    """The rows of a store that holds exactly one task."""

    def __init__(self, path: Path) -> None:
        with sqlite3.connect(path) as store:
            self.columns: dict[str, list[str]] = {}
            self.rows: dict[str, list[tuple[Any, ...]]] = {}
            for table in ("task", "event", "delivery"):
                found = store.execute(f"SELECT * FROM {table}")
                self.columns[table] = [column[0] for column in found.description]
                self.rows[table] = found.fetchall()
            self.counters = store.execute("SELECT kind, subject, detail, value FROM counter WHERE value <> 0").fetchall()
        store.close()
        assert len(self.rows["task"]) == 1, f"{path} has {len(self.rows['task'])} tasks"
        task = dict(zip(self.columns["task"], self.rows["task"][0]))
        self.id, self.provider_id, self.created_at = task["id"], task["provider_id"], task["created_at"]
        self.stored_bytes = sum(len(cell) for rows in self.rows.values() for row in rows for cell in row
                                if isinstance(cell, (str, bytes)))

    def copies(self, count: int, step_ms: float) -> list[tuple[Copy, int]]:
        """New ids, oldest first, `step_ms` apart, with how much older than the template each is."""
        made = []
        for number in range(count, 0, -1):
            age = int(number * step_ms)
            random = os.urandom(10)
            provider_id = f"task-unified-{(self.created_at - age) // 1000}-{next(_numbers):08x}"
            made.append((Copy("task-" + uuid7(self.created_at - age, random), provider_id), age))
        return made

    def rows_of(self, table: str, copies: list[tuple[Copy, int]]) -> Iterator[list[Any]]:
        """The template's rows of a table under new ids."""
        columns = self.columns[table]
        for copy, age in copies:
            for row in self.rows[table]:
                yield [self._cell(table, name, cell, copy, age) for name, cell in zip(columns, row)]

    def _cell(self, table: str, name: str, cell: Any, copy: Copy, age: int) -> Any:
        if isinstance(cell, int):
            if name == "seq":
                return None
            return cell - age if name in PAST else cell
        if isinstance(cell, str):
            if cell == self.id:
                return copy.id
            if cell == self.provider_id:
                return copy.provider_id
            if table == "delivery" and name == "id":
                return "msg_" + secrets.token_urlsafe(16)
            return cell
        if isinstance(cell, bytes) and cell:
            return cell.replace(self.id.encode(), copy.id.encode()).replace(self.provider_id.encode(), copy.provider_id.encode())
        return cell


def add_copies(store_file: Path, template: Template, count: int, step_ms: float = 1.0) -> list[Copy]:
    """Adds `count` copies of the template's task to a store that nobody uses, counters included. Returns them, oldest
    first."""
    copies = template.copies(count, step_ms)
    store = sqlite3.connect(store_file, isolation_level=None)
    store.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;")
    for begin in range(0, count, _AT_ONCE):
        part = copies[begin:begin + _AT_ONCE]
        store.execute("BEGIN IMMEDIATE")
        for table, columns in template.columns.items():
            if template.rows[table]:
                marks = ", ".join("?" * len(columns))
                store.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", template.rows_of(table, part))
        store.executemany("INSERT INTO counter (kind, subject, detail, value) VALUES (?, ?, ?, ?) "
                          "ON CONFLICT (kind, subject, detail) DO UPDATE SET value = value + excluded.value",
                          [(*key, value * len(part)) for *key, value in template.counters])
        store.execute("COMMIT")
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    with open(store_file, "rb") as file:
        os.fsync(file.fileno())
    return [copy for copy, _ in copies]
