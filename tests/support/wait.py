"""Waiting for what must happen, under a deadline."""
from __future__ import annotations

import time
from typing import Callable, TypeVar

T = TypeVar("T")


def until(check: Callable[[], T], what: str, within: float = 15.0, every: float = 0.02) -> T:
    """Asks `check` until it gives something true, and returns that. What it raises meanwhile counts as "not yet"."""
    deadline = time.monotonic() + within
    last: object = None
    while True:
        try:
            last = found = check()
            if found:
                return found
        except (OSError, AssertionError, LookupError, ValueError) as error:
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what}: not within {within} s; last seen: {last!r}")
        time.sleep(every)


def stays(check: Callable[[], object], what: str, for_seconds: float) -> None:
    """Sees to it that `check` stays true for a while: for what must not happen."""
    deadline = time.monotonic() + for_seconds
    while time.monotonic() < deadline:
        assert check(), f"{what}: not any more"
        time.sleep(0.05)
