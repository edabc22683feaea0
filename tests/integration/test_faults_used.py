"""Every fault switch of the simulator, and every row of the provider's error table, is used by a test."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
README = TESTS.parent / "simulator" / "README.md"


def switches() -> list[tuple[str, str]]:
    """(fault, kind) of the table in the simulator's README; a fault that is a number has no kind."""
    section = README.read_text().split("## Faults")[1].split("\n## ")[0]
    found: list[tuple[str, str]] = []
    for row in re.findall(r"^\| (`.*?) \| (.*) \|$|^\| (`[^|]*)\| (.*) \|$", section, re.M):
        names, kinds = (row[0], row[1]) if row[0] else (row[2], row[3])
        for name in re.findall(r"`(\w+)`", names):
            if name.endswith("_ms"):
                found.append((name, ""))
            else:
                words = re.findall(r"`(\w+)`", kinds)
                found += [(name, kind) for kind in words if not kind.endswith("_ms") and kind != "paid_outcome_unknown"]
    return found + [("submit_error", "paid_outcome_unknown")]


def test_the_table_was_read() -> None:
    found = switches()

    assert len(found) > 55
    assert ("submit_response", "hang") in found and ("submit_delay_ms", "") in found and ("hostile", "all") in found


@pytest.mark.parametrize(("fault", "kind"), switches(), ids=lambda value: value or "ms")
def test_a_test_uses_this_switch(fault: str, kind: str) -> None:
    sources = [path.read_text() for path in TESTS.glob("test_*.py") if path.name != Path(__file__).name]

    users = [text for text in sources if f"{fault}=" in text and (not kind or f'"{kind}"' in text)]

    assert users, f"no test uses {fault}={kind}"
