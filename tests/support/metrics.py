"""Reads Prometheus text."""
from __future__ import annotations

import re
from dataclasses import dataclass

_SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)$')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Sample:
    name: str
    labels: frozenset[tuple[str, str]]
    value: float


class Metrics:
    def __init__(self, text: str) -> None:
        self.samples: list[Sample] = []
        self.types: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ", 3)
                self.types[name] = kind
            elif line and not line.startswith("#"):
                found = _SAMPLE.match(line)
                assert found, f"not a sample: {line!r}"
                self.samples.append(Sample(found[1], frozenset(_LABEL.findall(found[2] or "")), float(found[3])))

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples that have these labels. LookupError when there is none."""
        found = [item.value for item in self.samples if item.name == name and set(labels.items()) <= item.labels]
        if not found:
            raise LookupError(f"no sample {name} {labels}")
        return sum(found)
