"""What the provider's account has left: a number, no limit, or not known; never in anybody's way."""
from __future__ import annotations

import math

from support.wait import until
from support.world import MakeWorld, World


def gauge(world: World) -> float:
    return world.service.metrics().value("voicehook_provider_credits_remaining")


def told(world: World) -> dict[str, object]:
    return world.service.summary()["provider"]["credits"]


def test_the_credits_are_known_from_the_start_and_followed(make_world: MakeWorld) -> None:
    world = make_world(changes={"provider": {"credits_every": "200ms"}})
    until(lambda: gauge(world) == 1_000_000_000, "the balance is known")

    world.provider.credits(98)
    until(lambda: gauge(world) == 98, "the new balance is known")
    first = told(world)
    world.provider.credits(None)
    until(lambda: gauge(world) == math.inf, "there is no limit")
    second = told(world)

    assert (first["remaining"], first["unlimited"]) == (98, False) and first["at"]
    assert (second["remaining"], second["unlimited"]) == (None, True) and second["at"] > first["at"]


def test_a_provider_that_does_not_tell_leaves_them_unknown_and_stops_nothing(make_world: MakeWorld) -> None:
    world = make_world(changes={"provider": {"credits_every": "200ms"}}, start=False)
    world.provider.close()
    world.service.start()

    requests = until(lambda: (found := world.service.metrics()).value(
        "voicehook_provider_requests_total", operation="credits", status="none") >= 2 and found, "it was asked twice")

    assert math.isnan(requests.value("voicehook_provider_credits_remaining"))
    assert told(world) == {"remaining": None, "unlimited": None, "at": None}
    assert world.service.public.get("/readyz").status == 200
    assert world.post(Prefer="respond-async").status == 202
    assert len(world.service.program.logged("credits_unknown")) == 1
    assert world.service.terminate() == 0


def test_nobody_asks_when_that_is_switched_off(make_world: MakeWorld) -> None:
    world = make_world(changes={"provider": {"credits_every": "0s"}})
    world.delivered_once(world.submit())

    metrics = world.service.metrics()

    assert metrics.value("voicehook_provider_requests_total", operation="credits") == 0
    assert math.isnan(metrics.value("voicehook_provider_credits_remaining"))
