"""Each file under deploy/ and the Dockerfile: against the tool that reads it, where there is one, and against each other."""
from __future__ import annotations

import base64
import hmac
import json
import platform
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import dockerfile
import hardening
from facts import (DEPLOY, LAME_DUCK, PORTS, PROJECT, REFERENCE, STATE, STOPPING, USER, check_configuration, documents, listens,
                   seconds)
from support.nats_users import Operator
from support.program import binary
from support.webhook import make_secret, sign

needs_readelf = pytest.mark.skipif(not shutil.which("readelf"), reason="no readelf")


def run(*words: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=folder, timeout=120)


# ---- the programs ---------------------------------------------------------------------------------------------------


@needs_readelf
@pytest.mark.skipif(not shutil.which("clang-19"), reason="no clang-19")
def test_the_hardening_check_finds_what_is_missing(tmp_path: Path) -> None:
    source, soft = tmp_path / "soft.c", tmp_path / "soft"
    source.write_text("int twice(int x) { return 2 * x; }\nint main(void) { return twice(0); }\n")
    made = run("clang-19", "-O0", "-no-pie", "-fcf-protection=none", "-Wl,-z,norelro,-z,execstack,-z,lazy,-rpath,/x", source, "-o", soft)
    assert made.returncode == 0, made.stderr

    found = " ".join(hardening.findings(soft))

    for complaint in ("position-independent", "no RELRO", "bound lazily", "stack is executable", "run path", "no stack protector",
                      "no fortified call", "SHSTK", "functions without a landing pad (IBT)"):
        assert complaint in found, found
    assert {"main", "twice"} <= set(hardening.without_landing_pad(soft))


# ---- the image ------------------------------------------------------------------------------------------------------


def packages_of_libraries(program: Path) -> set[str]:
    """The Debian packages of the libraries that the program names; glibc's and GCC's are in every image."""
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "--wide", "--dynamic", program).stdout)
    folder = f"*/{platform.machine()}-linux-gnu"
    owners = {run("dpkg-query", "-S", f"{folder}/{name}").stdout.split(":")[0] for name in needed if not name.startswith("ld-linux")}
    return owners - {"libc6", "libgcc-s1"}


@needs_readelf
@pytest.mark.parametrize("name", ["voicehook", "evolink-sim"])
def test_the_image_has_the_libraries_of_its_program_and_nothing_else(name: str) -> None:
    program = binary({"voicehook": "VOICEHOOK_BIN", "evolink-sim": "EVOLINK_SIM_BIN"}[name], name)

    wanted = packages_of_libraries(program) | {"ca-certificates"}

    assert dockerfile.read()[name].packages == wanted


def test_the_image_is_what_the_contract_and_the_configuration_say() -> None:
    stages = dockerfile.read()
    image = stages["voicehook"]

    assert list(stages)[-1] == "voicehook", "the last stage is the default target"
    assert {stage.base for stage in stages.values()} == {"debian:bookworm-slim"}
    assert {stages[name].user for name in ("voicehook", "evolink-sim")} == {f"{USER}:{USER}"}
    assert image.entrypoint == ["/usr/local/bin/voicehook"] and image.command == ["serve"]
    assert image.health == ["/usr/local/bin/voicehook", "health"] and image.stop_signal == "SIGTERM"
    assert image.volumes == [STATE] and image.workdir == STATE
    assert image.ports == list(PORTS.values())


