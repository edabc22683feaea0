"""Deliveries to a broker, of the sink `events` where no other is named, and what `check --connect` says of it."""
from __future__ import annotations

from typing import Any, Mapping

from .program import run
from .wait import until
from .world import World


def delivery_of(world: World, task: str, sink: str = "events") -> dict[str, Any]:
    found = [item for item in world.service.deliveries(task) if item["sink"] == sink]
    if not found:
        raise LookupError(f"no delivery of {task} to {sink} yet")
    return found[0]


def delivered(world: World, task: str, sink: str = "events", within: float = 30.0) -> dict[str, Any]:
    """The delivery once the broker has it for good."""
    return until(lambda: (found := delivery_of(world, task, sink))["state"] == "delivered" and found, f"{task} is delivered", within)


def failing(world: World, task: str, cause: str, sink: str = "events") -> dict[str, Any]:
    """The delivery once an attempt of it has failed for this cause."""
    return until(lambda: (found := delivery_of(world, task, sink))["cause"] == cause and found, f"{task} fails: {cause}", 20)


def parked(world: World, task: str, sink: str = "events") -> dict[str, Any]:
    return until(lambda: (found := delivery_of(world, task, sink))["state"] == "parked" and found, f"{task} is parked")


def change(world: World, changed: Mapping[str, Any]) -> None:
    """Puts another sink in the place of the second one; counts from the next reload, start or check on."""
    world.service.write_config({"sinks": [world.service.settings["sinks"][0], changed]})


def remove(world: World) -> None:
    """Takes the second sink out of the configuration."""
    world.service.write_config({"sinks": world.service.settings["sinks"][:1]})
    world.service.reload()


def check(world: World, secret: str | None = None) -> tuple[int, str]:
    """The exit code, and what is said of the sink or why it does not come so far; nowhere is the secret shown."""
    done = run(world.service.command("check", "--connect"), world.folder, within=30)
    assert not secret or secret not in done.stdout + done.stderr
    line = next((line for line in done.stdout.splitlines() if line.startswith("# sink events: ")), "")
    return done.returncode, line.removeprefix("# sink events: ") or done.stderr


def certificate_ends(world: World) -> float:
    """When the certificate that the sink shows ends, as told: in seconds since 1970; 0 without one."""
    return world.service.metrics().value("voicehook_sink_certificate_expiry_timestamp_seconds", sink="events")
