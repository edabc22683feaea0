"""Where results go: by status, caller and model, to several sinks, and visibly nowhere."""
from __future__ import annotations

from support.service import BOB
from support.sink import Sink
from support.wait import until
from support.world import REQUEST, MakeWorld


def test_each_sink_gets_the_callers_and_models_that_it_asks_for(make_world: MakeWorld) -> None:
    bobs, voices, others = Sink(), Sink(), Sink()
    world = make_world(more_sinks=[
        {"name": "bobs", "type": "http", "url": bobs.url, "callers": ["bob", "nobody"]},
        {"name": "voices", "type": "http", "url": voices.url, "models": [REQUEST["model"]], "callers": ["ann"]},
        {"name": "others", "type": "http", "url": others.url, "models": ["another-model"]}])

    of_ann = world.submit()
    of_bob = world.submit(world.service.client(BOB))

    for task in (of_ann, of_bob):
        world.delivered_once(task)
    assert {item["sink"] for item in world.service.deliveries(of_ann)} == {"results", "voices"}
    assert {item["sink"] for item in world.service.deliveries(of_bob)} == {"results", "bobs"}
    assert [len(sink.received) for sink in (bobs, voices, others)] == [1, 1, 0]
    ids = {item["id"] for task in (of_ann, of_bob) for item in world.service.deliveries(task)}
    assert len(ids) == 4, "each delivery has an id of its own"
    for sink in (bobs, voices, others):
        sink.close()


def test_a_result_that_no_sink_takes_is_visible_and_can_be_fetched(make_world: MakeWorld) -> None:
    world = make_world()
    world.service.write_config({"sinks": [{**world.service.settings["sinks"][0], "statuses": ["failed"]}]})
    world.service.reload()
    until(lambda: world.service.metrics().value("voicehook_reloads_total", result="ok") == 1, "reloaded")

    task = world.submit()

    assert world.ended(task)["status"] == "completed"
    until(lambda: world.service.summary()["unrouted"] == 1, "counted")
    assert world.service.timeline(task)[-1] == "unrouted"
    assert world.service.deliveries(task) == []
    assert world.service.metrics().value("voicehook_results_unrouted_total") == 1
    assert [line["task"] for line in world.service.program.logged("result_unrouted")] == [task]
    world.service.kill()
    world.service.start()
    assert world.service.summary()["unrouted"] == 1, "it is kept in the store"
    world.service.check_conservation()
