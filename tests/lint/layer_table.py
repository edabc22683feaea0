"""The rooms of the house: who may include whom, and where the heavy libraries may appear."""
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Room:
    """One folder: the rooms and the library groups it may include besides itself, the standard library and fmt."""

    folder: str
    rooms: frozenset[str] = frozenset()
    libraries: frozenset[str] = frozenset()
    #: Libraries that only the named files of the room may include.
    reserved: dict[str, tuple[str, ...]] = field(default_factory=dict)


EVERYTHING = frozenset({"*"})


def _room(folder: str, rooms: str = "", libraries: str = "", **reserved: tuple[str, ...]) -> Room:
    return Room(folder, frozenset(rooms.split()), frozenset(libraries.split()), reserved)


#: Rooms are named by the prefix of their include lines. The longest folder that fits a file is its room.
TABLE: dict[str, Room] = {
    "base": _room("server/base", "", "posix"),
    "core": _room("server/core", "base"),
    "wire": _room("server/wire", "base core", "json openssl"),
    "ports": _room("server/ports", "base core", "asio"),
    "async": _room("server/async", "base", "asio openssl posix"),
    "telemetry": _room("server/telemetry", "base core", "posix prometheus"),
    # What every store shares: the operations, written once over rows.
    "store": _room("server/store", "base core ports", "asio"),
    "store/memory": _room("server/store/memory", "base core async ports store", "asio"),
    # Stores behind threads, and what databases share.
    "store/lanes": _room("server/store/lanes", "base core ports store", "asio"),
    "store/sql": _room("server/store/sql", "base core ports store"),
    "store/sqlite": _room("server/store/sqlite", "base core async ports store store/lanes store/sql", "asio posix sqlite"),
    "store/postgres": _room("server/store/postgres", "base core async ports store store/lanes store/sql", "asio posix postgres"),
    "sinks": _room("server/sinks", "base core wire async ports client telemetry", "asio posix"),
    "sinks/kafka": _room("server/sinks/kafka", "base core wire async ports telemetry sinks", "asio kafka"),
    "sinks/nats": _room("server/sinks/nats", "base core wire async ports client telemetry sinks", "asio"),
    "sinks/redis": _room("server/sinks/redis", "base core wire async ports client telemetry sinks", "asio hiredis"),
    "flows": _room("server/flows", "base core wire async ports telemetry", "asio"),
    "http": _room("server/http", "base wire async telemetry", "asio openssl posix beast"),
    "api": _room("server/api", "base core wire async ports flows http telemetry", "asio"),
    "app": Room("server/app", EVERYTHING, EVERYTHING - {"beast"}),
    "client": _room("client", "base core wire async ports telemetry", "asio openssl posix",
                    beast=("client/https_exchange.cpp",)),
    "config": _room("config", "base core", "toml posix"),
    # The simulator is the provider's side: sharing a decision with the service would mean sharing its mistakes.
    "simulator": _room("tests/simulator", "base async", "asio beast json openssl cli posix gtest"),
    "tests": Room("tests", EVERYTHING, EVERYTHING),
}

#: Library groups, by the beginning of an include line. What is in no group belongs to the standard library or is unknown.
LIBRARIES: tuple[tuple[str, str], ...] = (
    ("boost/asio", "asio"),
    ("boost/system", "asio"),
    ("boost/beast", "beast"),
    ("boost/json", "json"),
    ("openssl/", "openssl"),
    ("sqlite3.h", "sqlite"),
    ("libpq-fe.h", "postgres"),
    ("librdkafka/", "kafka"),
    ("hiredis/", "hiredis"),
    ("prometheus/", "prometheus"),
    ("fmt/", "fmt"),
    ("toml++/", "toml"),
    ("CLI/", "cli"),
    ("gtest/", "gtest"),
    ("gmock/", "gtest"),
    ("sys/", "posix"),
    ("netinet/", "posix"),
    ("arpa/", "posix"),
    ("linux/", "posix"),
)

#: Allowed in every room.
COMMON_LIBRARIES = frozenset({"std", "fmt"})
