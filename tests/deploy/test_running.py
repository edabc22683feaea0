"""The load balancer in front of the real service, and the real service's system calls against the unit's filter."""
from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Iterator

import pytest

from facts import DEPLOY, LAME_DUCK
from support.certificates import Authority
from support.http import Client, Response
from support.kafka import KafkaCluster
from support.ports import free_port
from support.program import Program
from support.wait import until
from support.world import World

#: What each wants in [public].
VARIANTS = {"haproxy.cfg": "required", "haproxy-terminating.cfg": "off"}
BALANCER, PROVIDER = "127.0.0.2", "127.0.0.77"

needs_haproxy = pytest.mark.skipif(not shutil.which("haproxy"), reason="no haproxy")


def fitted(name: str, authority: Authority, folder: Path, public_port: int) -> tuple[Path, int]:
    """The file with the addresses, names and files of a test in place of the example's, and its port."""
    files = authority.server("balancer")
    both = folder / "balancer.pem"
    both.write_text(files.certificate.read_text() + files.key.read_text())
    port = free_port()
    text = (DEPLOY / name).read_text()
    for example, real in {
            "log /dev/log local0": "log stdout format raw local0", "    user haproxy\n": "", "    group haproxy\n": "",
            "bind :443": f"bind 127.0.0.1:{port}", "192.0.2.10:8443": f"127.0.0.1:{public_port} source {BALANCER}",
            "hooks.example.com.pem": str(both),
            "/etc/haproxy/" + str(both): str(both), "hooks.example.com": "localhost", "/etc/ssl/certs/ca-certificates.crt":
            str(authority.file), "/etc/haproxy/voicehook-ca.crt": str(authority.file)}.items():
        text = text.replace(example, real)
    made = folder / name
    made.write_text(text)
    return made, port


@needs_haproxy
@pytest.mark.parametrize("name", VARIANTS)
def test_haproxy_accepts_the_file_without_a_warning(name: str, authority: Authority, tmp_path: Path) -> None:
    config, _ = fitted(name, authority, tmp_path, 8443)

    done = subprocess.run(["haproxy", "-c", "-f", str(config)], capture_output=True, text=True, timeout=30)

    assert done.returncode == 0 and "WARNING" not in done.stdout + done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("name", VARIANTS)
def test_two_failed_health_checks_fit_into_half_of_the_lame_duck(name: str) -> None:
    interval, fall = re.search(r"inter (\d+)s fall (\d+)", (DEPLOY / name).read_text()).groups()  # type: ignore[union-attr]

    assert int(interval) * int(fall) < LAME_DUCK / 2


@pytest.fixture
def world(name: str, tmp_path: Path, authority: Authority) -> Iterator[World]:
    made = World(tmp_path / "world", authority, authority.server(), {
        "server": {"lame_duck": "10s", "drain": "5s"},
        "public": {"trusted_proxies": [f"{BALANCER}/32"], "proxy_protocol": VARIANTS[name]}})
    yield made
    made.close()


@needs_haproxy
@pytest.mark.parametrize("name", VARIANTS)
def test_callbacks_come_through_haproxy_which_logs_no_path_and_sees_the_shutdown(
        name: str, world: World, authority: Authority, tmp_path: Path) -> None:
    task = world.submit()
    world.ended(task)
    path = world.provider.task_for(task).callback_path
    config, port = fitted(name, authority, tmp_path, world.service.public_port)
    balancer = Program(["haproxy", "-db", "-f", config], tmp_path, "haproxy")
    through = Client(port, authority.file, timeout=5.0)
    body = json.dumps({"id": world.provider.task_for(task).id, "status": "completed"})

    def call_back() -> Response:
        trust = ssl.create_default_context(cafile=str(authority.file))
        connection = http.client.HTTPSConnection("localhost", port, timeout=5.0, source_address=(PROVIDER, 0), context=trust)
        with closing(connection):
            return through.request("POST", path, body, {"Content-Type": "application/json"}, connection)

    answer = until(call_back, "an answer", 10.0)
    forged = through.post(path[:-6] + "AAAAAA", {"id": "x", "status": "completed"})

    assert (answer.status, answer.json()) == (200, {"status": "duplicate"})
    assert (forged.status, forged.body) == (404, b"")
    assert PROVIDER in json.dumps(world.service.history(task)["timeline"]), "the timeline shows the client"
    if "terminating" in name:
        assert through.get("/readyz").status == 404, "health is not for the outside"

    world.service.program.signal(15)

    def turned_away() -> bool:
        """Before the service stops listening, which it does 10 s later."""
        assert world.service.public.get("/livez").status == 200
        try:
            return through.post(path, {}).status == 503
        except (ssl.SSLError, ConnectionError):
            return True

    until(turned_away, "haproxy turns clients away while the service still answers", 8.0, 0.2)
    balancer.terminate()
    log = balancer.out.read_text() + balancer.err.read_text()
    assert "callbacks" in log and "voicehook/voicehook" in log, "requests are logged"
    assert task not in log and "/callbacks/v1" not in log, "but no path is"


@pytest.mark.skipif(not shutil.which("strace") or not shutil.which("systemd-analyze"), reason="no strace or systemd-analyze")
def test_every_system_call_of_a_run_passes_the_filter_of_the_unit(authority: Authority, tmp_path: Path) -> None:
    counts = tmp_path / "calls"
    cluster = KafkaCluster()
    world = World(tmp_path / "world", authority, authority.server(), start=False,
                  more_sinks=[cluster.sink(), {"name": "archive", "type": "file", "path": str(tmp_path / "archive")}])
    service = world.service
    try:
        service.program = Program(["strace", "-f", "-qq", "-o", counts, "-e", "signal=none", *service.command("serve")],
                                  service.folder, "voicehook")
        until(lambda: service.public.get("/readyz").status == 200, "ready", 20.0)
        task = world.submit()
        world.ended(task, 30.0)
        world.delivered_once(task)
        until(lambda: cluster.of_task(task), "Kafka's client library was at work", 20.0)
        traced = int(counts.read_text().split(None, 1)[0])
        subprocess.run(["kill", "-HUP", str(traced)], check=True)
        until(lambda: service.program.logged("reloaded"), "reloaded", 20.0)
        subprocess.run(["kill", "-TERM", str(traced)], check=True)
        assert service.program.wait(30.0) == 0
    finally:
        world.close()
        cluster.close()

    used = set(re.findall(r"^\d+\s+(?:<\.\.\. )?([a-z_0-9]+)(?:\(| resumed)", counts.read_text(), re.MULTILINE))
    # exec itself runs before the filter is in place; SQLite gives files to the owner of the database only as root.
    used -= {"execve", "fchown"} if os.geteuid() == 0 else {"execve"}

    assert len(used) > 30, "the trace is there"
    assert used - allowed_calls() == set()


def members(group: str) -> set[str]:
    """The system calls of a group, and of the groups in it."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", group], capture_output=True, text=True, timeout=30)
    names = {line.strip() for line in listed.stdout.splitlines()[1:]} - {""}
    found = {name for name in names if not name.startswith(("#", "@"))}
    for name in names:
        if name.startswith("@"):
            found |= members(name)
    return found


def allowed_calls() -> set[str]:
    """As systemd puts its lines together: the first one lists what is allowed, those with ~ take away, later ones add."""
    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", (DEPLOY / "voicehook.service").read_text(), re.MULTILINE):
        words = line.lstrip("~").split()
        calls = set().union(*(members(word) if word.startswith("@") else {word} for word in words))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed
