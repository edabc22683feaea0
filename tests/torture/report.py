"""Progress on standard error, and what a torture found: one table of counts, and the promises that did not hold."""
from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, field

_began = time.monotonic()
_lock = threading.Lock()


def say(text: str) -> None:
    """A line of progress."""
    with _lock:
        print(f"{time.monotonic() - _began:6.1f} s  {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Row:
    subject: str
    figure: str
    holds: bool


@dataclass
class Report:
    """The summary of one command. Workers may share it."""

    title: str
    rows: list[Row] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def tell(self, subject: str, figure: object, holds: bool = True) -> None:
        """A row; one that does not hold fails the command."""
        with _lock:
            self.rows.append(Row(subject, str(figure), holds))

    def complain(self, what: str) -> None:
        """A violated promise, told at once and again at the end."""
        with _lock:
            self.complaints.append(what)
        say(f"✘ {what}")

    @property
    def good(self) -> bool:
        return not self.complaints and all(row.holds for row in self.rows)

    def show(self) -> None:
        width = max([len(row.subject) for row in self.rows] + [len(self.title)])
        print(f"\n{self.title}\n{'─' * (width + 40)}")
        for row in self.rows:
            print(f"{'✔' if row.holds else '✘'} {row.subject.ljust(width)}  {row.figure}")
        for complaint in self.complaints[:20]:
            print(f"✘ {complaint}")
        if len(self.complaints) > 20:
            print(f"✘ … and {len(self.complaints) - 20} more")
        print("all promises kept" if self.good else "A PROMISE IS BROKEN", flush=True)


def quantile(values: list[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
