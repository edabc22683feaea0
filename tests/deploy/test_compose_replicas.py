"""deploy/compose.replicas.yaml: its files against each other, and all of it at work without a container engine."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml

import dockerfile
from facts import DEPLOY, LAME_DUCK, PORTS, REFERENCE, STOPPING, check_configuration, listens, seconds
from support import toml
from support.certificates import ServerFiles
from support.haproxy import executable
from support.http import Client
from support.ports import free_port
from support.postgres import GUARDED, Postgres, memory_folder
from support.program import Program, binary, run
from support.wait import until

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.replicas.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
REPLICAS = [name for name in SERVICES if name.startswith("voicehook")]
TEXT = (DEPLOY / "compose/voicehook.replicas.toml").read_text()
CONFIGURATION = tomllib.loads(TEXT)
BALANCER = (DEPLOY / "compose/haproxy.replicas.cfg").read_text()

needs_haproxy = pytest.mark.skipif(not executable(), reason="no haproxy")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other users: needs root")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    if "build" in service:
        assert service["build"]["target"] in dockerfile.read()
    else:
        assert re.fullmatch(r"\w+:\d[\w.]*-bookworm", service["image"]), "somebody else's image has a version"
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "and no superuser"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    for volume in service["volumes"]:
        source = volume.split(":")[0]
        assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume


def test_two_replicas_have_the_same_configuration_and_stop_in_time() -> None:
    assert len(REPLICAS) == 2
    for name in REPLICAS:
        assert seconds(SERVICES[name]["stop_grace_period"]) > STOPPING
        assert SERVICES[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert len({tuple(SERVICES[name]["volumes"]) for name in REPLICAS}) == 1
    assert listens(CONFIGURATION) == listens(REFERENCE)


def test_the_names_in_the_files_are_those_of_services() -> None:
    server = re.compile(r"^    server (\S+) (\S+):(\d+)(?: (send-proxy-v2))?$", re.MULTILINE)
    rows = server.findall(BALANCER)
    public, api = PORTS["public"], PORTS["api"]

    assert [(name, int(port), proxy) for name, host, port, proxy in rows if name == host] == [
        *[(name, public, "send-proxy-v2") for name in REPLICAS], *[(name, api, "") for name in REPLICAS]]
    assert [port.rsplit(":", 1)[1] for port in SERVICES["balancer"]["ports"]] == re.findall(r"bind :(\d+)", BALANCER)
    assert CONFIGURATION["public"]["base_url"] == f"https://balancer:{public}"
    assert CONFIGURATION["provider"]["base_url"].startswith("https://simulator:")
    assert CONFIGURATION["store"]["url"].startswith("postgresql://voicehook@postgres/voicehook?sslmode=verify-full&")
    assert SERVICES["postgres"]["environment"]["POSTGRES_USER"] == SERVICES["postgres"]["environment"]["POSTGRES_DB"] == "voicehook"


def test_the_replicas_believe_the_balancer_and_nobody_else() -> None:
    address = SERVICES["balancer"]["networks"]["default"]["ipv4_address"]

    for listener in ("public", "api"):
        assert CONFIGURATION[listener]["trusted_proxies"] == [f"{address}/32"]
    assert CONFIGURATION["public"]["proxy_protocol"] == "required"
    assert address.startswith(COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"].removesuffix("0/24"))


def test_failed_health_checks_fit_into_the_first_half_of_the_lame_duck() -> None:
    interval, fall = re.search(r"inter (\d+)s fall (\d+)", BALANCER).groups()  # type: ignore[union-attr]

    assert int(interval) * int(fall) < LAME_DUCK / 2


def test_the_configuration_is_accepted(tmp_path: Path) -> None:
    done = check_configuration(TEXT, tmp_path)

    assert done.returncode == 0, done.stderr
    assert "a" * 48 not in done.stdout


# ---- all of it at work ----------------------------------------------------------------------------------------------


class Composed:
    """What the compose file starts, on this machine: its files, with ports, addresses and folders of a test."""

    def __init__(self, folder: Path) -> None:
        self.material = folder / "material"
        self.material.mkdir()
        assert run(["sh", DEPLOY / "compose/make-material", self.material], folder).returncode == 0
        self._folder = folder
        self.public_port, self.api_port, self._provider_port = free_port(), free_port(), free_port()
        self.authority = self.material / "ca.crt"
        self.postgres = Postgres(memory_folder(), tls=ServerFiles(self.material / "server.crt", self.material / "postgres.key"))
        password = (self.material / "postgres-server-password").read_text().strip()
        self.postgres.query(f"ALTER ROLE voicehook PASSWORD '{password}'; GRANT {GUARDED} TO voicehook")
        simulator = [word.replace("/run/secrets", str(self.material)) for word in SERVICES["simulator"]["command"]
                     if not word.startswith(("--listen", "--control", "--work"))]
        self._simulator = Program([binary("EVOLINK_SIM_BIN", "evolink-sim"), f"--listen=127.0.0.1:{self._provider_port}",
                                   "--control=127.0.0.1:0", "--work=200ms", *simulator], folder, "simulator")
        ports = [(free_port(), free_port(), free_port()) for _ in REPLICAS]
        self.replicas = [self._replica(name, *mine) for name, mine in zip(REPLICAS, ports)]
        self.balancer = self._balance([(public, api) for public, api, _ in ports])

    def _replica(self, name: str, public: int, api: int, ops: int) -> Program:
        settings = tomllib.loads(TEXT.replace("/run/secrets", str(self.material)))
        url = settings["store"]["url"].replace("@postgres/", f"@localhost:{self.postgres.port}/")
        settings = toml.merged(settings, {
            "server": {"lame_duck": "3s", "drain": "5s"},
            "public": {"listen": f"127.0.0.1:{public}", "base_url": f"https://localhost:{self.public_port}",
                       "trusted_proxies": ["127.0.0.1/32"]},
            "api": {"listen": f"127.0.0.1:{api}", "trusted_proxies": ["127.0.0.1/32"]}, "ops": {"listen": f"127.0.0.1:{ops}"},
            "provider": {"base_url": f"https://localhost:{self._provider_port}"}, "store": {"url": url}})
        config = self._folder / f"{name}.toml"
        config.write_text(toml.render(settings))
        return Program([binary("VOICEHOOK_BIN", "voicehook"), "serve", "--config", config], self._folder, name)

    def _balance(self, ports: list[tuple[int, int]]) -> Program:
        text = BALANCER.replace("/run/secrets", str(self.material)).replace(" resolvers engine init-addr libc,none", "")
        text = text.replace(f"bind :{PORTS['public']}", f"bind 127.0.0.1:{self.public_port}")
        text = text.replace(f"bind :{PORTS['api']}", f"bind 127.0.0.1:{self.api_port}")
        for name, (public, api) in zip(REPLICAS, ports):
            text = text.replace(f"{name}:{PORTS['public']}", f"127.0.0.1:{public}").replace(f"{name}:{PORTS['api']}", f"127.0.0.1:{api}")
        config = self._folder / "haproxy.cfg"
        config.write_text(text)
        checked = subprocess.run([str(executable()), "-c", "-f", str(config)], capture_output=True, text=True, timeout=30)
        assert checked.returncode == 0 and "WARNING" not in checked.stdout + checked.stderr, checked.stderr
        return Program([str(executable()), "-db", "-f", config], self._folder, "haproxy")

    def results(self) -> str:
        """What the replicas wrote to their standard output."""
        return "".join(one.out.read_text() for one in self.replicas)

    def close(self) -> None:
        for one in (self.balancer, *self.replicas, self._simulator):
            one.kill()
        self.postgres.close()


@pytest.fixture
def composed(tmp_path: Path) -> Iterator[Composed]:
    made = Composed(tmp_path)
    try:
        until(lambda: all(one.logged("ready") for one in made.replicas), "both replicas are ready", 30.0)
        yield made
    finally:
        made.close()


@needs_root
@needs_haproxy
@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
def test_a_task_passes_through_all_of_it_and_another_when_a_replica_was_killed(composed: Composed) -> None:
    api = Client(composed.api_port, composed.authority, "local-caller-key", timeout=20)
    request = {"model": "qwen-voice-design", "preferred_name": "announcer", "voice_prompt": "A calm middle-aged male news anchor",
               "preview_text": "Good evening, listeners."}

    def followed() -> str:
        answer = until(lambda: accepted if (accepted := api.post("/v1/audios/generations", request)).status == 200 else None,
                       "a task is accepted", 20.0)
        task: str = answer.json()["id"]
        until(lambda: f'"{task}"' in composed.results(), "its result on a replica's standard output", 20.0)
        return task

    first = followed()
    composed.replicas[0].kill()
    second = followed()

    assert api.get(f"/v1/tasks/{first}").json()["status"] == "completed"
    assert first != second
    for one in composed.replicas:
        assert (composed.material / "postgres-password").read_text().strip() not in one.err.read_text()
    log = composed.balancer.out.read_text()
    assert "/callbacks/v1" not in log and "public/voicehook-2" in log
