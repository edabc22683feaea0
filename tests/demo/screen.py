"""What the demo prints: titles, commands, answers, tables."""
from __future__ import annotations

import json
import sys
import textwrap
from typing import Any, Iterable

_colours = sys.stdout.isatty()
WIDTH = 118


def _paint(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if _colours else text


def title(text: str) -> None:
    print(f"\n{_paint('1;36', '── ' + text + ' ' + '─' * max(2, WIDTH - len(text) - 4))}", flush=True)


def say(text: str) -> None:
    print(textwrap.fill(text, WIDTH), flush=True)


def command(text: str) -> None:
    print(_paint("33", "$ " + text), flush=True)


def show(text: str) -> None:
    for line in text.splitlines():
        print("  " + (line if len(line) <= WIDTH else line[:WIDTH - 1] + "…"))
    sys.stdout.flush()


def show_json(value: Any) -> None:
    show("\n".join(textwrap.wrap(json.dumps(value, ensure_ascii=False), WIDTH, break_long_words=False, break_on_hyphens=False)))


def table(rows: Iterable[tuple[str, ...]]) -> None:
    lines = [tuple(map(str, row)) for row in rows]
    if not lines:
        return
    widths = [max(len(row[column]) for row in lines) for column in range(len(lines[0]))]
    for row in lines:
        show("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def verdict(good: bool, text: str) -> None:
    print(_paint("1;32", "✔ " + text) if good else _paint("1;31", "✘ " + text), flush=True)
