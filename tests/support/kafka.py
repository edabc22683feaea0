"""A Kafka cluster as a process: librdkafka's mock, which obeys lines on its standard input."""
from __future__ import annotations

import base64
import json
import select
import socket
import ssl
import struct
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping

from .certificates import ServerFiles
from .ports import free_port
from .program import binary

#: Codes of the protocol that tests inject, as kafka.apache.org/protocol numbers them. -195 hangs up.
NO_ERROR, UNKNOWN_TOPIC, LEADER_NOT_AVAILABLE, NOT_LEADER, MESSAGE_TOO_LARGE = 0, 3, 5, 6, 10
NOT_ENOUGH_REPLICAS, TOPIC_AUTHORIZATION_FAILED, OUT_OF_ORDER_SEQUENCE, INVALID_RECORD, HANG_UP = 19, 29, 45, 87, -195


@dataclass(frozen=True)
class Message:
    """As a consumer reads it."""

    partition: int
    offset: int
    key: str
    headers: Mapping[str, str]
    value: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def json(self) -> Any:
        return json.loads(self.value)


class KafkaCluster:
    """Runs `kafka-cluster`: one broker, and the topic `results` with four partitions."""

    def __init__(self, brokers: int = 1, topic: str | None = "results") -> None:
        self._process = subprocess.Popen([binary("KAFKA_CLUSTER_BIN", "kafka-cluster"), str(brokers)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._lock = threading.Lock()
        self.brokers: list[str] = self._line()["brokers"]
        if topic:
            self.create(topic)

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def _tell(self, *words: object) -> None:
        assert self._process.stdin
        self._process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self._process.stdin.flush()

    def _do(self, *words: object) -> None:
        with self._lock:
            self._tell(*words)
            answer = self._line()
        assert answer == {}, answer

    def create(self, topic: str, partitions: int = 4) -> None:
        self._do("topic", topic, partitions)

    def topic_error(self, code: int, topic: str = "results") -> None:
        """What the brokers say of the topic from now on; NO_ERROR heals it."""
        self._do("topic-error", topic, code)

    def produce_errors(self, code: int, count: int = 1) -> None:
        """The next requests that write get this answer."""
        self._do("produce-errors", code, count)

    def produce_delays(self, milliseconds: int, count: int = 1) -> None:
        """The next requests that write are answered so late."""
        self._do("produce-delays", milliseconds, count)

    def delay(self, milliseconds: int) -> None:
        self._do("delay", milliseconds)

    def down(self) -> None:
        """Hangs up, and refuses connections."""
        self._do("down")

    def up(self) -> None:
        self._do("up")

    def read(self, topic: str = "results") -> list[Message]:
        """Everything that the topic has."""
        with self._lock:
            self._tell("read", topic)
            found: list[Message] = []
            while "messages" not in (line := self._line()):
                assert "error" not in line, line
                found.append(Message(line["partition"], line["offset"], line["key"], line["headers"],
                                     base64.b64decode(line["value"])))
        return found

    def of_task(self, task: str, topic: str = "results") -> list[Message]:
        return [item for item in self.read(topic) if item.key == task]

    def sink(self, name: str = "events", **more: Any) -> dict[str, Any]:
        """The configuration of a sink that writes there."""
        return {"name": name, "type": "kafka", "brokers": self.brokers, "topic": "results", "timeout": "3s",
                "retry": {"first": "200ms", "longest": "1s"}, **more}

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10)


class TlsFront:
    """TLS in front of a cluster with one broker, which has none: the port in what the broker tells of itself becomes that of
    this front. With `client_ca` it wants a certificate of its clients."""

    def __init__(self, cluster: KafkaCluster, files: ServerFiles, client_ca: Path | None = None) -> None:
        host, _, port = cluster.brokers[0].rpartition(":")
        self._behind = host, int(port)
        self.port = free_port()
        self.brokers = [f"127.0.0.1:{self.port}"]
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(files.certificate, files.key)
        if client_ca:
            self._context.load_verify_locations(client_ca)
            self._context.verify_mode = ssl.CERT_REQUIRED
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        told, wanted = (f"{self._behind[0]}".encode() + struct.pack(">i", port) for port in (self._behind[1], self.port))
        try:
            with self._context.wrap_socket(plain, server_side=True) as client, socket.create_connection(self._behind) as server:
                while True:
                    ready = [client] if client.pending() else select.select([client, server], [], [])[0]
                    for source, sink in ((client, server), (server, client)):
                        if source not in ready:
                            continue
                        part = source.recv(65536)
                        if not part:
                            return
                        sink.sendall(part.replace(told, wanted))
        except OSError:
            plain.close()
