"""A Prometheus of the tests' own: private port and folder; and promtool."""
from __future__ import annotations

import json
import shutil
import urllib.parse
from pathlib import Path
from typing import Any

from .certificates import Authority
from .http import Client
from .ports import free_port
from .program import Program
from .wait import until


def tool(name: str) -> Path | None:
    """`prometheus` or `promtool`: installed, or unpacked by `./dev test deploy`."""
    unpacked = Path(__file__).resolve().parents[2] / "build/prometheus" / name
    found = shutil.which(name) or (unpacked if unpacked.is_file() else None)
    return Path(found) if found else None


class Prometheus:
    """Scrapes one ops listener over TLS twice a second, and evaluates `rules` as often; keeps exemplars. It runs when the constructor returns."""

    def __init__(self, folder: Path, authority: Authority, target_port: int, rules: str) -> None:
        program = tool("prometheus")
        assert program, "no prometheus"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rules.yaml").write_text(rules)
        # JSON is YAML.
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [{
                "job_name": "voicehook", "scheme": "https", "tls_config": {"ca_file": str(authority.file), "server_name": "localhost"},
                "static_configs": [{"targets": [f"127.0.0.1:{target_port}"]}]}]}))
        port = free_port()
        self._client = Client(port)
        self.program = Program([program, "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                                f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
                                "--enable-feature=exemplar-storage"], folder, "prometheus")
        until(lambda: self._client.get("/-/ready").status == 200, "Prometheus is ready", 15.0)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query. ValueError when it is refused."""
        return self._get("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))["result"]

    def exemplars(self, expression: str) -> list[dict[str, Any]]:
        """The exemplars of the series that an expression selects."""
        given = urllib.parse.urlencode({"query": expression, "start": "0", "end": "9999999999"})
        return [item for series in self._get("/api/v1/query_exemplars?" + given) for item in series["exemplars"]]

    def metadata(self, family: str) -> list[dict[str, str]]:
        """What the targets say of a family: type, unit, help."""
        return self._get("/api/v1/targets/metadata?" + urllib.parse.urlencode({"metric": family}))

    def targets(self) -> list[dict[str, Any]]:
        return self._get("/api/v1/targets")["activeTargets"]

    def firing(self) -> dict[str, dict[str, Any]]:
        """The alerts that fire, by their names."""
        return {item["labels"]["alertname"]: item for item in self._get("/api/v1/alerts")["alerts"] if item["state"] == "firing"}

    def rules(self) -> list[dict[str, Any]]:
        """Every rule, with its health and last error."""
        return [rule for group in self._get("/api/v1/rules")["groups"] for rule in group["rules"]]

    def close(self) -> None:
        self.program.kill()

    def _get(self, path: str) -> Any:
        answer = self._client.get(path)
        if answer.status != 200:
            raise ValueError(f"{path}: {answer.body.decode(errors='replace')}")
        return answer.json()["data"]
