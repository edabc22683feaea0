"""What every deployment file must agree with: the configuration's reference, and values as their formats write them."""
from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any, Mapping

import yaml

from support.certificates import Authority
from support.program import binary

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "deploy"
REFERENCE: dict[str, Any] = tomllib.loads((PROJECT / "config/voicehook.toml").read_text())
PORTS = {name: int(REFERENCE[name]["listen"].rsplit(":", 1)[1]) for name in ("public", "api", "ops")}
STATE = str(Path(REFERENCE["store"]["url"].removeprefix("sqlite://")).parent)
USER = "10001"


def seconds(text: str | int) -> float:
    """"5s", "2m" or a number of seconds."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h)?", str(text)).groups()  # type: ignore[union-attr]
    return float(number) * {"ms": 0.001, "m": 60.0, "h": 3600.0}.get(unit, 1.0)


LAME_DUCK = seconds(REFERENCE["server"]["lame_duck"])
#: How long the service may take to stop.
STOPPING = LAME_DUCK + seconds(REFERENCE["server"]["drain"])


def documents(path: Path) -> list[dict[str, Any]]:
    return [item for item in yaml.safe_load_all(path.read_text()) if item]


def listens(configuration: Mapping[str, Any]) -> dict[str, str]:
    return {name: configuration[name]["listen"] for name in PORTS}


def check_configuration(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """`voicehook check` of a configuration whose files are made for it: certificates real, secrets random."""
    files = Authority(folder).server()
    for path in re.findall(r'"(/run/secrets/[^"]+)"', text):
        name = Path(path).name
        made = folder / name.replace("tls", "server") if name.endswith((".crt", ".key")) else folder / name
        if not made.exists():
            made.write_text("whsec_" + "QUFB" * 12 if name.startswith("sink") else "a" * 48)
        text = text.replace(f'"{path}"', f'"{made}"')
    assert files.key.exists()
    config = folder / "voicehook.toml"
    config.write_text(text)
    return subprocess.run([str(binary("VOICEHOOK_BIN", "voicehook")), "check", "--config", str(config)], capture_output=True,
                          text=True, timeout=30)
