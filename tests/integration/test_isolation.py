"""One sink, or one caller's host, in trouble: what it gets, what operators see, and that nobody else notices."""
from __future__ import annotations

from support.certificates import Authority, ServerFiles
from support.sink import HANG, Sink
from support.wait import until
from support.world import REQUEST, MakeWorld


def test_a_sink_that_is_down_gets_few_attempts_and_everything_once_it_is_well(make_world: MakeWorld) -> None:
    world = make_world()
    world.sink.always(503)
    tasks = world.submit_many(60)

    down = until(lambda: (health := world.service.summary()["deliveries"]["sinks"]["results"]["health"])["breaker"] != "closed" and health,
                 "the breaker opens")

    assert down["problem"] == "HTTP 503"
    until(lambda: world.service.metrics().value("voicehook_sink_breaker_open", sink="results") == 1, "shown")
    attempts_while_down = len(world.sink.received)
    world.sink.always(200)
    world.sink.wait_for_all(tasks, within=60)
    for task in tasks:
        assert {item["state"] for item in world.settled(task)} == {"delivered"}
    assert len(world.sink.received) <= attempts_while_down + 60 + 5
    assert attempts_while_down < 60, "most were never tried while it was down"
    health = world.service.summary()["deliveries"]["sinks"]["results"]["health"]
    assert (health["breaker"], health["problem"]) == ("closed", None)
    assert len(world.service.program.logged("sink_down")) == len(world.service.program.logged("sink_up")) == 1
    failures = world.service.metrics().value("voicehook_delivery_failures_total", sink="results", cause="status_5xx")
    assert failures == len(world.sink.received) - 60


def test_what_waits_for_a_sink_that_stays_down_is_parked_in_the_end_and_can_be_replayed(make_world: MakeWorld) -> None:
    world = make_world()
    world.service.write_config({"sinks": [{**world.service.settings["sinks"][0], "retry": {"give_up_after": "4s"}}]})
    world.service.reload()
    until(lambda: world.service.metrics().value("voicehook_reloads_total", result="ok") == 1, "reloaded")
    world.sink.always(503)
    tasks = world.submit_many(60)

    parked = [world.settled(task, within=30)[0] for task in tasks]

    assert {(item["state"], item["cause"]) for item in parked} == {("parked", "status_5xx")}
    assert min(item["attempts"] for item in parked) == 0, "some were never tried: the sink was known to be down"
    assert world.service.metrics().value("voicehook_deliveries_parked", sink="results", cause="status_5xx") == 60
    lines = [event["detail"] for event in world.service.history(tasks[-1])["timeline"] if event["kind"] == "delivery_parked"]
    assert len(lines) == 1
    world.sink.always(200)
    for item in parked:
        assert world.service.ops.post(f"/ops/v1/deliveries/{item['id']}/retry").status in (200, 202, 204)
    world.sink.wait_for_all(tasks, within=60)


def test_a_rate_holds(make_world: MakeWorld) -> None:
    world = make_world()
    world.service.write_config({"sinks": [{**world.service.settings["sinks"][0], "deliveries_per_second": 20}]})
    world.service.reload()
    until(lambda: world.service.metrics().value("voicehook_reloads_total", result="ok") == 1, "reloaded")

    tasks = world.submit_many(100)
    world.sink.wait_for_all(tasks)

    times = sorted(item.at for item in world.sink.received)
    for begin in range(len(times) - 45):
        assert times[begin + 45] - times[begin] > 1.0, "45 in a second: more than a burst of 20 and 20 more"


def test_a_callers_dead_host_takes_no_place_from_anothers(make_world: MakeWorld, authority: Authority, files: ServerFiles) -> None:
    dead, alive = Sink(tls=files), Sink(tls=files)
    dead.always(HANG)
    world = make_world(changes={"callback_url": {"allow_internal": True, "ca_file": str(authority.file), "timeout": "2s",
                                                 "max_in_flight": 8, "max_per_host": 2}})
    for _ in range(40):
        world.submit(body={**REQUEST, "callback_url": dead.url + "/never"})

    tasks = [world.submit(body={**REQUEST, "callback_url": alive.url + "/done"}) for _ in range(20)]

    alive.wait_for_all(tasks, within=10)
    until(lambda: world.service.metrics().value("voicehook_deliveries_deferred_total", sink="callback_url") > 0, "put back")
    until(lambda: world.service.summary()["deliveries"]["sinks"]["callback_url"]["health"]["ill_destinations"] == 1, "seen", 30)
    assert world.service.summary()["deliveries"]["sinks"]["callback_url"]["health"]["breaker"] == "closed"
    for sink in (dead, alive):
        sink.close()
