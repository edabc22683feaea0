"""A real Kafka broker, where its jars are: Debian has none, so what only a broker shows is tested by hand.

VOICEHOOK_KAFKA_JARS names a folder with org.apache.kafka:kafka_2.13, kafka-tools and what they need (tests/kafka/README.md).
"""
from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from .certificates import Authority
from .kafka import Message
from .ports import free_port
from .program import Program, binary
from .wait import until

USER, PASSWORD = "voicehook", "open-sesame"
PARTITIONS = 4


def jars() -> Path | None:
    named = os.environ.get("VOICEHOOK_KAFKA_JARS")
    return Path(named) if named else None


def _java(*words: str) -> list[str]:
    return ["java", "-Xmx256m", "-cp", f"{jars()}/*", *words]


class KafkaBroker:
    """One broker without ZooKeeper: a plain listener, and with `authority` one that wants TLS and a login by SCRAM."""

    def __init__(self, folder: Path, authority: Authority | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._settings = folder / "server.properties"
        plain, controller, secured = free_port(), free_port(), free_port()
        self.brokers = [f"127.0.0.1:{plain}"]
        self.secured = [f"127.0.0.1:{secured}"]
        listeners = f"PLAINTEXT://127.0.0.1:{plain}" + (f",SASL_SSL://127.0.0.1:{secured}" if authority else "")
        lines = {
            "process.roles": "broker,controller", "node.id": 1, "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller}", "advertised.listeners": listeners,
            "controller.listener.names": "CONTROLLER", "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
            "log.dirs": folder / "data", "offsets.topic.replication.factor": 1, "auto.create.topics.enable": "false",
        }
        self.authority = authority
        if authority:
            files = authority.server("broker")
            pem = folder / "broker.pem"
            pem.write_bytes(files.key.read_bytes() + files.certificate.read_bytes())
            lines |= {
                "ssl.keystore.type": "PEM", "ssl.keystore.location": pem, "sasl.enabled.mechanisms": "SCRAM-SHA-512",
                "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config":
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            }
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        self._run("kafka.tools.StorageTool", "format", "-t", base64.b64encode(b"voicehook tests.").decode().rstrip("="),
                  "-c", str(self._settings), "--add-scram", f'SCRAM-SHA-512=[name="{USER}",password="{PASSWORD}"]')
        self.start()

    def _run(self, *words: str) -> None:
        done = subprocess.run(_java(*words), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        self._program = Program(_java("kafka.Kafka", str(self._settings)), self._folder, "kafka")
        until(lambda: self._reads("__none", 0) == [], "the broker answers", 60)

    def stop(self) -> None:
        """Like a machine that is switched off, but for its disk."""
        self._program.signal(signal.SIGKILL)
        self._program.wait()

    def create(self, topic: str, **limits: object) -> None:
        configs = [word for name, value in limits.items() for word in ("--config", f"{name.replace('_', '.')}={value}")]
        self._run("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.brokers[0], "--create", "--topic", topic,
                  "--partitions", str(PARTITIONS), *configs)

    def read(self, topic: str = "results") -> list[Message]:
        return self._reads(topic, PARTITIONS)

    def _reads(self, topic: str, partitions: int) -> list[Message]:
        done = subprocess.run([binary("KAFKA_CLUSTER_BIN", "kafka-cluster"), "read", self.brokers[0], topic, str(partitions)],
                              capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise ConnectionError(done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return [Message(line["partition"], line["offset"], line["key"], line["headers"], base64.b64decode(line["value"]))
                for line in lines[:-1]]

    def sink(self, name: str = "events", **more: Any) -> dict[str, Any]:
        """The configuration of a sink that writes there."""
        return {"name": name, "type": "kafka", "brokers": self.brokers, "topic": "results", "timeout": "5s",
                "retry": {"first": "200ms", "longest": "1s"}, **more}

    def close(self) -> None:
        self.stop()