def test_the_build_context_is_enough_to_configure_the_build(tmp_path: Path) -> None:
    ignore = (PROJECT / ".dockerignore").read_text().split("\n")
    for name in [line[1:] for line in ignore if line.startswith("!")]:
        source, target = PROJECT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)

    done = run("cmake", "--preset", "release", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "evolink-sim" in (tmp_path / "build/release/build.ninja").read_text()


# ---- compose --------------------------------------------------------------------------------------------------------

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
COMPOSE_CONFIG = (DEPLOY / "compose/voicehook.toml").read_text()


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_composed_service_is_confined(name: str) -> None:
    service = COMPOSE["services"][name]

    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["build"]["target"] in dockerfile.read()
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    for volume in service["volumes"]:
        source = volume.split(":")[0]
        assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume


def test_the_composed_service_stops_in_time_and_publishes_its_ports() -> None:
    service = COMPOSE["services"]["voicehook"]
    configuration = tomllib.loads(COMPOSE_CONFIG)

    assert seconds(service["stop_grace_period"]) > STOPPING
    assert [int(port.rsplit(":", 1)[1]) for port in service["ports"]] == list(PORTS.values())
    assert listens(configuration) == listens(REFERENCE)
    assert f"state:{STATE}" in service["volumes"] and configuration["store"]["url"] == REFERENCE["store"]["url"]
    assert COMPOSE["services"]["simulator"]["command"][0].endswith(":" + configuration["provider"]["base_url"].rsplit(":", 1)[1])


def test_the_composed_configuration_is_accepted(tmp_path: Path) -> None:
    done = check_configuration(COMPOSE_CONFIG, tmp_path)

    assert done.returncode == 0, done.stderr


def test_the_material_is_made_once_and_its_certificate_holds_for_every_name(tmp_path: Path) -> None:
    if run("id", "-u").stdout.strip() != "0":
        pytest.skip("gives files to another user: needs root")
    script = DEPLOY / "compose/make-material"
    assert run("sh", script, tmp_path).returncode == 0
    first = (tmp_path / "callback-k1").read_bytes()

    again = run("sh", script, tmp_path)

    assert again.returncode == 0 and (tmp_path / "callback-k1").read_bytes() == first
    for host in ("voicehook", "simulator", "balancer", "postgres", "localhost"):
        verified = run("openssl", "verify", "-CAfile", tmp_path / "ca.crt", "-verify_hostname", host, tmp_path / "server.crt")
        assert verified.returncode == 0, verified.stderr
    owners = {path.name: (path.stat().st_uid, path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
    assert {owners[name] for name in ("server.key", "callback-k1", "ops-token", "postgres-password")} == {(int(USER), 0o400)}
    assert {owners[name] for name in ("postgres.key", "postgres-server-password")} == {(999, 0o400)}
    assert "ca.key" not in owners, "nobody can sign with it later"


# ---- what the documents show ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", (PROJECT / "docs/sinks.md").read_text(), re.DOTALL),
                         ids=lambda text: re.search(r'(?<=type = ")\w+|(?<=^\[)\w+', text)[0])
def test_the_examples_of_sinks_are_accepted(example: str, tmp_path: Path) -> None:
    credentials = Operator(tmp_path / "nats").credentials()
    example = example.replace("/run/secrets/voicehook.creds", str(credentials))
    done = check_configuration(COMPOSE_CONFIG.split("[[sinks]]")[0] + example, tmp_path)

    assert done.returncode == 0, done.stderr


def test_the_example_of_a_receiver_tells_a_good_signature_from_a_bad_one() -> None:
    example = re.findall(r"```python\n(.*?)```", (PROJECT / "docs/sinks.md").read_text(), re.DOTALL)[0]
    secret, body = make_secret("ours"), b'{"type":"voice_design.completed"}'
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1614265330"}

    def good(signature: str) -> bool:
        names = {"base64": base64, "hmac": hmac, "secret": secret, "body": body, "headers": {**headers, "webhook-signature": signature}}
        exec(example, names)
        return names["good"]

    signature = sign(secret, "msg_1", "1614265330", body)
    assert good(signature) and good(f"v1,old {signature}")
    assert not good(sign(make_secret("others"), "msg_1", "1614265330", body)) and not good("")


def test_every_cause_of_a_failed_delivery_is_explained() -> None:
    causes = json.loads((PROJECT / "server/api/openapi.json").read_text())["components"]["schemas"]["Cause"]["enum"]
    table = (PROJECT / "docs/sinks.md").read_text().split("## Causes")[1].split("\n## ")[0]

    assert sorted(name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)) == sorted(causes)


def test_every_event_of_the_log_is_explained() -> None:
    call = re.compile(r'\blog(?:_info|_warning|_error|_failure)?\((?:[^,";]+,)?\s*"([a-z_]+)"')
    written = {name for path in (PROJECT / "server").rglob("*.cpp") for name in call.findall(path.read_text())}
    table = (PROJECT / "docs/operations.md").read_text().split("## Log lines")[1]

    assert len(written) > 50 and written - set(re.findall(r"`([a-z_]+)`", table)) == set()


# ---- systemd --------------------------------------------------------------------------------------------------------


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with the program that was built."""
    text = (DEPLOY / "voicehook.service").read_text()
    made = tmp_path / "voicehook.service"
    made.write_text(text.replace("/usr/local/bin/voicehook", str(binary("VOICEHOOK_BIN", "voicehook"))))
    return made


def unit_value(name: str) -> str:
    return re.findall(rf"^{name}=(.*)$", (DEPLOY / "voicehook.service").read_text(), re.MULTILINE)[-1]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
def test_systemd_accepts_the_unit_and_finds_it_confined(unit: Path) -> None:
    verified = run("systemd-analyze", "verify", "--man=no", unit)
    rated = run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit)

    assert verified.returncode == 0 and verified.stderr == "", verified.stderr
    assert rated.returncode == 0, rated.stdout


def test_the_unit_agrees_with_the_configuration() -> None:
    assert seconds(unit_value("TimeoutStopSec")) > STOPPING
    assert unit_value("WorkingDirectory") == STATE == f"/var/lib/{unit_value('StateDirectory')}"
    assert int(unit_value("LimitNOFILE")) > 3 * REFERENCE["server"]["max_connections"]


# ---- Kubernetes -----------------------------------------------------------------------------------------------------

BASE = {item["kind"]: item for path in sorted((DEPLOY / "kubernetes/base").glob("*.yaml")) for item in documents(path)}
POD: dict[str, Any] = BASE["StatefulSet"]["spec"]["template"]["spec"]
CONTAINER: dict[str, Any] = POD["containers"][0]
LABELS = {"app.kubernetes.io/name": "voicehook"}
EXAMPLE = DEPLOY / "kubernetes/overlays/example"


def test_the_pod_meets_the_restricted_standard() -> None:
    pod, container = POD["securityContext"], CONTAINER["securityContext"]

    assert pod["runAsNonRoot"] is True and str(pod["runAsUser"]) == str(pod["fsGroup"]) == USER
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["allowPrivilegeEscalation"] is False and container["readOnlyRootFilesystem"] is True
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert POD["automountServiceAccountToken"] is False and POD["enableServiceLinks"] is False
    assert {"configMap", "secret"} >= {kind for volume in POD["volumes"] for kind in volume if kind != "name"}
    assert not CONTAINER.get("env"), "secrets are files"


def test_one_replica_stops_in_time_and_keeps_its_volume() -> None:
    spec = BASE["StatefulSet"]["spec"]
    claim = spec["volumeClaimTemplates"][0]

    assert spec["replicas"] == 1 and spec["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Retain"
    assert POD["terminationGracePeriodSeconds"] > STOPPING
    assert {item["name"]: item["mountPath"] for item in CONTAINER["volumeMounts"]}[claim["metadata"]["name"]] == STATE
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_probes_ask_what_they_are_for() -> None:
    asked = {name: CONTAINER[name + "Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    ready = CONTAINER["readinessProbe"]

    assert {name: probe["path"] for name, probe in asked.items()} == {
        "startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    assert {probe["port"] for probe in asked.values()} == {"ops"}
    assert (ready["periodSeconds"] + ready["timeoutSeconds"]) * ready["failureThreshold"] < LAME_DUCK


def test_ports_services_and_policies_fit_together() -> None:
    assert {item["name"]: item["containerPort"] for item in CONTAINER["ports"]} == PORTS
    services = [item for item in documents(DEPLOY / "kubernetes/base/services.yaml")]
    assert {port["targetPort"] for item in services for port in item["spec"]["ports"]} == set(PORTS)
    assert all(item["spec"]["selector"] == LABELS for item in services)
    assert BASE["StatefulSet"]["spec"]["serviceName"] in [item["metadata"]["name"] for item in services]
    assert BASE["StatefulSet"]["spec"]["template"]["metadata"]["labels"] == LABELS
    policy = BASE["NetworkPolicy"]["spec"]
    assert policy["podSelector"]["matchLabels"] == BASE["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == LABELS
    assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} == set(PORTS)
    assert all(rule["from"] for rule in policy["ingress"]) and all(rule["to"] for rule in policy["egress"])


def test_the_example_configuration_is_accepted_and_names_what_is_mounted(tmp_path: Path) -> None:
    text = (EXAMPLE / "voicehook.toml").read_text()
    mounts = [item["mountPath"] for item in CONTAINER["volumeMounts"]]

    done = check_configuration(text, tmp_path)

    assert done.returncode == 0, done.stderr
    assert listens(tomllib.loads(text)) == listens(REFERENCE)
    assert all(str(Path(path).parent) in mounts for path in re.findall(r'"(/run/[^"]+)"', text))


@pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl")
def test_kustomize_renders_the_example() -> None:
    done = run("kubectl", "kustomize", EXAMPLE)

    assert done.returncode == 0, done.stderr
    rendered = {item["kind"]: item for item in yaml.safe_load_all(done.stdout)}
    assert set(rendered) == {"Namespace", "ConfigMap", "Service", "StatefulSet", "PodDisruptionBudget", "NetworkPolicy"}
    pod = rendered["StatefulSet"]["spec"]["template"]["spec"]
    assert pod["volumes"][0]["configMap"]["name"] == rendered["ConfigMap"]["metadata"]["name"]
    assert pod["containers"][0]["image"].startswith("registry.example.com/voicehook:")
