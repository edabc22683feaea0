"""A caller's URL never leads inside: not a packet, however it is written, resolved or redirected; and nothing good is refused."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.internal_urls import good_urls, literal_urls, names_inside, rebinding_names

TESTS = Path(__file__).resolve().parents[1]


def _why_not() -> str:
    """What is missing for a network of our own, or nothing."""
    if os.geteuid() != 0:
        return "needs root for a network namespace of its own"
    for program in ("unshare", "ip", "nft"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin"):
            return f"needs {program}"
    tried = subprocess.run(["unshare", "--net", "--mount", "nft", "list", "ruleset"], capture_output=True, text=True)
    return f"no network namespace with nft here: {tried.stderr.strip()}" if tried.returncode else ""


_REASON = _why_not()
pytestmark = pytest.mark.skipif(bool(_REASON), reason=_REASON)


def _play(folder: Path, what: str) -> dict[str, Any]:
    done = subprocess.run(["unshare", "--net", "--mount", "--propagation", "private", "/usr/bin/python3", "-B", "-m", "support.ssrf_scene",
                           str(folder), what], cwd=TESTS, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((folder / "found.json").read_text())


def test_no_packet_goes_inside_and_nothing_good_is_refused(tmp_path: Path) -> None:
    found = _play(tmp_path, "guarded")

    assert found["packets"] == {}
    assert len(literal_urls()) + len(names_inside()) + len(rebinding_names()) >= 300
    assert found["good"] == {url: ["delivered", None] for url in good_urls()}
    assert (len(good_urls()), found["good_arrived"]) == (50, 50)
    assert set(found["literal"]) <= {"refused", "parked forbidden", "pending dns"}
    assert found["literal"]["refused"] >= 0.95 * len(literal_urls())
    assert {tuple(outcome) for outcome in found["names"].values()} == {("parked", "forbidden")}
    assert {tuple(outcome) for outcome in found["rebinding"].values()} == {("parked", "forbidden")}
    assert found["rebinding_reached_first"] == len(rebinding_names()), "each was public once"
    assert set(found["redirects"]) == {"status_3xx"}
    assert set(found["stored"]) <= {"parked forbidden", "parked format", "pending dns"}
    assert sum(found["stored"].values()) == len(literal_urls())


def test_without_the_guard_the_same_packets_are_counted(tmp_path: Path) -> None:
    found = _play(tmp_path, "open")

    assert found["before"] == {}
    assert found["arrived"] >= 2, "this machine is reached"
    wanted = {"127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "fc00::/7", "::/96", "64:ff9b::a00:0/104", "2002:a00::/24"}
    assert wanted <= set(found["packets"]), found["packets"]
