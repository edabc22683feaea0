"""The far sides of every type of sink behind one face: what arrived there, and a switch that takes them away."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Protocol

from .kafka import KafkaCluster
from .kafka_broker import KafkaBroker, jars
from .nats import Nats
from .redis import Redis
from .sink import RESET, Sink


@dataclass(frozen=True)
class Copy:
    """One arrival. A file has no place for the delivery's id."""

    id: str | None
    body: bytes


class FarSide(Protocol):
    #: The sink's row in the configuration, without a name.
    settings: dict[str, Any]

    def received(self) -> list[Copy]: ...
    def leave(self) -> None: ...
    def come_back(self) -> None: ...
    def close(self) -> None: ...


class HttpSide:
    """Away is nobody who listens; connections that are still open are reset at the next request."""

    def __init__(self, _: Path) -> None:
        self._sinks = [Sink()]
        self.settings = {"type": "http", "url": self._sinks[0].url}

    def received(self) -> list[Copy]:
        return [Copy(item.headers["webhook-id"], item.body) for sink in self._sinks for item in sink.received
                if item.answer.status == 200]

    def leave(self) -> None:
        self._sinks[-1].always(RESET)
        self._sinks[-1].close()

    def come_back(self) -> None:
        self._sinks.append(Sink(port=self._sinks[0].port))

    def close(self) -> None:
        self._sinks[-1].close()


class FileSide:
    """Away is a folder that is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "lines"
        self._folder.mkdir(parents=True)
        self._away = folder / "away"
        self._path = self._folder / "results.jsonl"
        self.settings = {"type": "file", "path": str(self._path)}

    def received(self) -> list[Copy]:
        return [Copy(None, line) for line in self._path.read_bytes().splitlines()] if self._path.exists() else []

    def leave(self) -> None:
        self._folder.rename(self._away)

    def come_back(self) -> None:
        self._away.rename(self._folder)

    def close(self) -> None:
        """Nothing runs."""


class KafkaSide:
    def __init__(self, _: Path) -> None:
        self._cluster = KafkaCluster()
        self.settings = {"type": "kafka", "brokers": self._cluster.brokers, "topic": "results"}

    def received(self) -> list[Copy]:
        return [Copy(item.id, item.value) for item in self._cluster.read()]

    def leave(self) -> None:
        self._cluster.down()

    def come_back(self) -> None:
        self._cluster.up()

    def close(self) -> None:
        self._cluster.close()


class KafkaBrokerSide:
    def __init__(self, folder: Path) -> None:
        self._broker = KafkaBroker(folder / "kafka")
        self._broker.create("results")
        self.settings = {"type": "kafka", "brokers": self._broker.brokers, "topic": "results"}

    def received(self) -> list[Copy]:
        return [Copy(item.id, item.value) for item in self._broker.read()]

    def leave(self) -> None:
        self._broker.stop()

    def come_back(self) -> None:
        self._broker.start()

    def close(self) -> None:
        self._broker.close()


class RedisSide:
    def __init__(self, folder: Path) -> None:
        self._server = Redis(folder / "redis")
        self.settings = {"type": "redis", "url": self._server.url, "stream": "results"}

    def received(self) -> list[Copy]:
        return [Copy(entry["id"].decode(), entry["data"]) for entry in self._server.entries("results")]

    def leave(self) -> None:
        self._server.stop()

    def come_back(self) -> None:
        self._server.start()

    def close(self) -> None:
        self._server.close()


class NatsSide:
    def __init__(self, folder: Path) -> None:
        self._server = Nats(folder / "nats")
        self._server.make_stream("RESULTS", "results")
        self.settings = {"type": "nats", "servers": [self._server.url], "subject": "results"}

    def received(self) -> list[Copy]:
        return [Copy(item.headers["Nats-Msg-Id"], item.data) for item in self._server.messages("RESULTS")]

    def leave(self) -> None:
        self._server.stop()

    def come_back(self) -> None:
        self._server.start()

    def close(self) -> None:
        self._server.close()


#: By type of sink.
FAR_SIDES: dict[str, Callable[[Path], FarSide]] = {"http": HttpSide, "file": FileSide, "kafka": KafkaSide, "redis": RedisSide, "nats": NatsSide}
if jars():
    FAR_SIDES["kafka broker"] = KafkaBrokerSide
#: Of these the far side itself drops what it has already.
DEDUPING = {"nats"}
