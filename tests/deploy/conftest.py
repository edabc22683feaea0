"""Certificates for the tests that run programs; whatever was started ends with the tests."""
from __future__ import annotations

from pathlib import Path

import pytest

from support import program
from support.certificates import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def pytest_unconfigure(config: pytest.Config) -> None:
    for one in program.started:
        one.kill()
