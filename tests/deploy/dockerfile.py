"""Reads the Dockerfile: its stages, and what they say of the container. Knows the instructions that are used, no others."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    base: str
    name: str
    #: RUN and COPY in their order: ("RUN", script) or ("COPY", arguments).
    steps: list[tuple[str, str]] = field(default_factory=list)
    user: str = "0:0"
    workdir: str = "/"
    volumes: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    stop_signal: str = ""
    health: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    @property
    def packages(self) -> set[str]:
        """What its apt-get install names."""
        found: set[str] = set()
        for kind, text in self.steps:
            for words in re.findall(r"apt-get install ([^&]*)", text) if kind == "RUN" else []:
                found.update(word for word in words.split() if not word.startswith("-"))
        return found

    @property
    def copies(self) -> list[tuple[str, str, str]]:
        """Stage, path there, path here."""
        found = []
        for kind, text in self.steps:
            words = text.split()
            if kind == "COPY" and words[0].startswith("--from="):
                found.append((words[0].removeprefix("--from="), words[1], words[2]))
        return found


def _instructions(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in joined.splitlines() if line.strip()]


def read(path: Path = PROJECT / "Dockerfile") -> dict[str, Stage]:
    """The stages by name. What the exec form asks for must be in the exec form: anything else is an error."""
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for name, words in _instructions(path.read_text()):
        if name == "FROM":
            base, name_of_stage = re.fullmatch(r"(\S+) AS (\S+)", words).groups()  # type: ignore[union-attr]
            stage = stages[name_of_stage] = Stage(base, name_of_stage)
            continue
        assert stage, f"{name} before FROM"
        if name in ("RUN", "COPY"):
            stage.steps.append((name, words))
        elif name == "USER":
            stage.user = words
        elif name == "WORKDIR":
            stage.workdir = words
        elif name == "VOLUME":
            stage.volumes += json.loads(words)
        elif name == "EXPOSE":
            stage.ports += [int(word) for word in words.split()]
        elif name == "STOPSIGNAL":
            stage.stop_signal = words
        elif name == "HEALTHCHECK":
            stage.health = json.loads(words.split("CMD", 1)[1])
        elif name == "ENTRYPOINT":
            stage.entrypoint = json.loads(words)
        elif name == "CMD":
            stage.command = json.loads(words)
        else:
            raise ValueError(f"{path.name}: {name} is not known here")
    return stages
