"""Worlds for the tests: one that most share, and others made to measure."""
from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest

from support import program
from support.certificates import Authority, ServerFiles
from support.world import MakeWorld, World


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def files(authority: Authority) -> ServerFiles:
    return authority.server()


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory, authority: Authority, files: ServerFiles) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("shared")
    archive = {"name": "archive", "type": "file", "path": str(folder / "results.jsonl"), "format": "verbatim"}
    made = World(folder, authority, files, more_sinks=[archive])
    yield made
    made.close()


@pytest.fixture
def world(_shared: World) -> Iterator[World]:
    """The shared world, calm before and after; nothing may be lost or made up by any test."""
    _shared.provider.calm()
    _shared.sink.script()
    _shared.sink.always(200)
    yield _shared
    _shared.provider.calm()
    _shared.sink.script()
    _shared.sink.always(200)
    _shared.service.check_conservation()


@pytest.fixture
def make_world(tmp_path: Path, authority: Authority, files: ServerFiles) -> Iterator[MakeWorld]:
    """Worlds with a configuration of their own, gone after the test."""
    made: list[World] = []

    def make(**options: Any) -> World:
        world = World(tmp_path / f"world{len(made)}", authority, files, **options)
        made.append(world)
        return world

    yield make
    for world in made:
        if hasattr(world.service, "program") and world.service.program.running:
            world.service.check_conservation()
    for world in made:
        world.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failed test shows the last words of the programs that still run or ran for it."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed:
        for one in program.started[-3:]:
            report.sections.append((f"{one.name} ({one.err})", one.tail(12)))


def pytest_unconfigure(config: pytest.Config) -> None:
    for one in program.started:
        one.kill()
