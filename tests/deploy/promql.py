"""What a PromQL expression selects: enough of its grammar to hold it against a real /metrics."""
from __future__ import annotations

import re
from dataclasses import dataclass

from support.metrics import Metrics

_SELECTOR = re.compile(r'\b(voicehook[a-z0-9_:]*)(?:\{([^}]*)\})?')
_MATCHER = re.compile(r'([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r'\b(?:by|on|without|ignoring)\s*\(([^)]*)\)')
#: Given by Prometheus, not by the service.
TARGET_LABELS = {"job", "namespace", "instance"}


@dataclass(frozen=True)
class Selector:
    name: str
    matchers: tuple[tuple[str, str, str], ...]


def selectors(expression: str) -> list[Selector]:
    return [Selector(found[1], tuple(_MATCHER.findall(found[2] or ""))) for found in _SELECTOR.finditer(expression)]


def grouped_by(expression: str) -> set[str]:
    """The labels that the expression groups or joins by, those of the target left out."""
    return {label.strip() for found in _GROUPING.findall(expression) for label in found.split(",")} - TARGET_LABELS - {""}


def _holds(value: str, operator: str, wanted: str) -> bool:
    same = re.fullmatch(wanted, value) is not None if operator.endswith("~") else value == wanted
    return same == (operator in ("=", "=~"))


def complaints(expression: str, metrics: Metrics) -> list[str]:
    """Selectors that find nothing in `metrics`, alternatives of a pattern that no series has, labels that none of them has."""
    found: list[str] = []
    known: set[str] = set()
    for selector in selectors(expression):
        wanted = [item for item in selector.matchers if item[0] not in TARGET_LABELS]
        series = [dict(sample.labels) for sample in metrics.samples if sample.name == selector.name]
        known |= {label for labels in series for label in labels}
        for label, operator, value in wanted:
            for one in value.split("|") if operator.endswith("~") else [value]:
                if not any(label in labels and _holds(labels[label], "=~" if operator.endswith("~") else "=", one) for labels in series):
                    found.append(f"{selector.name}: no {label} {one}")
        if not any(all(_holds(labels.get(label, ""), operator, value) for label, operator, value in wanted) for labels in series):
            found.append(f"{selector.name}{{{wanted}}}: no series")
    return found + [f"no label {label} in {expression}" for label in sorted(grouped_by(expression) - known)]
